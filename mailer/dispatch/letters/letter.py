"""A letter as a message: who sends it, how it looks, its identity and its signatures."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import time
from dataclasses import asdict, dataclass
from functools import cache

from django.conf import settings

from mailer.dispatch.servers.signers import load_signers
from mailer.errors import MessageError
from mailer.message.compile import compile_letter
from mailer.message.dkim import merge_in_pieces, prepare_signing
from mailer.message.headers import LetterHeaders, format_address
from mailer.message.identity import bounce_address, message_id
from mailer.models import Publication
from mailer.rendering.letter import LetterView, render_letter
from mailer.types import OutgoingMessage, SlotName
from subscribers.letters import Letter, find_catalogue, write_footer, write_letter
from subscribers.models import List, Notice


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterSender:
    """Whom a letter comes from, and the list that it belongs to."""

    name: str
    address: str
    reply_to: str
    list_id: str
    list_name: str

    @property
    def domain(self) -> str:
        """Return the domain of the sender's address."""
        return self.address.rpartition("@")[2]


def make_letter(notice: Notice, *, now: dt.datetime) -> OutgoingMessage:
    """Return a notice as a message, signed.

    Raises MessageError if it can't be made: nobody would send it, or a value breaks its header.
    """
    sender = find_sender(notice)
    letter = write_letter(notice)
    rendered = render_letter(
        _view(letter, notice, sender), language=_tag(find_catalogue(notice.language))
    )
    compiled = compile_letter(
        rendered, headers=_headers(letter, sender, now=now), can_leave=bool(letter.leave_url)
    )
    values = {
        # Its name may be a stranger's words, so the address stands alone.
        "to": format_address("", notice.email),
        "message_id": message_id(notice.pk, sender.domain, letter_key()),
        SlotName.UNSUBSCRIBE_URL: letter.leave_url,
    }
    return OutgoingMessage(
        delivery_id=notice.pk,
        sender=bounce_address(notice.pk, settings.BOUNCE_DOMAIN, letter_key()),
        recipient=notice.email,
        content=merge_in_pieces(
            prepare_signing(compiled),
            values,
            load_signers(sender.domain),
            signed_at=int(time.time()),
        ),
    )


def find_sender(notice: Notice) -> LetterSender:
    """Return the sender of the first list that has one, or that of a publication.

    Raises MessageError if there is neither.
    """
    groups = List.objects.in_bulk(notice.lists)
    ordered = [groups[pk] for pk in notice.lists if pk in groups]
    publication = (
        Publication.objects.filter(lists__in=notice.lists).order_by("pk").first()
        or Publication.objects.order_by("pk").first()
    )
    own = next((group for group in ordered if group.sender_address), None)
    if own is None and publication is None:
        raise MessageError("Nobody can send this letter: give the list a sender.")
    return _describe_own(own) if own else _describe(publication, ordered)


def _describe_own(group: List) -> LetterSender:
    domain = group.sender_address.rpartition("@")[2]
    return LetterSender(
        name=group.sender_name or group.name,
        address=group.sender_address,
        reply_to=group.reply_to,
        list_id=f"{group.slug}.{domain}",
        list_name=group.name,
    )


def _describe(publication: Publication | None, groups: list[List]) -> LetterSender:
    assert publication is not None
    group = groups[0] if groups else None
    return LetterSender(
        name=publication.sender_name,
        address=publication.sender_address,
        reply_to=(group.reply_to if group else "") or publication.reply_to,
        list_id=publication.list_id,
        list_name=publication.name,
    )


def _view(letter: Letter, notice: Notice, sender: LetterSender) -> LetterView:
    footer = write_footer(notice.language, sender=sender.name, site=settings.PUBLIC_HOST)
    return LetterView(footer=footer, **asdict(letter))


def _headers(letter: Letter, sender: LetterSender, *, now: dt.datetime) -> LetterHeaders:
    belongs = bool(letter.leave_url)
    return LetterHeaders(
        from_name=sender.name,
        from_address=sender.address,
        reply_to=sender.reply_to,
        date=now,
        list_id=sender.list_id if belongs else "",
        list_name=sender.list_name if belongs else "",
    )


def _tag(language: str) -> str:
    """Return a language's tag as headers and HTML write it (BCP 47)."""
    return "zh-Hans" if language.startswith("zh") else language


@cache
def letter_key() -> bytes:
    """Return the key of letters' identities.

    Their numbers are not deliveries' numbers: under a key of its own, a letter that bounces is
    never taken for a delivery that did.
    """
    secret = settings.SECRET_KEY.encode()
    return hmac.digest(secret, b"masthead: identity of letters", hashlib.sha256)

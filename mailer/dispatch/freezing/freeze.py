"""Freezing a mailing: each edition is rendered and compiled once, before anybody is planned."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.db import transaction

from mailer.content.parse import parse_issue
from mailer.content.segments import choose_variant
from mailer.content.write import write_issue
from mailer.dispatch.editions.pictures import load_pictures, picture_url
from mailer.dispatch.freezing.signals import add_signals, choose_signals, signal_maker
from mailer.dispatch.freezing.variants import find_variants
from mailer.dispatch.signing.clearance import clear_signatures, clear_text
from mailer.dispatch.signing.colophon import add_signers
from mailer.errors import RenderingError
from mailer.message.compile import compile_message
from mailer.message.dkim import SignableMessage, prepare_signing
from mailer.message.headers import MessageHeaders
from mailer.message.storage import dump, load
from mailer.models import Edition, FrozenEdition, Link, Mailing
from mailer.models.sender import find_sender
from mailer.providers import identity_headers
from mailer.rendering.links import link_mailbox
from mailer.rendering.render import render_issue
from mailer.rendering.theme import load_theme
from mailer.types import CompiledMessage, Document, RenderedIssue, Signals, Target


@dataclass(frozen=True, slots=True, kw_only=True)
class FrozenMessage:
    """A frozen edition as a worker needs it: the bytes, its sender, its place on the web.

    ``signable`` is ``message`` prepared for DKIM; ``make_signal`` makes a delivery's token for
    links that are counted, if they are.
    """

    message: CompiledMessage = field(repr=False)
    signable: SignableMessage = field(repr=False)
    sender_domain: str
    web_url: str
    make_signal: Callable[[int], str] | None = None


# A worker sends few mailings at a time, each in few languages; a message takes about 100 kB.
@lru_cache(maxsize=16)
def load_frozen(frozen_edition_id: int) -> FrozenMessage:
    """Return a frozen edition's message, read once by each worker process."""
    frozen = FrozenEdition.objects.select_related("edition__issue__publication", "mailing").get(
        pk=frozen_edition_id
    )
    message = load(bytes(frozen.compiled))
    return FrozenMessage(
        message=message,
        signable=prepare_signing(message),
        sender_domain=find_sender(frozen.mailing).domain,
        web_url=settings.PUBLIC_URL + frozen.get_absolute_url(),
        make_signal=signal_maker(Signals(frozen.signals), frozen.pk),
    )


def freeze_mailing(mailing: Mailing, *, now: dt.datetime) -> list[FrozenEdition]:
    """Render and compile every edition of the mailing's issue, if that has not been done yet.

    Each in all its variants, nobody's first. Raises InvalidIssue for an unknown segment, and
    NotReady for what has errors or is not signed.
    Two workers that freeze at once make the same bytes; the first one's are kept. Once
    somebody has been planned, an edition that was added since comes too late.
    """
    if mailing.cursor:
        return list(mailing.frozen_editions.order_by("id"))
    for edition in mailing.issue.editions.order_by("id"):
        own = mailing.frozen_editions.filter(language=edition.language)
        done = set(own.values_list("variant", flat=True))
        for variant, segments in find_variants(edition).items():
            if variant not in done:
                # What was frozen before was signed: only what is rendered now is asked about.
                clear_signatures(edition)
                document = read_edition(edition, segments)
                rendered = render_document(document, edition)
                clear_text(edition, document, rendered)
                _freeze(mailing, edition, variant, (document, rendered), now=now)
    return list(mailing.frozen_editions.order_by("id"))


def render_edition(edition: Edition, segments: Collection[str] = ()) -> RenderedIssue:
    """Render an edition as people in these segments see it, pictures at their public addresses.

    Raises RenderingError if nothing is left for them.
    """
    return render_document(read_edition(edition, segments), edition)


def read_edition(edition: Edition, segments: Collection[str] = ()) -> Document:
    """Return an edition's document as people in these segments see it, with its pictures.

    Raises RenderingError if nothing is left for them.
    """
    whole = parse_issue(edition.source, file=str(edition), load_picture=None)
    document = choose_variant(whole, segments)
    if not document.sections:
        who = f"people in {', '.join(segments)} alone" if segments else "people in no segment"
        raise RenderingError(f"{edition} is empty for {who}: leave a section for everybody.")
    signed = add_signers(document, edition)
    return replace(signed, pictures=load_pictures(edition.pictures))


def render_document(document: Document, edition: Edition) -> RenderedIssue:
    """Render an edition's document in its publication's theme."""
    theme = load_theme(edition.issue.publication.theme)
    return render_issue(document, theme=theme, picture_url=picture_url)


def _freeze(
    mailing: Mailing,
    edition: Edition,
    variant: str,
    text: tuple[Document, RenderedIssue],
    *,
    now: dt.datetime,
) -> None:
    document, rendered = text
    signals = choose_signals(mailing)
    page, targets = add_signals(rendered.html, signals)
    compiled = compile_message(
        replace(rendered, html=page),
        headers=_headers(mailing, edition, now=now),
        identity_headers=identity_headers(settings.WEBHOOKS),
    )
    with transaction.atomic():
        frozen, made = FrozenEdition.objects.get_or_create(
            mailing=mailing,
            language=edition.language,
            variant=variant,
            defaults={
                "edition": edition,
                "content_hash": edition.content_hash,
                "html": rendered.html,
                "text": rendered.text,
                "compiled": dump(compiled),
                "signals": signals,
                "subject": rendered.subject,
                "preheader": rendered.preheader,
                # Only what is for everybody is ever read in the archive.
                **({} if variant else _keep_text(document, edition)),
            },
        )
        if made:
            _keep_links(frozen, targets)


def _keep_text(document: Document, edition: Edition) -> dict[str, Any]:
    """Return what the archive's pages are made of: articles, and sections with their own text."""
    parts = [
        part
        for section in document.sections
        for part in ((section,) if section.blocks else ()) + section.articles
    ]
    return {
        "source": write_issue(document),
        "pictures": edition.pictures,
        "contents": [(part.anchor, part.title) for part in parts],
    }


def _keep_links(frozen: FrozenEdition, targets: Iterable[Target]) -> None:
    Link.objects.bulk_create(
        Link(
            frozen_edition=frozen,
            number=number,
            url=target.url,
            article=target.article,
            anchor=target.anchor,
        )
        for number, target in enumerate(targets, start=1)
    )


def _headers(mailing: Mailing, edition: Edition, *, now: dt.datetime) -> MessageHeaders:
    publication, sender = edition.issue.publication, find_sender(mailing)
    return MessageHeaders(
        from_name=sender.name,
        from_address=sender.address,
        reply_to=sender.reply_to,
        list_id=publication.list_id,
        list_name=publication.name,
        list_archive=settings.PUBLIC_URL + publication.get_absolute_url(),
        list_help=link_mailbox(sender.reply_to or sender.address),
        feedback_id=(
            f"mailing-{mailing.pk}",
            publication.slug,
            "bulletin",
            sender.domain,
        ),
        date=now,
    )

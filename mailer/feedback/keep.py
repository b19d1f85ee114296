"""Keeping inbound mail: which addresses are ours, and a row for each mail before any reading."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Iterable

from django.db import transaction

from mailer.errors import InvalidToken
from mailer.message.identity import read_bounce_address, read_unsubscribe_address
from mailer.models import InboundMessage
from mailer.models.keys import identity_key

# RFC 5321 §4.5.1 asks for the first; the second is given to providers for their complaints.
ROLES = frozenset({"postmaster", "fbl"})
SIGNED: tuple[Callable[[str, bytes], int], ...] = (read_bounce_address, read_unsubscribe_address)
LONGEST_ADDRESS = 320


def is_ours(address: str, *, domain: str) -> bool:
    """Tell whether mail to an address is taken: a role, or one that carries our signature."""
    local, _, host = address.rpartition("@")
    if host.lower() != domain or len(address) > LONGEST_ADDRESS:
        return False
    return local.lower() in ROLES or any(_is_signed(address, read) for read in SIGNED)


def keep_mail(raw: bytes, *, sender: str, recipients: Iterable[str], now: dt.datetime) -> list[int]:
    """Keep a mail, a row a recipient, all or none; return the rows' ids.

    The same mail to the same recipient, come twice, is one row.
    """
    with transaction.atomic():
        return [_keep(raw, sender, recipient, now=now) for recipient in dict.fromkeys(recipients)]


def _keep(raw: bytes, sender: str, recipient: str, *, now: dt.datetime) -> int:
    digest = hashlib.sha256(recipient.encode("utf-8", "replace") + b"\0" + raw).hexdigest()
    row, _ = InboundMessage.objects.get_or_create(
        digest=digest,
        defaults={
            "sender": _clean(sender),
            "recipient": _clean(recipient),
            "raw": raw,
            "received_at": now,
        },
    )
    return row.pk


def _clean(address: str) -> str:
    return address.encode("utf-8", "replace").decode().replace("\0", "")[:LONGEST_ADDRESS]


def _is_signed(address: str, read: Callable[[str, bytes], int]) -> bool:
    try:
        read(address, identity_key())
    except InvalidToken:
        return False
    return True

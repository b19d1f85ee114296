"""Signed tokens in readers' links: opaque, for one purpose, one person and one list.

A token is the purpose, three numbers and an HMAC of them, so a link for one list or purpose
is useless for another, and nobody can make one up (RFC 8058 §3.1).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import struct
from dataclasses import dataclass
from enum import IntEnum
from functools import cache

from django.conf import settings

from mailer.errors import InvalidToken

_LAYOUT = struct.Struct(">BQLQ")
MAC_OCTETS = 16
LONGEST_TOKEN = 80  # an honest one has 50 characters; nothing longer is even decoded


class Purpose(IntEnum):
    """What a token lets its holder do."""

    UNSUBSCRIBE = 1
    PREFERENCES = 2
    CONFIRM = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkClaims:
    """Whom and which list a token names; ``reference`` is the mailer's number, or 0."""

    subscriber_id: int
    list_id: int
    reference: int = 0


def sign(purpose: Purpose, claims: LinkClaims) -> str:
    """Return a token for these claims, safe in a URL."""
    body = _LAYOUT.pack(purpose, claims.subscriber_id, claims.list_id, claims.reference)
    return base64.urlsafe_b64encode(body + _mac(body)).rstrip(b"=").decode()


def read(purpose: Purpose, token: str) -> LinkClaims:
    """Return what a token claims. Raises InvalidToken if it is not ours or for another purpose."""
    if len(token) > LONGEST_TOKEN:
        raise InvalidToken("This link is not complete.")
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        body, mac = raw[: _LAYOUT.size], raw[_LAYOUT.size :]
        named, subscriber_id, list_id, reference = _LAYOUT.unpack(body)
    except (binascii.Error, ValueError, struct.error) as error:
        raise InvalidToken("This link is not complete.") from error
    if not hmac.compare_digest(mac, _mac(body)) or named != purpose:
        raise InvalidToken("This link is not ours, or is meant for something else.")
    return LinkClaims(subscriber_id=subscriber_id, list_id=list_id, reference=reference)


@cache
def _key() -> bytes:
    return hmac.digest(settings.SECRET_KEY.encode(), b"masthead: readers' links", hashlib.sha256)


def _mac(body: bytes) -> bytes:
    return hmac.digest(_key(), body, hashlib.sha256)[:MAC_OCTETS]

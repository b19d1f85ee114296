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
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from functools import cache

from django.conf import settings

from mailer.errors import InvalidToken
from mailer.macs import prepare_mac

_LAYOUT = struct.Struct(">BQLQ")
MAC_OCTETS = 16  # nobody guesses 128 bits, and the link stays short
_URL_SAFE = bytes.maketrans(b"+/", b"-_")
TOKEN_LENGTH = (4 * (_LAYOUT.size + MAC_OCTETS) + 2) // 3  # in Base64, without its padding


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


def sign(purpose: Purpose, *, subscriber_id: int, list_id: int, reference: int = 0) -> str:
    """Return a token of 50 characters that are safe in a URL, for these claims."""
    body = _LAYOUT.pack(purpose, subscriber_id, list_id, reference)
    return _encode(body + _mac(body))


def read(purpose: Purpose, token: str) -> LinkClaims:
    """Return what a token claims. Raises InvalidToken if it is not ours or for another purpose."""
    raw = _decode(token)
    body, mac = raw[: _LAYOUT.size], raw[_LAYOUT.size :]
    if not hmac.compare_digest(mac, _mac(body)):
        raise InvalidToken("This link is not ours, or was changed on its way.")
    named, subscriber_id, list_id, reference = _LAYOUT.unpack(body)
    if named != purpose:
        raise InvalidToken("This link is for something else.")
    return LinkClaims(subscriber_id=subscriber_id, list_id=list_id, reference=reference)


def _decode(token: str) -> bytes:
    """Return a token's octets; of all the texts that Base64 reads alike, only ours will do."""
    if len(token) != TOKEN_LENGTH:
        raise InvalidToken("This link is not complete.")
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except ValueError as error:
        raise InvalidToken("This link is not complete.") from error
    if _encode(raw) != token:
        raise InvalidToken("This link was changed on its way.")
    return raw


def _encode(raw: bytes) -> str:
    """Return octets in URL-safe Base64 without padding (RFC 4648 §5)."""
    return binascii.b2a_base64(raw, newline=False).translate(_URL_SAFE, b"=").decode()


@cache
def _prepare() -> Callable[[bytes], bytes]:
    secret = settings.SECRET_KEY.encode()
    return prepare_mac(hmac.digest(secret, b"masthead: readers' links", hashlib.sha256))


def _mac(body: bytes) -> bytes:
    return _prepare()(body)[:MAC_OCTETS]

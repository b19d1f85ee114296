"""Signed tokens in readers' links: opaque, for one purpose, one person and one list.

A token is a MAC of the purpose and three numbers, and these covered by what a second key makes
of the MAC. So a link for one list or purpose is useless for another, nobody can make one up
(RFC 8058 §3.1), and nobody can read from it how many readers or mailings there are. That is the
construction of RFC 5297 §2.6 (SIV): it needs no random number, and the same claims make the same
link. Both are keyed BLAKE2s (RFC 7693 §2.9), as the sender makes two tokens for each recipient,
and HMAC-SHA256 takes three times as long.
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
MAC_OCTETS = 16  # nobody guesses 128 bits, and the link stays short
# What each of the two keys is for.
SIGNING, COVERING = b"masthead: readers' links", b"masthead: readers' links, covered"
_URL_SAFE = bytes.maketrans(b"+/", b"-_")
TOKEN_LENGTH = (4 * (_LAYOUT.size + MAC_OCTETS) + 2) // 3  # in Base64, without its padding


class Purpose(IntEnum):
    """What a token lets its holder do."""

    UNSUBSCRIBE = 1
    PREFERENCES = 2
    CONFIRM = 3
    NEW_ADDRESS = 4
    OLD_ADDRESS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkClaims:
    """Whom and which list a token names; ``reference`` is the mailer's number, or 0."""

    subscriber_id: int
    list_id: int
    reference: int = 0


def sign(purpose: Purpose, *, subscriber_id: int, list_id: int, reference: int = 0) -> str:
    """Return a token of 50 characters that are safe in a URL, for these claims."""
    body = _LAYOUT.pack(purpose, subscriber_id, list_id, reference)
    mac = _sign(body)
    return _encode(mac + _cover(mac, body))


def read(purpose: Purpose, token: str) -> LinkClaims:
    """Return what a token claims. Raises InvalidToken if it is not ours or for another purpose."""
    raw = _decode(token)
    mac = raw[:MAC_OCTETS]
    body = _cover(mac, raw[MAC_OCTETS:])
    if not hmac.compare_digest(mac, _sign(body)):
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


def _sign(body: bytes) -> bytes:
    mac = _prepare(SIGNING, MAC_OCTETS).copy()
    mac.update(body)
    return mac.digest()


def _cover(mac: bytes, body: bytes) -> bytes:
    """Return a body covered by what nobody else can make of its MAC, or one uncovered again."""
    cover = _prepare(COVERING, _LAYOUT.size).copy()
    cover.update(mac)
    covered = int.from_bytes(body) ^ int.from_bytes(cover.digest())
    return covered.to_bytes(_LAYOUT.size)


@cache
def _prepare(use: bytes, octets: int) -> hashlib.blake2s:
    """Return a keyed hash for one use, to be copied: its key is its own, and hashed once."""
    key = hmac.digest(settings.SECRET_KEY.encode(), use, hashlib.sha256)
    return hashlib.blake2s(key=key, digest_size=octets)

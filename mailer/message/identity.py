"""Addresses and identities that a delivery alone has, and that nobody can forge.

Each is the delivery's number and an HMAC of it, in lower-case Base32, because the local part
of an address may come back in another case. A bounce that names a delivery but has not seen
our mail can't make the signature, so it harms nobody.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac

from mailer.errors import InvalidToken

NUMBER_OCTETS = 6  # 281 million million deliveries
MAC_OCTETS = 10  # 80 bits: nobody guesses one by mail
BOUNCE, UNSUBSCRIBE, MESSAGE = "b", "u", "m"


def bounce_address(delivery_id: int, domain: str, key: bytes) -> str:
    """Return the envelope sender of a delivery (VERP)."""
    return _sign(BOUNCE, delivery_id, domain, key)


def read_bounce_address(address: str, key: bytes) -> int:
    """Return the delivery that a bounce address names. Raises InvalidToken if it is not ours."""
    return _read(BOUNCE, address, key)


def unsubscribe_address(delivery_id: int, domain: str, key: bytes) -> str:
    """Return the address to which a mail means "unsubscribe me" (RFC 2369 §3.2)."""
    return _sign(UNSUBSCRIBE, delivery_id, domain, key)


def read_unsubscribe_address(address: str, key: bytes) -> int:
    """Return the delivery that an unsubscribe address names. Raises InvalidToken."""
    return _read(UNSUBSCRIBE, address, key)


def message_id(delivery_id: int, domain: str, key: bytes) -> str:
    """Return the delivery's Message-ID without its angle brackets (RFC 5322 §3.6.4).

    It is the same whenever the message is sent again, so that servers know the repetition.
    """
    return _sign(MESSAGE, delivery_id, domain, key)


def read_message_id(value: str, key: bytes) -> int:
    """Return the delivery that a Message-ID names, with or without brackets; InvalidToken."""
    return _read(MESSAGE, value.strip().strip("<>"), key)


def _sign(kind: str, delivery_id: int, domain: str, key: bytes) -> str:
    number = delivery_id.to_bytes(NUMBER_OCTETS)
    token = base64.b32encode(number + _mac(kind, number, key)).rstrip(b"=").decode().lower()
    return f"{kind}-{token}@{domain}"


def _read(kind: str, address: str, key: bytes) -> int:
    local = address.partition("@")[0].lower()
    prefix, _, token = local.partition("-")
    try:
        raw = base64.b32decode(token.upper() + "=" * (-len(token) % 8))
    except (binascii.Error, ValueError) as error:
        raise InvalidToken(f"{address[:80]!r} is not an address of ours.") from error
    number, mac = raw[:NUMBER_OCTETS], raw[NUMBER_OCTETS:]
    if prefix != kind or not hmac.compare_digest(mac, _mac(kind, number, key)):
        raise InvalidToken(f"{address[:80]!r} is not an address of ours.")
    return int.from_bytes(number)


def _mac(kind: str, number: bytes, key: bytes) -> bytes:
    return hmac.digest(key, kind.encode() + number, hashlib.sha256)[:MAC_OCTETS]

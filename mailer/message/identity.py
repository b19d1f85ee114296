"""Addresses and identities that a delivery alone has, and that nobody can forge.

Each is the delivery's number and an HMAC of it, in hexadecimal, because the local part of an
address may come back in another case. A bounce that names a delivery but has not seen
our mail can't make the signature, so it harms nobody.
"""

from __future__ import annotations

import hmac
import re
from base64 import urlsafe_b64decode
from binascii import b2a_base64
from functools import lru_cache

from mailer.errors import InvalidToken
from mailer.macs import prepare_mac

NUMBER_OCTETS = 6  # 281 million million deliveries
MAC_OCTETS = 10  # 80 bits: nobody guesses one by mail
BOUNCE, UNSUBSCRIBE, MESSAGE = "b", "u", "m"
# Where each kind's signature stands in the HMAC's 64 hexadecimal digits: no two overlap.
KINDS = {
    kind: slice(2 * MAC_OCTETS * place, 2 * MAC_OCTETS * (place + 1))
    for place, kind in enumerate((BOUNCE, UNSUBSCRIBE, MESSAGE))
}
# Kinds of signals: of one delivery, or of an edition and nobody.
OF_DELIVERY, OF_EDITION = "d", "e"
_URL_SAFE = bytes.maketrans(b"+/", b"-_")
_SIGNAL = re.compile(rf"[{OF_DELIVERY}{OF_EDITION}][A-Za-z0-9_-]{{22}}")

_LOCAL_PART = re.compile(
    rf"(?P<kind>[a-z])-(?P<number>[0-9a-f]{{{2 * NUMBER_OCTETS}}})"
    rf"(?P<mac>[0-9a-f]{{{2 * MAC_OCTETS}}})"
)


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


def signal_token(kind: str, number: int, key: bytes) -> str:
    """Return what stands in links that are counted: of a delivery, or of a frozen edition.

    It is one token a message, however many links it has: a link's own number stands beside it,
    and leads nowhere but to a link of the same message.
    """
    octets = number.to_bytes(NUMBER_OCTETS)
    mac = _prepare(key)(b"signal:" + kind.encode() + octets)[:MAC_OCTETS]
    encoded = b2a_base64(octets + mac, newline=False).translate(_URL_SAFE, b"=")
    return kind + encoded.decode("ascii")


def read_signal_token(token: str, key: bytes) -> tuple[str, int]:
    """Return a token's kind and number. Raises InvalidToken if it is not ours."""
    found = _SIGNAL.fullmatch(token)
    if not found:
        raise InvalidToken(f"{token[:80]!r} is not of ours.")
    number = int.from_bytes(urlsafe_b64decode(f"{token[1:]}==")[:NUMBER_OCTETS])
    if not hmac.compare_digest(token, signal_token(token[0], number, key)):
        raise InvalidToken(f"{token[:80]!r} is not of ours.")
    return token[0], number


def _sign(kind: str, delivery_id: int, domain: str, key: bytes) -> str:
    number = delivery_id.to_bytes(NUMBER_OCTETS)
    return f"{kind}-{number.hex()}{_sign_number(number, key)[KINDS[kind]]}@{domain}"


def _read(kind: str, address: str, key: bytes) -> int:
    found = _LOCAL_PART.fullmatch(address.partition("@")[0].lower())
    if not found:
        raise InvalidToken(f"{address[:80]!r} is not an address of ours.")
    number = bytes.fromhex(found["number"])
    mac = _sign_number(number, key)[KINDS[kind]]
    if found["kind"] != kind or not hmac.compare_digest(found["mac"], mac):
        raise InvalidToken(f"{address[:80]!r} is not an address of ours.")
    return int.from_bytes(number)


# A delivery's three identities are asked for one after the other.
@lru_cache(maxsize=1)
def _sign_number(number: bytes, key: bytes) -> str:
    """Return an HMAC in hexadecimal, of which each kind has a stretch of its own.

    What is known of one stretch tells nothing of another (RFC 2104 §5 on truncation).
    """
    return _prepare(key)(number).hex()


_prepare = lru_cache(maxsize=8)(prepare_mac)

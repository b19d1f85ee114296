"""Logging in: PLAIN (RFC 4616), CRAM-MD5 (RFC 2195), and LOGIN, which never became an RFC."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Callable, Iterator, Sequence

# What answers a challenge. Raises ValueError for a challenge that makes no sense.
Respond = Callable[[bytes], bytes]


def choose_login(
    offered: Sequence[str], username: str, password: str
) -> tuple[bytes, Iterator[Respond]] | None:
    """Return the AUTH command and what answers each challenge after it; None if we know no way.

    PLAIN goes first: connections to other machines are under TLS, and it takes one round trip.
    """
    for name in ("plain", "cram-md5", "login"):
        if name in offered:
            return _MECHANISMS[name](username, password)
    return None


def _plain(username: str, password: str) -> tuple[bytes, Iterator[Respond]]:
    return b"AUTH PLAIN " + _encode(f"\0{username}\0{password}".encode()), iter(())


def _cram_md5(username: str, password: str) -> tuple[bytes, Iterator[Respond]]:
    def respond(challenge: bytes) -> bytes:
        words = _decode(challenge)
        digest = hmac.new(password.encode(), words, "md5").hexdigest()
        return _encode(f"{username} {digest}".encode())

    return b"AUTH CRAM-MD5", iter((respond,))


def _login(username: str, password: str) -> tuple[bytes, Iterator[Respond]]:
    # Servers ask for the name and the password in words of their own; all mean this order.
    answers = (_encode(word.encode()) for word in (username, password))
    return b"AUTH LOGIN", iter([lambda _, answer=answer: answer for answer in answers])


_MECHANISMS = {"plain": _plain, "cram-md5": _cram_md5, "login": _login}


def _encode(words: bytes) -> bytes:
    return base64.b64encode(words)


def _decode(words: bytes) -> bytes:
    try:
        return base64.b64decode(words, validate=True)
    except binascii.Error as error:
        raise ValueError("the challenge is not Base64") from error

"""Quoted-printable (RFC 2045 §6.7) for bodies that are cut at slots.

No encoded line begins with a dot, so bodies need no dot-stuffing (RFC 5321 §4.5.2); and none
begins with "From ", which some mail stores would change.
"""

from __future__ import annotations

import binascii
import re

# What may not stand at the beginning of a line, and what stands there instead.
_LINE_START = re.compile(rb"(^|\r\n)(\.|From )")
_SAFE_START = {b".": b"=2E", b"From ": b"=46rom "}
SOFT_BREAK = b"=\r\n"


def encode_text(text: str) -> bytes:
    """Return lines of text in quoted-printable; every line break becomes CRLF."""
    unix = text.replace("\r\n", "\n").replace("\r", "\n").encode()
    encoded = binascii.b2a_qp(unix, quotetabs=False, istext=True)
    return _protect(encoded.replace(b"\n", b"\r\n"))


def encode_value(value: str) -> bytes:
    """Return a value in quoted-printable, to stand between soft line breaks.

    Whatever it holds, CR, LF and NUL included, decodes to the same characters and can't end
    the line that it stands in.
    """
    encoded = binascii.b2a_qp(value.encode(errors="replace"), quotetabs=False, istext=False)
    return _protect(encoded.replace(b"\n", b"\r\n"))


def _protect(encoded: bytes) -> bytes:
    return _LINE_START.sub(lambda match: match[1] + _SAFE_START[match[2]], encoded)

"""Quoted-printable (RFC 2045 §6.7) for bodies that are cut at slots.

No encoded line begins with a dot, so bodies need no dot-stuffing (RFC 5321 §4.5.2) wherever a
value comes to stand; and none begins with "From ", which some mail stores would change. The
standard library's encoder is not used: it lets a value choose how its soft breaks are written.
"""

from __future__ import annotations

import re

SOFT_BREAK = b"=\r\n"

# Printable ASCII, less "=", and white space inside a line stand for themselves.
_ESCAPED = re.compile(rb"[^\t !-<>-~]|[\t ]\Z")
# A stretch of a line that splits no "=XX". With an escaped first octet (two more) and the "="
# of a soft break it is at most 76 octets long, the limit of RFC 2045 §6.7 rule 5.
_STRETCH = re.compile(rb".{1,73}(?<!=)(?<!=.)")
PLAIN_OCTETS = 73  # the same stretch where nothing is escaped
_PLAIN = re.compile(r"[\t !-<>-~]*[!-<>-~]")
_LINE_BREAK = re.compile(r"\r\n|\r|\n")


def encode_text(text: str) -> bytes:
    """Return lines of text in quoted-printable; every line break becomes CRLF."""
    return b"\r\n".join(encode_value(line) for line in _LINE_BREAK.split(text))


def encode_value(value: str) -> bytes:
    """Return a value in quoted-printable, to stand between soft line breaks.

    Whatever it holds, CR, LF and NUL included, decodes to the same characters and can't end
    the line that it stands in. Half a surrogate pair, which UTF-8 can't say, becomes "?".
    """
    if _PLAIN.fullmatch(value):
        return cut_plain(value)
    encoded = _ESCAPED.sub(_escape, value.encode(errors="replace"))
    stretches = _STRETCH.findall(encoded)
    return SOFT_BREAK.join(_protect(stretch) for stretch in stretches)


def cut_plain(value: str) -> bytes:
    """Return a value of printable ASCII without "=", as encode_value does: only its lines are cut.

    White space may stand anywhere but at its end.
    """
    octets = value.encode()
    if len(octets) <= PLAIN_OCTETS:
        return _protect(octets)
    starts = range(0, len(octets), PLAIN_OCTETS)
    return SOFT_BREAK.join([_protect(octets[start : start + PLAIN_OCTETS]) for start in starts])


def _escape(match: re.Match[bytes]) -> bytes:
    return b"=%02X" % match[0][0]


def _protect(stretch: bytes) -> bytes:
    if stretch.startswith((b".", b"From ")):
        return b"=%02X%s" % (stretch[0], stretch[1:])
    return stretch

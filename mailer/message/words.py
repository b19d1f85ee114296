"""Words of a header that ASCII can't say, as encoded words (RFC 2047)."""

from __future__ import annotations

import base64
import re
import textwrap
from collections.abc import Iterator

from mailer.errors import MessageError

# Controls end or hide lines, as some readers take U+2028 to do; UTF-8 has no half surrogates.
_REFUSED = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
# Octets of text in one encoded word. In Base64 with its frame it is 64 octets, so that a line
# stays within 76 (RFC 2047 §2) even behind the longest header name used with it, "Reply-To: ".
WORD_OCTETS = 39
# A plain line behind a header's name stays within the 78 that RFC 5322 §2.1.1 recommends.
PLAIN_LENGTH = 64


def refuse_controls(what: str, value: str) -> None:
    """Raise MessageError if the value could end a header's line."""
    if _REFUSED.search(value):
        raise MessageError(f"The {what} {value[:80]!r} has a line break or control character.")


def is_plain(text: str) -> bool:
    """Say whether text can stand in a header as it is, on one line."""
    return text.isascii() and len(text) <= PLAIN_LENGTH and "=?" not in text


def fold_plain(text: str) -> str | None:
    """Return ASCII text folded with CRLF before spaces, or None if it must be encoded.

    A line is at most ``PLAIN_LENGTH`` long, so that it fits behind a header's name too; a word
    may be no longer. Spaces side by side are left to encoded words: a line of nothing but
    white space, or one that ends with it, would not survive the way (RFC 5322 §2.2.3, §3.2.2).
    """
    words = text.split(" ")
    if not text.isascii() or "=?" in text or not all(words) or max(map(len, words)) > PLAIN_LENGTH:
        return None
    lines = textwrap.wrap(text, PLAIN_LENGTH, break_long_words=False, break_on_hyphens=False)
    return "\r\n ".join(lines)


def encode_words(text: str) -> str:
    """Return text as encoded words in UTF-8 and Base64, one a line, folded with CRLF."""
    words = (base64.b64encode(chunk).decode() for chunk in _chunks(text))
    return "\r\n ".join(f"=?utf-8?b?{word}?=" for word in words)


def _chunks(text: str) -> Iterator[bytes]:
    """Yield the text in UTF-8, cut between characters (RFC 2047 §5)."""
    chunk = b""
    for character in text:
        octets = character.encode()
        if len(chunk) + len(octets) > WORD_OCTETS:
            yield chunk
            chunk = b""
        chunk += octets
    yield chunk

"""Content that no server can misread, checked at the cost of what is new in it.

Messages of one edition share their literals, the very same objects. Looking through 58 KB takes
as long as everything else that is done for a message, so a long piece is looked through once
and remembered; after that only its ends are, together with what stands beside them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

# Shorter pieces are values, most of them one reader's: looked at each time, never remembered.
LONG_PIECE = 256
# Pieces that are remembered, and their octets together: some editions at a time.
MOST_PIECES = 1_000
MOST_OCTETS = 64_000_000
# An end within the content is "CRLF . CRLF" at the longest; of it a joint hides all but one.
EDGE = 4


class Summary(NamedTuple):
    """What a command must know of content: octets, 8-bit or not, and whether dots are stuffed.

    ``fault`` says why it can't be sent at all, or is empty.
    """

    size: int
    ascii: bool
    stuffed: bool
    fault: str


@dataclass(frozen=True, slots=True)
class _Known:
    """A piece that was looked through, and what its neighbours must be looked at with."""

    piece: bytes
    summary: Summary
    edges: bytes
    is_odd: bool


class ContentChecker:
    """Look through content, and remember long pieces."""

    def __init__(self) -> None:
        # By identity: a piece that is held here can't give its id to another one.
        self._known: dict[int, _Known] = {}
        self._octets = 0
        self._odd: list[Summary] = []

    def check(self, content: bytes | tuple[bytes, ...]) -> Summary:
        """Return what is to be known of dot-stuffed content."""
        if isinstance(content, bytes):
            return _summarise(content, len(content), whole=True)
        self._odd.clear()
        text = b"".join(
            [piece if len(piece) < LONG_PIECE else self._look(piece) for piece in content]
        )
        size = sum(map(len, content))
        own = _summarise(text, size, whole=True)
        return _combine(own, self._odd) if self._odd else own

    def _look(self, piece: bytes) -> bytes:
        """Return the ends of a long piece, and note what is odd about it."""
        known = self._known.get(id(piece)) or self._learn(piece)
        if known.is_odd:
            self._odd.append(known.summary)
        return known.edges

    def _learn(self, piece: bytes) -> _Known:
        if len(self._known) >= MOST_PIECES or self._octets + len(piece) > MOST_OCTETS:
            self._known.clear()
            self._octets = 0
        # A CR or LF that was cut from its mate would look bare; the mate is within the piece.
        ends = piece[:EDGE].rstrip(b"\r") + b"~" + piece[-EDGE:].lstrip(b"\n")
        summary = _summarise(piece, len(piece), whole=False)
        is_odd = bool(summary.fault) or summary.stuffed or not summary.ascii
        self._known[id(piece)] = known = _Known(piece, summary, ends, is_odd)
        self._octets += len(piece)
        return known


def unstuff(content: Sequence[bytes]) -> bytes:
    """Return content without the dots that DATA needs before dots (RFC 5321 §4.5.2)."""
    joined = b"".join(content)
    bare = joined.replace(b"\r\n.", b"\r\n")
    return bare[1:] if bare.startswith(b".") else bare


def _combine(own: Summary, odd: Sequence[Summary]) -> Summary:
    return Summary(
        size=own.size,
        ascii=own.ascii and all(each.ascii for each in odd),
        stuffed=own.stuffed or any(each.stuffed for each in odd),
        fault=own.fault or max(each.fault for each in odd),
    )


def _summarise(text: bytes, size: int, *, whole: bool) -> Summary:
    stuffed = b"\r\n." in text or text.startswith(b".")
    fault = _find_fault(text, whole=whole, stuffed=stuffed)
    return Summary(size, text.isascii(), stuffed, fault)


def _find_fault(text: bytes, *, whole: bool, stuffed: bool) -> str:
    """Refuse content in which a server could see an end before the end (SMTP smuggling).

    Lines end in CRLF and nothing else does (RFC 5321 §2.3.8), and none is a lone dot (§4.5.2),
    which only content with ``stuffed`` dots can have. Where a piece is not the ``whole``, its
    ends are for others to judge.
    """
    inner = text if whole else text.removeprefix(b"\n").removesuffix(b"\r")
    bare = inner.replace(b"\r\n", b"")
    if b"\r" in bare or b"\n" in bare:
        return "a line of the message does not end in CRLF"
    if whole and not text.endswith(b"\r\n"):
        return "a line of the message does not end in CRLF"
    if stuffed and (b"\r\n.\r\n" in text or (whole and text.startswith(b".\r\n"))):
        return "a line of the message is a lone dot"
    return ""

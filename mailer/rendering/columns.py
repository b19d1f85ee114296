"""Setting plain text in columns, by the width that its characters take on a screen."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

COLUMNS = 72  # short enough to be quoted twice within 78 (RFC 5322 §2.1.1)
# Scripts whose lines may end after any character, save before marks that close and after
# marks that open: those stay with their neighbour.
_WIDE = "\u2e80-\u9fff\uac00-\ud7af\uff00-\uffef\U00020000-\U0003ffff"
_OPENING = "\u3008\u300a\u300c\u300e\u3010\u3014\u3016\uff08\uff3b\uff5b"
_CLOSING = (
    "\u3001\u3002\u3009\u300b\u300d\u300f\u3011\u3015\u3017"
    "\uff01\uff09\uff0c\uff0e\uff1a\uff1b\uff1f\uff3d\uff5d"
)
_PIECES = re.compile(f"[{_OPENING}]*(?:[{_WIDE}]|[^{_WIDE}]+)[{_CLOSING}]*|.")
# White space at which a line may end: a no-break space is none.
_SPACES = re.compile(r"[ \t\n\r]+")
_TAKES_NONE = frozenset({"Mn", "Me", "Cf"})


def wrap(text: str, *, first: str = "", rest: str = "") -> list[str]:
    """Return text on lines of at most 72 columns, after ``first`` and then after ``rest``.

    Words are not broken, as addresses would be; scripts written without spaces break
    between their wide characters.
    """
    lines: list[str] = []
    line, width, empty = first, measure(first), True
    for word, gap in _cut(text):
        size = measure(word)
        if not empty and width + len(gap) + size > COLUMNS:
            lines.append(line)
            line, width, empty = rest, measure(rest), True
        piece = word if empty else gap + word
        line += piece
        width += size + len(piece) - len(word)
        empty = False
    return lines if empty else [*lines, line]


def underline(title: str, mark: str) -> str:
    """Return a heading with a rule of the same width below it."""
    lines = wrap(title)
    return "\n".join([*lines, mark * max(map(measure, lines), default=0)])


def measure(text: str) -> int:
    """Return how many columns a text takes: none for marks, two for wide characters."""
    return len(text) if text.isascii() else sum(map(_measure_character, text))


def _measure_character(char: str) -> int:
    if unicodedata.category(char) in _TAKES_NONE:
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def _cut(text: str) -> Iterator[tuple[str, str]]:
    """Yield each unbreakable piece of text and the space before it, if there is one."""
    for word in filter(None, _SPACES.split(text)):
        for index, piece in enumerate(_PIECES.findall(word)):
            yield piece, "" if index else " "

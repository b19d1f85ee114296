"""Two texts beside each other, as what is gone, what is new, and what stayed. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

# Lines that stay are shown next to what was changed, and no others.
CONTEXT_LINES = 1
# Comparing words takes the square of their number at worst: longer passages are shown whole.
MOST_WORDS = 1_500
_WORDS = re.compile(r"\s+|[^\s]+")


class Kind(StrEnum):
    """What became of a piece of text."""

    SAME = "same"
    GONE = "gone"
    NEW = "new"


Piece = tuple[Kind, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A changed passage of the old text, from its line, in pieces, between lines that stayed."""

    line: int
    pieces: tuple[Piece, ...]


def compare_texts(old: str, new: str) -> list[Change]:
    """Return the passages in which two texts differ, in order."""
    before, after = old.splitlines(), new.splitlines()
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    return [
        Change(line=group[0][1] + 1, pieces=tuple(_list_pieces(group, before, after)))
        for group in matcher.get_grouped_opcodes(CONTEXT_LINES)
    ]


def _list_pieces(
    group: Sequence[tuple[str, int, int, int, int]], before: list[str], after: list[str]
) -> Iterator[Piece]:
    for tag, start, end, new_start, new_end in group:
        gone, new = "\n".join(before[start:end]), "\n".join(after[new_start:new_end])
        if tag == "equal":
            yield Kind.SAME, f"{gone}\n"
        elif tag == "replace":
            yield from _compare_words(gone, new)
            yield Kind.SAME, "\n"
        else:
            yield (Kind.GONE, f"{gone}\n") if tag == "delete" else (Kind.NEW, f"{new}\n")


def _compare_words(gone: str, new: str) -> Iterator[Piece]:
    before, after = _WORDS.findall(gone), _WORDS.findall(new)
    if max(len(before), len(after)) > MOST_WORDS:
        yield from ((Kind.GONE, f"{gone}\n"), (Kind.NEW, new))
        return
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for tag, start, end, new_start, new_end in matcher.get_opcodes():
        if tag == "equal":
            yield Kind.SAME, "".join(before[start:end])
            continue
        if end > start:
            yield Kind.GONE, "".join(before[start:end])
        if new_end > new_start:
            yield Kind.NEW, "".join(after[new_start:new_end])

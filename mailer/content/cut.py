"""Cutting a body into headings, marks, fenced blocks, quotations and running text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

HEADING = re.compile(r"(#{1,2})[ \t]+(\S.*)")
_MARK = re.compile(r" {0,3}:::(only\b.*|everyone[ \t]*)")
_FENCE = re.compile(r" {0,3}:::")
# CommonMark §4.5: three marks or more; what follows backticks has no backtick itself. A list's
# item may begin with code, which ends as far to the right as it began.
_ITEM = r" {0,3}(?:(?:[-*+]|[0-9]{1,9}[.)]|>) {1,4})*"
_CODE = re.compile(rf"{_ITEM}(`{{3,}}(?=[^`]*$)|~{{3,}}).*")
_CODE_END = re.compile(r"( *)(`{3,}|~{3,})[ \t]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of the file: its number, counted from one, and its text."""

    number: int
    text: str


class Kind(Enum):
    """What a run of lines is."""

    HEADING = auto()
    MARK = auto()
    FENCE = auto()
    QUOTE = auto()
    TEXT = auto()


@dataclass(slots=True)
class Cutter:
    """Where cutting has come to: the kind of the run, and the marks that will end its code.

    ``margin`` is the number of characters before the marks that began it.
    """

    kind: Kind = Kind.TEXT
    code: str = ""
    margin: int = 0

    def begins(self, text: str) -> Kind | None:
        """Return the kind of the run that a line begins, or None if it belongs to this one."""
        if self.code:
            return None
        if HEADING.fullmatch(text):
            return Kind.HEADING
        if _MARK.fullmatch(text):
            return Kind.MARK
        if _FENCE.match(text):
            closes = self.kind is Kind.FENCE and text.strip() == ":::"
            return None if closes else Kind.FENCE
        if self.kind is Kind.FENCE:
            return None
        kind = Kind.QUOTE if text.startswith(">") else Kind.TEXT
        return None if kind is self.kind else kind

    def follow_code(self, text: str) -> None:
        """Note whether a line opens or closes a block of code, in which marks mean nothing."""
        if self.code:
            end = _CODE_END.fullmatch(text)
            if end and len(end[1]) < self.margin + 4 and end[2].startswith(self.code):
                self.code = ""
        elif opening := _CODE.fullmatch(text):
            self.code, self.margin = opening[1], opening.start(1)


def cut(lines: list[Line]) -> Iterator[tuple[Kind, list[Line]]]:
    """Yield the runs of a body in order; joined, they are the body."""
    at, run = Cutter(), list[Line]()
    for line in lines:
        kind = at.begins(line.text)
        if kind is not None:
            if run:
                yield at.kind, run
            at.kind, run = kind, []
        run.append(line)
        if at.kind is Kind.TEXT:
            at.follow_code(line.text)
        if _ends(at.kind, run):
            yield at.kind, run
            at.kind, run = Kind.TEXT, []
    if run:
        yield at.kind, run


def _ends(kind: Kind, run: list[Line]) -> bool:
    """Tell whether a run is over with its last line."""
    if kind in {Kind.HEADING, Kind.MARK}:
        return True
    return kind is Kind.FENCE and len(run) > 1 and run[-1].text.strip() == ":::"

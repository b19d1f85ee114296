"""A body's passages: what stands together, and whom it is for."""

from __future__ import annotations

from dataclasses import dataclass, field

from mailer.content.cut import Kind, Line, cut
from mailer.content.problems import Problems
from mailer.content.segments import read_mark


@dataclass(slots=True)
class Passage:
    """A heading, a fenced block, a quotation or running text, and the segments it is for."""

    kind: Kind
    lines: list[Line]
    only_for: tuple[str, ...] = ()


@dataclass(slots=True)
class Passages:
    """Gather a body's lines into passages.

    A mark that changes nothing for the text above and below it is an empty line, so that what is
    written back, which has no such marks, is read as the same. ``segments`` are those that marks
    name, each with the line of the first time.
    """

    problems: Problems
    segments: dict[str, int] = field(default_factory=dict)
    _only_for: tuple[str, ...] = ()
    _gap: list[Line] = field(default_factory=list)

    def gather(self, lines: list[Line]) -> list[Passage]:
        """Return the passages in order, without marks and empty lines between them."""
        passages: list[Passage] = []
        for kind, run in cut(lines):
            if kind is Kind.MARK:
                self._follow(run[0])
            elif kind is Kind.TEXT and not any(line.text.strip() for line in run):
                self._gap += run
            else:
                self._add(passages, kind, run)
        return passages

    def _follow(self, mark: Line) -> None:
        self._only_for = read_mark(mark.text, line=mark.number, problems=self.problems)
        for name in self._only_for:
            self.segments.setdefault(name, mark.number)
        self._gap.append(Line(number=mark.number, text=""))

    def _add(self, passages: list[Passage], kind: Kind, run: list[Line]) -> None:
        last = passages[-1] if passages else None
        if kind is Kind.HEADING:
            self._only_for = ()
        if last and kind is last.kind is Kind.TEXT and self._only_for == last.only_for:
            last.lines += [*self._gap, *run]
        else:
            passages.append(Passage(kind, run, self._only_for))
        self._gap = []

"""A row of the table of faults: what was done, what came of it, and what is off."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How much to do: kills of senders, and how often the rest, much or little."""

    kills: int
    short: bool

    def times(self, few: int, many: int) -> int:
        """Return ``few`` in a short run, ``many`` in a long one."""
        return few if self.short else many


@dataclass(slots=True, kw_only=True)
class Row:
    """One fault: its figures by name, and a sentence for each that is off."""

    fault: str
    figures: dict[str, object] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    def hold(self, name: str, value: float, most: float) -> None:
        """Note a figure and say so if it is more than it may be."""
        self.figures[name] = round(value, 3)
        if value > most:
            self.wrong.append(f"{name} is {value:g}, and may be {most:g} at most")

    def demand(self, condition: object, sentence: str) -> None:
        """Say a sentence if a condition does not hold."""
        if not condition:
            self.wrong.append(sentence)

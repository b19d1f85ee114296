"""Records judged together, column by column: what many of them have alike is decided once.

The verdicts are those that ``Judge.judge`` gives one by one, at a quarter of the cost: a record
with anything out of the ordinary is left to it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import TypeVar

from mailer.errors import InvalidImport
from subscribers.addresses import normalise_many
from subscribers.importing.mapping import ATTRIBUTES_AS_JSON
from subscribers.importing.rows import DETAILS, LONGEST, Judge, Refusal, Row, has_octets
from subscribers.importing.standing import PLAIN_FORMS, Standing
from subscribers.importing.tables import LONGEST_CELL, Record
from subscribers.names import clean_name

Verdict = TypeVar("Verdict", str, Standing)
# Judged together: enough for what is done once to vanish, few enough for a processor's cache.
TOGETHER = 1_000


def judge_together(judge: Judge, records: Sequence[Record]) -> tuple[list[Row], list[Refusal]]:
    """Return the people of some records and what is refused, both in the order of their lines."""
    rows: list[Row] = []
    alone: list[Record] = []
    for start in range(0, len(records), TOGETHER):
        ordinary, others = _read_ordinary(judge, records[start : start + TOGETHER])
        rows += ordinary
        alone += others
    found = [judge.judge(record) for record in alone]
    rows += [each for each in found if isinstance(each, Row)]
    refused = [each for each in found if isinstance(each, Refusal)]
    if found:
        rows.sort(key=itemgetter(0))
        refused.sort(key=itemgetter(0))
    return rows, refused


def _read_ordinary(judge: Judge, records: Sequence[Record]) -> tuple[list[Row], Sequence[Record]]:
    """Return the rows of the ordinary records, and the other records."""
    width = len(judge.targets)
    regular = [record for record in records if len(record[1]) == width]
    if not regular or ATTRIBUTES_AS_JSON in judge.places:
        return [], records
    sheet = _Sheet(judge, regular)
    rows = sheet.read()
    alone = [regular[place] for place in sorted(sheet.odd)]
    if len(regular) < len(records):
        alone += [record for record in records if len(record[1]) != width]
    return rows, alone


@dataclass(slots=True)
class _Sheet:
    """Some records as columns, and the places of those that must be judged alone."""

    judge: Judge
    records: Sequence[Record]
    columns: list[list[str]] = field(init=False)
    odd: set[int] = field(default_factory=set, init=False)

    def __post_init__(self) -> None:
        columns = zip(*[cells for _, cells in self.records], strict=True)
        self.columns = [[*map(str.strip, column)] for column in columns]

    def read(self) -> list[Row]:
        """Return the rows of the ordinary records; ``odd`` tells the others afterwards."""
        for column in self.columns:
            self._mark_strange(column)
        made = zip(
            [line for line, _ in self.records],
            self.columns[self.judge.places["email"]],
            self._read_addresses(),
            self._read_names(),
            *[self._read_detail(kind, read, "") for kind, read in DETAILS.items()],
            self._read_attributes(),
            self._read_detail("standing", self.judge.read_standing, self.judge.standing),
            strict=True,
        )
        rows = [*map(Row._make, made)]
        if self.odd:
            rows = [row for place, row in enumerate(rows) if place not in self.odd]
        return rows

    def _mark(self, is_odd: Callable[[str], bool], column: Sequence[str]) -> None:
        self.odd.update(place for place, cell in enumerate(column) if is_odd(cell))

    def _mark_strange(self, column: list[str]) -> None:
        """Mark the cells that are cleaned, or refused whatever their column is."""
        whole = "\0".join(column)
        if whole.count("\0") >= len(column) or "'" in whole or not has_octets(whole):
            self._mark(lambda cell: cell[:1] == "'" or "\0" in cell or not has_octets(cell), column)
        if max(map(len, column)) > LONGEST_CELL:
            self._mark(lambda cell: len(cell) > LONGEST_CELL, column)

    def _look_up(
        self, column: Sequence[str], read: Callable[[str], Verdict]
    ) -> list[Verdict | str]:
        """Return what each cell is read as, each different one read once."""
        verdicts: dict[str, Verdict | str] = {}
        refused = set()
        for cell in set(column):
            try:
                verdicts[cell] = read(cell)
            except InvalidImport:
                verdicts[cell] = ""
                refused.add(cell)
        if refused:
            self._mark(refused.__contains__, column)
        return [*map(verdicts.__getitem__, column)]

    def _read_detail(
        self, kind: str, read: Callable[[str], Verdict], missing: Verdict
    ) -> Sequence[Verdict | str]:
        place = self.judge.places.get(kind)
        if place is None:
            return [missing] * len(self.records)
        return self._look_up(self.columns[place], read)

    def _read_addresses(self) -> list[str]:
        addresses = normalise_many(self.columns[self.judge.places["email"]])
        if "" in addresses:
            self._mark(lambda address: not address, addresses)
        return addresses

    def _read_names(self) -> list[str]:
        parts = [self.columns[place] for place in self.judge.name_places]
        if not parts:
            return [""] * len(self.records)
        names = parts[0]
        if len(parts) > 1:
            names = [self.judge.join_name(each) for each in zip(*parts, strict=True)]
        # A printable text without two spaces together is clean but for spaces at its ends.
        if "".join(names).isprintable() and "  " not in "\0".join(names):
            names = [*map(str.strip, names)]
        else:
            names = [*map(clean_name, names)]
        if max(map(len, names)) > LONGEST["name"]:
            self._mark(lambda name: len(name) > LONGEST["name"], names)
        return names

    def _read_attributes(self) -> list[str]:
        """Return each record's attributes as a JSON object, spelled as the judge does."""
        for place in self.judge.guessed:
            if not PLAIN_FORMS.isdisjoint(self.columns[place]):
                self._mark(PLAIN_FORMS.__contains__, self.columns[place])
        columns = [
            self._look_up(self.columns[place], _spell_with(f", {key}", spell))
            for key, place, spell in self.judge.spellers
        ]
        if not columns:
            return ["{}"] * len(self.records)
        # The first two characters are those between an attribute and the one before it.
        return ["{" + whole[2:] + "}" for whole in map("".join, zip(*columns, strict=True))]


def _spell_with(key: str, spell: Callable[[str], str]) -> Callable[[str], str]:
    return lambda cell: key + spell(cell) if cell else ""

"""A table of texts, whatever the file it stands in: its columns, and records with their lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from mailer.errors import InvalidImport

MOST_COLUMNS = 100  # more is no list of people, and each costs time in every row
MOST_RECORDS = 5_000_000  # an hour's work; what is larger is to be cut
LONGEST_CELL = 10_000  # characters

# The line on which a record ends, counted from 1, and its cells.
Record = tuple[int, Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """What was found in a file. ``read`` begins anew each time, and never holds it whole.

    ``records`` raises InvalidImport when the file turns out to be unreadable further on.
    ``found`` says what was detected, as the reader may have to correct it.
    """

    kind: str
    columns: tuple[str, ...]
    read: Callable[[], Iterator[Record]]
    found: dict[str, Any] = field(default_factory=dict)

    def records(self) -> Iterator[Record]:
        """Yield the records that are not empty, in their order."""
        for count, record in enumerate(self.read()):
            if count >= MOST_RECORDS:
                raise InvalidImport(f"There are more than {MOST_RECORDS:,} rows: cut the file.")
            if any(record[1]):
                yield record


def check_columns(names: Sequence[str]) -> tuple[str, ...]:
    """Return the names of a header. Raises InvalidImport if there are none, or too many."""
    columns = [name.strip() for name in names]
    if not any(columns):
        raise InvalidImport("The file is empty: its first line must name the columns.")
    if len(columns) > MOST_COLUMNS:
        raise InvalidImport(
            f"There are more than {MOST_COLUMNS} columns: keep those that you need."
        )
    return tuple(columns)

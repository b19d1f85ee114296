"""What an import must be told or shown before it begins: its ground, and a first look."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from mailer.errors import InvalidImport
from subscribers.importing.tables import Table

LONGEST_BASIS = 200
SAMPLE_RECORDS = 200  # looked at to guess what the columns are


def check_basis(basis: str) -> str:
    """Return the ground on which people may be written to. Raises InvalidImport if none is."""
    stated = " ".join(basis.split())
    if not 0 < len(stated) <= LONGEST_BASIS or "\0" in stated:
        raise InvalidImport(
            "State the ground on which these people may be written to,"
            f" in at most {LONGEST_BASIS} characters."
        )
    return stated


def read_sample(table: Table, count: int = SAMPLE_RECORDS) -> list[Sequence[str]]:
    """Return the cells of a table's first records. Raises InvalidImport."""
    return [cells for _, cells in islice(table.records(), count)]

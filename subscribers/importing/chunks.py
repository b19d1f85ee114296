"""A file cut into chunks of judged rows."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from itertools import islice
from operator import itemgetter

from subscribers.flags import AddressFlag, find_flagged
from subscribers.importing.columns import judge_together
from subscribers.importing.packed import PackedRows
from subscribers.importing.rows import Judge, Refusal, Row
from subscribers.importing.seen import Seen
from subscribers.importing.tables import Record, Table

# Written in one transaction: few enough for a cancellation to be felt within a second, enough
# for a statement's own cost to vanish.
CHUNK_RECORDS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """So many records of a file: the people in them, and those that are refused.

    ``flagged`` has the marks of the addresses that have any.
    """

    records: int
    rows: list[Row] | PackedRows
    refused: list[Refusal]
    flagged: Mapping[str, tuple[AddressFlag, ...]]


def read_chunks(
    table: Table, judge: Judge, *, size: int = 0, skip: int = 0
) -> Generator[Chunk, None, None]:
    """Yield a file's chunks, without its first ``skip`` records. Raises InvalidImport.

    The records that are skipped are judged too: their people stand in the file already.
    """
    size = size or CHUNK_RECORDS
    records, seen = table.records(), Seen()
    for done in range(0, skip, size):
        _make(list(islice(records, min(size, skip - done))), judge, seen)
    while chunk := list(islice(records, size)):
        yield _make(chunk, judge, seen)


def _make(records: list[Record], judge: Judge, seen: Seen) -> Chunk:
    rows, refused = judge_together(judge, records)
    twice = seen.add([(row.address, row.line) for row in rows])
    if twice:
        refused += [_refuse_twice(row, twice[row.line]) for row in rows if row.line in twice]
        refused.sort()
        rows = [row for row in rows if row.line not in twice]
    # The database's index of addresses is in this order: what is next to one another goes there at
    # once.
    rows.sort(key=itemgetter(Row._fields.index("address")))
    flagged = find_flagged(row.address for row in rows)
    return Chunk(records=len(records), rows=rows, refused=refused, flagged=flagged)


def _refuse_twice(row: Row, first: int) -> Refusal:
    return Refusal(row.line, f"{row.email!r} stands in line {first} too", (row.email,))

"""A file cut into chunks of judged rows, the next one read while the last is being written."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice

from subscribers.importing.rows import Judge, Refusal, Row
from subscribers.importing.seen import Seen
from subscribers.importing.tables import Record, Table

# Written in one transaction: few enough for a cancellation to be felt within a second, enough
# for a statement's own cost to vanish.
CHUNK_RECORDS = 2_500


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """So many records of a file: the people in them, and those that are refused."""

    records: int
    rows: list[Row]
    refused: list[Refusal]


def read_chunks(table: Table, judge: Judge, *, seen: Seen, skip: int = 0) -> Iterator[Chunk]:
    """Yield a file's chunks, without its first ``skip`` records. Raises InvalidImport.

    The records that are skipped are judged too: their people stand in the file already.
    """
    records = table.records()
    for done in range(0, skip, CHUNK_RECORDS):
        again = list(islice(records, min(CHUNK_RECORDS, skip - done)))
        _make(again, judge, seen)
    # A thread of its own reads on while the database works: the two wait for one another least.
    with ThreadPoolExecutor(max_workers=1) as pool:
        upcoming = pool.submit(_read, records, judge, seen)
        while (chunk := upcoming.result()).records:
            upcoming = pool.submit(_read, records, judge, seen)
            yield chunk


def _read(records: Iterator[Record], judge: Judge, seen: Seen) -> Chunk:
    return _make(list(islice(records, CHUNK_RECORDS)), judge, seen)


def _make(records: list[Record], judge: Judge, seen: Seen) -> Chunk:
    rows: list[Row] = []
    refused: list[Refusal] = []
    for record in records:
        found = judge.judge(record)
        if isinstance(found, Row):
            rows.append(found)
        else:
            refused.append(found)
    twice = seen.add([(row.address, row.line) for row in rows])
    if twice:
        refused += [_refuse_twice(row, twice[row.line]) for row in rows if row.line in twice]
        refused.sort()
        rows = [row for row in rows if row.line not in twice]
    return Chunk(records=len(records), rows=rows, refused=refused)


def _refuse_twice(row: Row, first: int) -> Refusal:
    return Refusal(row.line, f"{row.email!r} stands in line {first} too", (row.email,))

"""Suppressions to a file and from one, as CSV: what another system knows must not be lost."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from django.utils.dateparse import parse_date, parse_datetime

from mailer.errors import InvalidAddress, InvalidImport
from subscribers.exporting.cells import GUARD, defuse
from subscribers.importing.tables import Table
from subscribers.models import List, Suppression, SuppressionReason
from subscribers.suppression import Wanted, find_in_force, read_scope, suppress_all

COLUMNS = ("address", "list", "reason", "origin", "created_at", "expires_at")
# What other systems call the column of addresses.
ADDRESS_NAMES = ("address", "email", "e-mail", "email address", "domain")
# Not "erased": that is the reader's own wish, and is told by a mark instead of an address.
TAKEN_REASONS = tuple(
    reason for reason in SuppressionReason.values if reason != SuppressionReason.ERASED
)
LONGEST_ORIGIN = 200
MOST_TOLD = 100
ROWS_AT_ONCE = 10_000


@dataclass(slots=True)
class Taken:
    """What came of an import: how many were suppressed anew or known, and the rows refused."""

    added: int = 0
    known: int = 0
    refused: int = 0
    problems: list[str] = field(default_factory=list)


def export_suppressions(*, now: dt.datetime) -> Iterator[bytes]:
    """Yield a CSV file of what is in force, as blocks; no cell of it is run as a formula.

    Who asked to be forgotten is left out: their mark means nothing anywhere else.
    """
    in_force = Suppression.objects.in_force(now=now).exclude(reason=SuppressionReason.ERASED)
    rows = in_force.order_by("id").select_related("list")
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(COLUMNS)
    for number, row in enumerate(rows.iterator(chunk_size=ROWS_AT_ONCE), start=1):
        cells = (
            row.email_normalised,
            row.list.slug if row.list else "",
            row.reason,
            row.origin,
            row.created_at.isoformat(),
            row.expires_at.isoformat() if row.expires_at else "",
        )
        writer.writerow([defuse(cell) for cell in cells])
        if number % ROWS_AT_ONCE == 0:
            yield _empty(buffer)
    yield _empty(buffer)


def import_suppressions(table: Table, *, origin: str, now: dt.datetime, dry_run: bool) -> Taken:
    """Suppress whom a file names, by the one writer; what is in force already stays as it is.

    A row without a reason is one by hand. Nothing is ever lifted. Raises InvalidImport if no
    column has addresses.
    """
    reader = _Reader(table, origin=origin, now=now)
    taken = Taken()
    wanted = _read_all(reader, table, taken)
    while some := list(islice(wanted, ROWS_AT_ONCE)):
        before = find_in_force(some, now=now) if dry_run else suppress_all(some, now=now)
        places = {each.place for each in some}
        taken.added += len(places - before)
        taken.known += len(some) - len(places - before)
    return taken


def _read_all(reader: _Reader, table: Table, taken: Taken) -> Iterator[Wanted]:
    """Yield what the rows want; what is wrong with one is noted, and it is passed over."""
    for line, cells in table.read():
        try:
            yield reader.read(list(cells))
        except (InvalidAddress, InvalidImport) as error:
            taken.refused += 1
            if len(taken.problems) < MOST_TOLD:
                taken.problems.append(f"line {line}: {error}")


class _Reader:
    """Read rows of one table."""

    def __init__(self, table: Table, *, origin: str, now: dt.datetime) -> None:
        names = {column.strip().casefold(): place for place, column in enumerate(table.columns)}
        address = next((names[name] for name in ADDRESS_NAMES if name in names), None)
        if address is None:
            raise InvalidImport(f"No column has addresses: call one of them {ADDRESS_NAMES[0]!r}.")
        self._places = names | {"address": address}
        self._lists = dict(List.objects.values_list("slug", "pk"))
        self._origin, self._now = origin, now

    def read(self, cells: list[str]) -> Wanted:
        reason = self._find(cells, "reason") or SuppressionReason.MANUAL.value
        if reason not in TAKEN_REASONS:
            known = ", ".join(TAKEN_REASONS)
            raise InvalidImport(f"the reason {reason[:40]!r} is none of {known}.")
        origin = self._find(cells, "origin")
        return Wanted(
            email_normalised=read_scope(self._find(cells, "address")),
            list_id=self._read_list(cells),
            reason=SuppressionReason(reason),
            origin=f"{self._origin}: {origin}"[:LONGEST_ORIGIN] if origin else self._origin,
            expires_at=self._read_end(cells),
        )

    def _find(self, cells: list[str], name: str) -> str:
        place = self._places.get(name)
        cell = cells[place].strip() if place is not None and place < len(cells) else ""
        return cell.removeprefix(GUARD)

    def _read_list(self, cells: list[str]) -> int | None:
        slug = self._find(cells, "list")
        if slug and slug not in self._lists:
            raise InvalidImport(f"there is no list {slug[:63]!r}.")
        return self._lists[slug] if slug else None

    def _read_end(self, cells: list[str]) -> dt.datetime | None:
        text = self._find(cells, "expires_at")
        if not text:
            return None
        try:
            day = parse_date(text)
            moment = parse_datetime(text)
        except ValueError as error:
            raise InvalidImport(f"{text[:40]!r} is no date.") from error
        if day is not None:
            moment = dt.datetime.combine(day, dt.time(), tzinfo=dt.UTC)
        if moment is None:
            raise InvalidImport(f"{text[:40]!r} is no date: write it as 2026-03-14.")
        moment = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
        if moment <= self._now:
            raise InvalidImport(f"{text[:40]!r} is past: it would hold nobody back.")
        return moment


def _empty(buffer: io.StringIO) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode()

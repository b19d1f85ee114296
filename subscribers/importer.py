"""People from a CSV file: checked row by row, with the ground on which they may be written to."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TextIO

from django.db import transaction

from mailer.errors import InvalidAddress, InvalidImport
from mailer.types import Problem
from subscribers.addresses import normalise
from subscribers.models import (
    ConsentAction,
    ConsentRecord,
    List,
    Subscriber,
    Subscription,
    SubscriptionState,
)

COLUMNS = ("name", "language", "country", "time_zone")
LONGEST = {"name": 200, "language": 35, "country": 2, "time_zone": 64}
MOST_COLUMNS = 100
LONGEST_CELL = 10_000
CHUNK_ROWS = 1_000


@dataclass(slots=True)
class ImportReport:
    """What an import did: people made, known ones met, and each refused row with its reason."""

    created: int = 0
    known: int = 0
    refused: list[Problem] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One person of the file, checked."""

    address: str
    email: str
    details: Mapping[str, str]
    attributes: Mapping[str, str]


def import_people(
    file: TextIO, *, group: List, basis: str, now: dt.datetime, confirmed: bool = True
) -> ImportReport:
    """Put the people of a CSV file on a list; ``email`` is the one column that must be there.

    Columns that are no field of a person become attributes. ``basis`` states why they may be
    written to. Known people keep what is known of them, and a subscription that was left
    stays left. Raises InvalidImport for a file that can't be read at all.
    """
    if not basis.strip():
        raise InvalidImport("State the ground on which these people may be written to.")
    report = ImportReport()
    state = SubscriptionState.CONFIRMED if confirmed else SubscriptionState.UNCONFIRMED
    chunk: dict[str, Row] = {}
    for row in _read_rows(file, report):
        if row.address in chunk:
            report.known += 1
            continue
        chunk[row.address] = row
        if len(chunk) == CHUNK_ROWS:
            _store(chunk, group, state, basis, report, now=now)
            chunk = {}
    _store(chunk, group, state, basis, report, now=now)
    return report


def _read_rows(file: TextIO, report: ImportReport) -> Iterator[Row]:
    csv.field_size_limit(LONGEST_CELL)
    name = getattr(file, "name", "the file")
    reader = csv.DictReader(file)
    try:
        header = [column.strip().lower().lstrip("\ufeff") for column in reader.fieldnames or ()]
        _check_header(header)
        reader.fieldnames = header
        for cells in reader:
            try:
                yield _read_row(cells)
            except (InvalidAddress, InvalidImport) as error:
                remedy = "Mend the row and import it again."
                report.refused.append(
                    Problem(file=str(name), line=reader.line_num, what=str(error), remedy=remedy)
                )
    except (csv.Error, UnicodeDecodeError) as error:
        raise InvalidImport(f"Line {reader.line_num + 1} can't be read: {error}.") from error


def _check_header(header: list[str]) -> None:
    if "email" not in header:
        raise InvalidImport("There is no column 'email': name it in the first line.")
    if len(header) != len(set(header)) or len(header) > MOST_COLUMNS:
        raise InvalidImport(f"Columns must differ, and be at most {MOST_COLUMNS}.")


def _read_row(cells: Mapping[str | None, str | list[str] | None]) -> Row:
    if None in cells or None in cells.values():
        raise InvalidImport("The row has more or fewer cells than the header")
    texts = {str(name): str(value).strip() for name, value in cells.items()}
    if any("\0" in text for text in texts.values()):
        raise InvalidImport("The row has a NUL character")
    for column, longest in LONGEST.items():
        if len(texts.get(column, "")) > longest:
            raise InvalidImport(f"{column} is longer than {longest} characters")
    email = texts.pop("email")
    return Row(
        address=normalise(email),
        email=email,
        details={column: texts.pop(column, "") for column in COLUMNS},
        attributes={name: text for name, text in texts.items() if text},
    )


def _store(
    rows: Mapping[str, Row],
    group: List,
    state: SubscriptionState,
    basis: str,
    report: ImportReport,
    *,
    now: dt.datetime,
) -> None:
    with transaction.atomic():
        known = set(
            Subscriber.objects.filter(email_normalised__in=rows).values_list(
                "email_normalised", flat=True
            )
        )
        fresh = [_make(row, now=now) for row in rows.values() if row.address not in known]
        Subscriber.objects.bulk_create(fresh, ignore_conflicts=True)
        people = Subscriber.objects.filter(email_normalised__in=rows)
        placed = set(
            Subscription.objects.filter(list=group, subscriber__in=people).values_list(
                "subscriber", flat=True
            )
        )
        joining = [person for person in people if person.pk not in placed]
        Subscription.objects.bulk_create(
            [Subscription(subscriber=p, list=group, state=state, changed_at=now) for p in joining]
        )
        ConsentRecord.objects.bulk_create(
            [_evidence(person, group, basis, now=now) for person in joining]
        )
    report.created += len(fresh)
    report.known += len(rows) - len(fresh)


def _make(row: Row, *, now: dt.datetime) -> Subscriber:
    return Subscriber(
        email=row.email,
        email_normalised=row.address,
        attributes=dict(row.attributes),
        created_at=now,
        **row.details,
    )


def _evidence(person: Subscriber, group: List, basis: str, *, now: dt.datetime) -> ConsentRecord:
    return ConsentRecord(
        subscriber=person,
        email=person.email_normalised,
        list_slug=group.slug,
        action=ConsentAction.IMPORTED,
        method="csv",
        basis=basis[:200],
        at=now,
    )

"""People from a CSV file: checked row by row, with the ground on which they may be written to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TextIO

from django.db import transaction

from mailer.errors import InvalidImport
from mailer.types import Problem
from subscribers.models import (
    ConsentAction,
    ConsentRecord,
    List,
    Subscriber,
    Subscription,
    SubscriptionState,
)
from subscribers.rows import Row, read_rows

CHUNK_ROWS = 1_000  # written in one transaction, and never more of the file in memory
LONGEST_BASIS = 200
UPDATED_FIELDS = ("name", "language", "country", "time_zone", "attributes")


@dataclass(slots=True, kw_only=True)
class ImportReport:
    """What an import did to people, or would do: each row counts once.

    A row is refused with its line and reason, or its person was created, updated, or known as
    the file says already. ``joined`` counts the subscriptions made; people who left the list
    before, or whose address is suppressed, stay as they are.
    """

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    joined: int = 0
    refused: list[Problem] = field(default_factory=list)


def import_people(
    file: TextIO,
    *,
    group: List,
    basis: str,
    now: dt.datetime,
    confirmed: bool = True,
    dry_run: bool = False,
) -> ImportReport:
    """Put the people of a CSV file on a list; ``email`` is the one column that must be there.

    Columns that are no field of a person become attributes. A cell that is filled replaces
    what is known; an empty one leaves it. ``basis`` states why these people may be written to.
    Nobody who left the list is brought back, and suppressions hold. All is kept or, if the
    file turns out to be unreadable, nothing; a dry run keeps nothing.
    Raises InvalidImport for a file that can't be read at all.
    """
    if not 0 < len(basis.strip()) <= LONGEST_BASIS:
        raise InvalidImport(
            "State the ground on which these people may be written to,"
            f" in at most {LONGEST_BASIS} characters."
        )
    state = SubscriptionState.CONFIRMED if confirmed else SubscriptionState.UNCONFIRMED
    run = _Import(group=group, state=state, basis=basis.strip(), now=now)
    with transaction.atomic():
        run.take(file)
        transaction.set_rollback(dry_run)
    return run.report


@dataclass(slots=True, kw_only=True)
class _Import:
    """One run: rows are gathered into chunks, and each chunk costs the same few statements."""

    group: List
    state: SubscriptionState
    basis: str
    now: dt.datetime
    report: ImportReport = field(default_factory=ImportReport)
    lines: dict[str, int] = field(default_factory=dict)

    def take(self, file: TextIO) -> None:
        chunk: dict[str, Row] = {}
        for row in read_rows(file, self.report.refused):
            first = self.lines.setdefault(row.address, row.line)
            if first != row.line:
                self.report.refused.append(row.refuse(f"{row.email!r} stands in line {first} too"))
                continue
            chunk[row.address] = row
            if len(chunk) == CHUNK_ROWS:
                self._store(chunk)
                chunk = {}
        self._store(chunk)

    def _store(self, rows: Mapping[str, Row]) -> None:
        known = Subscriber.objects.filter(email_normalised__in=rows).in_bulk(
            field_name="email_normalised"
        )
        changed = [person for person in known.values() if _update(person, rows)]
        Subscriber.objects.bulk_update(changed, UPDATED_FIELDS)
        fresh = [self._make(row) for row in rows.values() if row.address not in known]
        # Somebody may join by the web at this moment: then the row is theirs.
        Subscriber.objects.bulk_create(fresh, ignore_conflicts=True)
        self.report.created += len(fresh)
        self.report.updated += len(changed)
        self.report.unchanged += len(known) - len(changed)
        self._subscribe(rows)

    def _subscribe(self, addresses: Collection[str]) -> None:
        """Put people on the list who never were on it: who left it stays away."""
        joining = list(
            Subscriber.objects.filter(email_normalised__in=addresses).exclude(
                subscriptions__list=self.group
            )
        )
        Subscription.objects.bulk_create(
            Subscription(subscriber=person, list=self.group, state=self.state, changed_at=self.now)
            for person in joining
        )
        ConsentRecord.objects.bulk_create(self._evidence(person) for person in joining)
        self.report.joined += len(joining)

    def _make(self, row: Row) -> Subscriber:
        return Subscriber(
            email=row.email,
            email_normalised=row.address,
            attributes=dict(row.attributes),
            created_at=self.now,
            **row.details,
        )

    def _evidence(self, person: Subscriber) -> ConsentRecord:
        return ConsentRecord(
            subscriber=person,
            email=person.email_normalised,
            list_slug=self.group.slug,
            action=ConsentAction.IMPORTED,
            method="csv",
            basis=self.basis,
            at=self.now,
        )


def _update(person: Subscriber, rows: Mapping[str, Row]) -> bool:
    """Give a known person what the file knows better; return whether that changed anything."""
    row = rows[person.email_normalised]
    attributes = person.attributes | row.attributes
    wanted = {name: text for name, text in row.details.items() if text}
    wanted = {name: text for name, text in wanted.items() if getattr(person, name) != text}
    for name, text in wanted.items():
        setattr(person, name, text)
    changed = bool(wanted) or attributes != person.attributes
    person.attributes = attributes
    return changed

"""Writing a chunk of rows: who is known, who is new, who joins, and the evidence of it.

A chunk costs the same few statements whatever its size, and one code path serves both engines.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.db import connection
from django.db.models import Q

from mailer.errors import InvalidImport
from subscribers import consent
from subscribers.bulk import among, insert_rows, reserve_ids, skip_row_checks
from subscribers.consent import Evidence
from subscribers.erasure import find_erased
from subscribers.flags import AddressFlag
from subscribers.importing.chunks import Chunk
from subscribers.importing.known import Known, find_known
from subscribers.importing.packed import PackedRows
from subscribers.importing.rows import Row
from subscribers.importing.standing import Standing
from subscribers.importing.strangers import METHOD, write_strangers
from subscribers.imports import Existing
from subscribers.models import (
    ConsentAction,
    ConsentRecord,
    List,
    Subscriber,
    Subscription,
    SubscriptionState,
    Suppression,
    SuppressionReason,
)
from subscribers.suppression import domain_of, suppress

DETAILS = ("name", "language", "country", "time_zone")
GONE = (Standing.LEFT, Standing.BLOCKED)
ACTIONS = {
    each: (ConsentAction.UNSUBSCRIBED if each in GONE else ConsentAction.IMPORTED).value
    for each in Standing
}


@dataclass(slots=True, kw_only=True)
class Store:
    """Where an import's people go. A dry run counts what would be done, and writes nothing."""

    group: List
    basis: str
    origin: str
    now: dt.datetime
    confirmed: bool = True
    existing: str = Existing.UPDATE
    dry_run: bool = False
    _skips_checks: bool = field(default=True, init=False)
    _meets_strangers: bool = field(default=True, init=False)

    def write(self, chunk: Chunk) -> Counter[str]:
        """Write a chunk of different people, in the caller's transaction, and count."""
        if not chunk.rows:
            return Counter()
        self._hold_list()
        if isinstance(chunk.rows, PackedRows) and self._write_strangers(chunk.rows):
            return self._count_strangers(chunk.rows, chunk.flagged)
        rows, forgotten = _leave_erased_out([*chunk.rows])
        known = self._find([row.address for row in rows])
        changed = self._find_changes(rows, known)
        counts = self._count(rows, known, changed=len(changed))
        counts.update(_count_flags(rows, chunk.flagged))
        counts["erased"] = forgotten
        if not self.dry_run:
            self._write(rows, known)
            _update(changed)
        self._meets_strangers = not known
        return counts

    def _hold_list(self) -> None:
        """Let whoever deletes the list wait until we are done; that it is there is seen here."""
        if not List.objects.select_for_update(no_key=True).filter(pk=self.group.pk):
            raise InvalidImport("The list is no longer there.")

    def _write_strangers(self, rows: PackedRows) -> bool:
        """Write people who join, if nobody was known in the chunk before and nobody is in this."""
        if not (
            self._meets_strangers
            and not self.dry_run
            and connection.vendor == "postgresql"
            and rows.are_all(Standing.ACTIVE)
            and not find_erased(rows.read_addresses())
        ):
            return False
        self._skip_checks()
        self._meets_strangers = write_strangers(
            rows,
            group=self.group,
            state=self._choose_state(Standing.ACTIVE),
            basis=self.basis,
            now=self.now,
        )
        return self._meets_strangers

    def _count_strangers(
        self, rows: PackedRows, flagged: Mapping[str, tuple[AddressFlag, ...]]
    ) -> Counter[str]:
        counts = Counter(created=len(rows), joined=len(rows))
        counts.update(each for marks in flagged.values() for each in marks)
        counts["suppressed"] = self._count_suppressed(rows.read_addresses())
        return counts

    def _write(self, rows: Sequence[Row], known: dict[str, Known]) -> None:
        fresh = [row for row in rows if row.address not in known] if known else rows
        # Of a chunk without anybody new there is nothing that would have to be checked.
        if fresh:
            self._skip_checks()
        numbers = reserve_ids(Subscriber, len(fresh))
        self._insert(fresh, numbers)
        self._place(fresh, numbers)
        joining = [row for row in rows if row.address in known and _is_new_here(row, known)]
        self._place(joining, [known[row.address].id for row in joining])
        self._take_off([row for row in rows if row.standing in GONE], known)

    def _skip_checks(self) -> None:
        if self._skips_checks:
            self._skips_checks = skip_row_checks()

    def _find(self, addresses: Collection[str]) -> dict[str, Known]:
        """Return the known people by address, locked, so that they stay until we are done."""
        return find_known(addresses, list_id=self.group.pk, lock=not self.dry_run)

    def _find_changes(
        self, rows: Iterable[Row], known: dict[str, Known]
    ) -> list[tuple[Sequence[str], int]]:
        """Return the new details of known people whom the file knows better, and their numbers."""
        if self.existing == Existing.KEEP or not known:
            return []
        changes: list[tuple[Sequence[str], int]] = []
        for row in rows:
            person = known.get(row.address)
            if person is None:
                continue
            details = [getattr(row, name) or getattr(person, name) for name in DETAILS]
            attributes = person.attributes | json.loads(row.attributes)
            if details != list(person[1:5]) or attributes != person.attributes:
                changes.append(((*details, json.dumps(attributes)), person.id))
        return changes

    def _count(self, rows: Sequence[Row], known: dict[str, Known], *, changed: int) -> Counter[str]:
        staying = [row for row in rows if row.standing not in GONE]
        counts = Counter(
            created=len(rows) - len(known),
            updated=changed,
            unchanged=len(known) - changed,
            withdrawn=len(rows) - len(staying),
            joined=len(staying),
        )
        if known:
            counts["joined"] = sum(_is_new_here(row, known) for row in staying)
            left = SubscriptionState.UNSUBSCRIBED
            counts["left_before"] = sum(
                row.address in known and known[row.address].state == left for row in staying
            )
        counts["suppressed"] = self._count_suppressed([row.address for row in staying])
        return counts

    def _count_suppressed(self, addresses: Iterable[str]) -> int:
        """Return how many are kept from being written to, by this list or by all."""
        ours = Suppression.objects.in_force(now=self.now).filter(Q(list=None) | Q(list=self.group))
        if not ours.exists():
            return 0
        addresses = list(addresses)
        named = set(
            ours.filter(email_normalised__in=among(addresses)).values_list(
                "email_normalised", flat=True
            )
        )
        domains = set(ours.of_domains().values_list("email_normalised", flat=True))
        return sum(each in named or domain_of(each) in domains for each in addresses)

    def _insert(self, fresh: Sequence[Row], numbers: Iterable[int]) -> None:
        if not fresh:
            return
        insert_rows(
            Subscriber,
            ("id", "email", "email_normalised", *DETAILS, "attributes"),
            # What stands in a row between its line and its standing is in the order of the columns.
            [(number, *row[1:-1]) for number, row in zip(map(str, numbers), fresh, strict=True)],
            always={"created_at": self.now},
        )

    def _place(self, joining: Sequence[Row], numbers: Iterable[int]) -> None:
        """Put people on the list who never were on it, and keep the evidence."""
        if not joining:
            return
        ids = [*map(str, numbers)]
        standings = [row.standing for row in joining]
        states = {each: self._choose_state(each) for each in Standing}
        insert_rows(
            Subscription,
            ("subscriber_id", "state"),
            zip(ids, map(states.__getitem__, standings), strict=True),
            always={"list_id": self.group.pk, "changed_at": self.now},
        )
        insert_rows(
            ConsentRecord,
            ("subscriber_id", "email", "action"),
            zip(
                *(ids, [row.address for row in joining]),
                map(ACTIONS.__getitem__, standings),
                strict=True,
            ),
            always={
                "list_slug": self.group.slug,
                "method": METHOD,
                "basis": self.basis,
                "at": self.now,
            },
        )

    def _choose_state(self, standing: Standing) -> str:
        if standing in GONE:
            return SubscriptionState.UNSUBSCRIBED.value
        if standing == Standing.WAITING or not self.confirmed:
            return SubscriptionState.UNCONFIRMED.value
        return SubscriptionState.CONFIRMED.value

    def _take_off(self, gone: Iterable[Row], known: dict[str, Known]) -> None:
        """Let those who left elsewhere leave here, and suppress whom nobody can write to."""
        evidence = Evidence(method=METHOD, basis=self.basis)
        for row in gone:
            if row.address in known:
                consent.unsubscribe(
                    subscriber_id=known[row.address].id,
                    list_id=self.group.pk,
                    evidence=evidence,
                    now=self.now,
                )
            if row.standing == Standing.BLOCKED:
                suppress(
                    row.address,
                    reason=SuppressionReason.MANUAL,
                    origin=self.origin,
                    now=self.now,
                )


def _leave_erased_out(rows: Sequence[Row]) -> tuple[Sequence[Row], int]:
    """Return the rows without those of people who asked to be forgotten, and their number."""
    erased = find_erased(row.address for row in rows)
    return [row for row in rows if row.address not in erased] if erased else rows, len(erased)


def _is_new_here(row: Row, known: dict[str, Known]) -> bool:
    person = known.get(row.address)
    return person is None or person.state is None


def _count_flags(
    rows: Iterable[Row], flagged: Mapping[str, tuple[AddressFlag, ...]]
) -> Counter[str]:
    if not flagged:
        return Counter()
    return Counter(each for row in rows for each in flagged.get(row.address, ()))


def _update(changed: Sequence[tuple[Sequence[str], int]]) -> None:
    if not changed:
        return
    names = ", ".join(f"{name} = %s" for name in (*DETAILS, "attributes"))
    table = Subscriber._meta.db_table  # noqa: SLF001 - Django documents _meta
    with connection.cursor() as cursor:
        cursor.executemany(
            f"UPDATE {table} SET {names} WHERE id = %s",  # noqa: S608 - our own names
            [(*values, number) for values, number in changed],
        )

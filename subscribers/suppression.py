"""The sole writer of suppressions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import F, QuerySet, Value
from django.db.models.functions import Concat, Left

from subscribers.addresses import normalise
from subscribers.bulk import among, insert_missing
from subscribers.models import Subscriber, Suppression, SuppressionReason

Place = tuple[str, int | None]  # an address, or "@" and a domain; a list, or None for all

DOMAIN_MARK = "@"
LONGEST_NOTE = 200
# What a skipped delivery says: the reason and the event, such as ``complaint (delivery:17)``.
NOTE = Left(Concat(F("reason"), Value(" ("), F("origin"), Value(")")), LONGEST_NOTE)
PROLONG = (
    "UPDATE {table} SET reason = %s, origin = %s, expires_at = %s, created_at = %s WHERE id = %s"
    " AND expires_at IS NOT NULL AND (%s IS NULL OR expires_at < %s)"
)


def suppress(
    email_normalised: str,
    *,
    reason: SuppressionReason,
    origin: str,
    now: dt.datetime,
    list_id: int | None = None,
    expires_at: dt.datetime | None = None,
) -> Suppression:
    """Keep an address, or ``@`` and a domain, from being written to, by every list or by one.

    ``origin`` names the event, such as ``delivery:17``. The first reason stays; one that
    expires gives way to one that holds longer, never the other way, also when two are
    written at the same moment.
    """
    fields = {
        "reason": reason,
        "origin": origin,
        "created_at": now,
        "expires_at": expires_at,
    }
    place: dict[str, Any] = {"email_normalised": email_normalised, "list_id": list_id}
    with transaction.atomic():
        kept, made = Suppression.objects.get_or_create(**place, defaults=fields)
        if not made and not _is_past(expires_at, now) and _remove_run_out([kept.pk], now=now):
            kept, made = Suppression.objects.get_or_create(**place, defaults=fields)
        row = Suppression.objects.filter(pk=kept.pk)
        if not made and _prolong(row, reason, origin, expires_at, now=now):
            kept.refresh_from_db()
    return kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A suppression that is to be: the arguments of ``suppress``."""

    email_normalised: str
    reason: SuppressionReason
    origin: str
    list_id: int | None = None
    expires_at: dt.datetime | None = None

    @property
    def place(self) -> Place:
        """Return where it holds, which is what makes two of them the same."""
        return self.email_normalised, self.list_id


def suppress_all(wanted: Sequence[Wanted], *, now: dt.datetime) -> set[Place]:
    """Suppress some thousands by the rules of ``suppress``, in a few statements.

    Returns the places of those that held before.
    """
    strongest: dict[Place, Wanted] = {}
    for each in wanted:
        first = strongest.setdefault(each.place, each)
        if _holds_longer(each.expires_at, first.expires_at):
            strongest[each.place] = each
    with transaction.atomic():
        before = kept = _find_kept(strongest)
        run_out = {
            place: row.number
            for place, row in kept.items()
            if _is_past(row.expires_at, now)
            and place in strongest
            and not _is_past(strongest[place].expires_at, now)
        }
        if run_out:
            _remove_run_out(run_out.values(), now=now)
            kept = {place: row for place, row in kept.items() if place not in run_out}
        fresh = [each for place, each in strongest.items() if place not in kept]
        if _insert(fresh, now=now) < len(fresh):
            kept = _find_kept(strongest)  # somebody else was faster with some of them
        longer = [
            (each, kept[place].number)
            for place, each in strongest.items()
            if place in kept and _holds_longer(each.expires_at, kept[place].expires_at)
        ]
        _prolong_all(longer, now=now)
    return _choose_in_force(before, now=now)


def find_in_force(wanted: Iterable[Wanted], *, now: dt.datetime) -> set[Place]:
    """Return the places of those that hold already."""
    return _choose_in_force(_find_kept(each.place for each in wanted), now=now)


def _choose_in_force(kept: Mapping[Place, _Kept], *, now: dt.datetime) -> set[Place]:
    return {place for place, row in kept.items() if not _is_past(row.expires_at, now)}


def _is_past(end: dt.datetime | None, now: dt.datetime) -> bool:
    return end is not None and end <= now


def _remove_run_out(numbers: Collection[int], *, now: dt.datetime) -> int:
    """Remove those of these rows that have run out, and return how many did.

    What takes its place is a new row: whoever looks for new ones finds it.
    """
    return Suppression.objects.filter(pk__in=numbers, expires_at__lte=now).delete()[0]


def _holds_longer(end: dt.datetime | None, other: dt.datetime | None) -> bool:
    """Tell whether what ends at ``end``, or never, holds longer than the other."""
    return other is not None and (end is None or end > other)


class _Kept(NamedTuple):
    """The row of a suppression that is there."""

    number: int
    expires_at: dt.datetime | None


def _find_kept(places: Iterable[Place]) -> dict[Place, _Kept]:
    """Return those of all lists at the addresses of some places."""
    rows = Suppression.objects.filter(
        email_normalised__in=among(sorted({address for address, _ in places}))
    ).values_list("email_normalised", "list_id", "pk", "expires_at")
    return {(address, group): _Kept(number, end) for address, group, number, end in rows}


def _insert(fresh: Sequence[Wanted], *, now: dt.datetime) -> int:
    """Insert those that stand in no other's way, and return their number."""
    return insert_missing(
        Suppression,
        ("email_normalised", "list_id", "reason", "origin", "expires_at", "created_at"),
        [
            (
                *(each.email_normalised, each.list_id, each.reason.value),
                *(each.origin, each.expires_at, now),
            )
            for each in sorted(fresh, key=_order)
        ],
    )


def _order(wanted: Wanted) -> tuple[str, int]:
    """Return where a row comes among others: two who write the same ones must not go crosswise."""
    return wanted.email_normalised, wanted.list_id or 0


def _prolong_all(longer: Sequence[tuple[Wanted, int]], *, now: dt.datetime) -> None:
    """Replace the rows with these numbers, where they still end sooner, as ``_prolong`` does."""
    if not longer:
        return
    prepare = connection.ops.adapt_datetimefield_value
    then = prepare(now)
    ends = [prepare(each.expires_at) for each, _ in longer]
    with connection.cursor() as cursor:
        cursor.executemany(
            PROLONG.format(table=Suppression._meta.db_table),  # noqa: SLF001 - Django documents it
            [
                (each.reason.value, each.origin, end, then, number, end, end)
                for (each, number), end in zip(longer, ends, strict=True)
            ],
        )


def lift(email_normalised: str, *, list_id: int | None = None) -> bool:
    """Let an address be written to again; return whether it had been suppressed."""
    deleted, _ = Suppression.objects.filter(
        email_normalised=email_normalised,
        list_id=list_id,  # type: ignore[misc]  # as above
    ).delete()
    return bool(deleted)


def read_scope(text: str) -> str:
    """Return what is to be suppressed as it is compared: an address, or ``@`` and a domain.

    Raises InvalidAddress.
    """
    given = text.strip()
    if not given.startswith(DOMAIN_MARK):
        return normalise(given)
    return DOMAIN_MARK + normalise(f"somebody{given}").partition(DOMAIN_MARK)[2]


def domain_of(email_normalised: str) -> str:
    """Return the scope of an address' whole domain."""
    return DOMAIN_MARK + email_normalised.rpartition(DOMAIN_MARK)[2]


def find_suppressed(
    emails: Collection[str] | QuerySet[Any, Any], *, now: dt.datetime
) -> dict[str, list[tuple[int | None, str]]]:
    """Return the suppressions in force of these addresses: (list or None for all, note).

    The note names it. Those of domains are all there, under ``@`` and the domain: they are few.
    """
    found: dict[str, list[tuple[int | None, str]]] = {}
    rows = Suppression.objects.in_force(now=now)
    named = rows.filter(email_normalised__in=emails)
    for each in (named, rows.of_domains()):
        noted = each.annotate(note=NOTE).values_list("email_normalised", "list_id", "note")
        for scope, list_id, note in noted:
            found.setdefault(scope, []).append((list_id, note))
    return found


def find_held(email_normalised: str, *, now: dt.datetime) -> list[tuple[int | None, str]]:
    """Return the suppressions in force of an address and of its domain: (list or None, note)."""
    found = find_suppressed([email_normalised], now=now)
    return found.get(email_normalised, []) + found.get(domain_of(email_normalised), [])


def find_suppressed_among(
    people: QuerySet[Subscriber], *, now: dt.datetime
) -> dict[str, list[tuple[int | None, str]]]:
    """Return the suppressions in force of these people, by address, as ``find_suppressed``."""
    return find_suppressed(people.values("email_normalised"), now=now)


def _prolong(
    kept: QuerySet[Suppression],
    reason: SuppressionReason,
    origin: str,
    expires_at: dt.datetime | None,
    *,
    now: dt.datetime,
) -> bool:
    """Replace what ends sooner, if it still does when the database looks; say whether it did."""
    sooner = kept.filter(expires_at__isnull=False)
    if expires_at is not None:
        sooner = sooner.filter(expires_at__lt=expires_at)
    changes = {"reason": reason, "origin": origin, "expires_at": expires_at, "created_at": now}
    return bool(sooner.update(**changes))

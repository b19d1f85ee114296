"""The sole writer of suppressions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet, Value
from django.db.models.functions import Concat, Left

from subscribers.addresses import normalise
from subscribers.models import Subscriber, Suppression, SuppressionReason

Place = tuple[str, int | None]  # an address, or "@" and a domain; a list, or None for all

DOMAIN_MARK = "@"
LONGEST_NOTE = 200
# What a skipped delivery says: the reason and the event, such as ``complaint (delivery:17)``.
NOTE = Left(Concat(F("reason"), Value(" ("), F("origin"), Value(")")), LONGEST_NOTE)


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
    with transaction.atomic():
        kept, made = Suppression.objects.get_or_create(
            email_normalised=email_normalised,
            list_id=list_id,  # type: ignore[misc]  # None is the scope of every list
            defaults={
                "reason": reason,
                "origin": origin,
                "created_at": now,
                "expires_at": expires_at,
            },
        )
        if not made and _prolong(kept, reason, origin, expires_at, now=now):
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


def suppress_all(wanted: Sequence[Wanted], *, now: dt.datetime) -> None:
    """Suppress some thousands by the rules of ``suppress``, in a few statements."""
    with transaction.atomic():
        kept = {(row.email_normalised, row.list_id) for row in _find_kept(wanted)}
        fresh = {each.place: each for each in reversed(wanted) if each.place not in kept}
        Suppression.objects.bulk_create(
            [
                Suppression(
                    email_normalised=each.email_normalised,
                    list_id=each.list_id,
                    reason=each.reason,
                    origin=each.origin,
                    created_at=now,
                    expires_at=each.expires_at,
                )
                for each in reversed(fresh.values())
            ],
            ignore_conflicts=True,
        )
        for each in wanted:
            if fresh.get(each.place) is not each:
                suppress(
                    each.email_normalised,
                    reason=each.reason,
                    origin=each.origin,
                    now=now,
                    list_id=each.list_id,
                    expires_at=each.expires_at,
                )


def find_in_force(wanted: Iterable[Wanted], *, now: dt.datetime) -> set[Place]:
    """Return the places of those that hold already."""
    return {
        (row.email_normalised, row.list_id)
        for row in _find_kept(wanted)
        if row.expires_at is None or row.expires_at > now
    }


def _find_kept(wanted: Iterable[Wanted]) -> QuerySet[Suppression]:
    return Suppression.objects.filter(
        email_normalised__in={each.email_normalised for each in wanted}
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
    kept: Suppression,
    reason: SuppressionReason,
    origin: str,
    expires_at: dt.datetime | None,
    *,
    now: dt.datetime,
) -> bool:
    """Replace what ends sooner, if it still does when the database looks; say whether it did."""
    sooner = Suppression.objects.filter(pk=kept.pk, expires_at__isnull=False)
    if expires_at is not None:
        sooner = sooner.filter(expires_at__lt=expires_at)
    changes = {"reason": reason, "origin": origin, "expires_at": expires_at, "created_at": now}
    return bool(sooner.update(**changes))

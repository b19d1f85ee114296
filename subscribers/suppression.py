"""The sole writer of suppressions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from subscribers.models import Subscriber, Suppression, SuppressionReason


def suppress(
    email_normalised: str,
    *,
    reason: SuppressionReason,
    origin: str,
    now: dt.datetime,
    list_id: int | None = None,
    expires_at: dt.datetime | None = None,
) -> Suppression:
    """Keep an address from being written to, by every list or by one.

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


def lift(email_normalised: str, *, list_id: int | None = None) -> bool:
    """Let an address be written to again; return whether it had been suppressed."""
    deleted, _ = Suppression.objects.filter(
        email_normalised=email_normalised,
        list_id=list_id,  # type: ignore[misc]  # as above
    ).delete()
    return bool(deleted)


def find_suppressed(
    emails: Collection[str] | QuerySet[Any, Any], *, now: dt.datetime
) -> dict[str, list[tuple[int | None, str]]]:
    """Return the suppressions in force of these addresses: (list or None for all, reason)."""
    found: dict[str, list[tuple[int | None, str]]] = {}
    rows = Suppression.objects.in_force(now=now).filter(email_normalised__in=emails)
    for email, list_id, reason in rows.values_list("email_normalised", "list_id", "reason"):
        found.setdefault(email, []).append((list_id, reason))
    return found


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

"""The sole writer of suppressions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from django.db import transaction

from subscribers.models import Suppression, SuppressionReason


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
    expires gives way to one that holds longer, never the other way.
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
        if not made and _outlasts(expires_at, kept.expires_at):
            kept.reason, kept.origin, kept.expires_at = reason, origin, expires_at
            kept.save(update_fields=["reason", "origin", "expires_at"])
    return kept


def lift(email_normalised: str, *, list_id: int | None = None) -> bool:
    """Let an address be written to again; return whether it had been suppressed."""
    deleted, _ = Suppression.objects.filter(
        email_normalised=email_normalised,
        list_id=list_id,  # type: ignore[misc]  # as above
    ).delete()
    return bool(deleted)


def find_suppressed(
    emails: Collection[str], *, now: dt.datetime
) -> dict[str, list[tuple[int | None, str]]]:
    """Return the suppressions in force of these addresses: (list or None for all, reason)."""
    found: dict[str, list[tuple[int | None, str]]] = {}
    rows = Suppression.objects.in_force(now=now).filter(email_normalised__in=emails)
    for email, list_id, reason in rows.values_list("email_normalised", "list_id", "reason"):
        found.setdefault(email, []).append((list_id, reason))
    return found


def _outlasts(new: dt.datetime | None, old: dt.datetime | None) -> bool:
    return old is not None and (new is None or new > old)

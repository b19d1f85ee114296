"""Claiming batches: a conditional UPDATE, a lease, and a fencing token that grows.

Whoever changed the one row holds the batch; whoever changed none was late. Leases are
written and compared by the database's clock, so that workers' clocks need not agree.

Every condition that decides stands on the row itself, never behind a join: Django would turn
a join into ``WHERE id IN (SELECT ...)``, and PostgreSQL does not look into that again after
it has waited for the other worker's commit. Both would hold the batch, and send it twice.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.conf import settings
from django.db.models import Count, F, Min, Q
from django.db.models.functions import Now

from mailer.errors import LeaseLost
from mailer.models import Batch, BatchState, Mailing, MailingState

# Claims that a worker tries before it takes the others to be faster.
CANDIDATES = 8


def claim_batch(worker: str) -> Batch | None:
    """Take the batch that is longest due, or return None when no batch is to be had."""
    for batch in Batch.objects.claimable()[:CANDIDATES]:
        taken = Batch.objects.filter(
            pk=batch.pk,
            fence=batch.fence,
            state=BatchState.READY,
            mailing_id__in=_mailings_that_go_on(),
        ).update(
            state=BatchState.CLAIMED,
            fence=F("fence") + 1,
            claimed_by=worker,
            lease_expires_at=_lease_end(),
        )
        if taken:
            batch.refresh_from_db()
            return batch
    return None


def extend_lease(batch: Batch) -> None:
    """Hold the batch for another lease, inside the transaction that writes under it.

    Raises LeaseLost if the lease has run out or the batch was claimed again.
    """
    held = _held(batch).update(lease_expires_at=_lease_end())
    if not held:
        raise LeaseLost(f"Batch {batch.pk} is no longer held under token {batch.fence}.")


def release_batch(batch: Batch) -> BatchState:
    """Give the batch back, done, or ready to be claimed when its next delivery is due.

    Returns which. Raises LeaseLost.
    """
    left = batch.deliveries.unfinished().aggregate(
        total=Count("pk"),
        now=Count("pk", filter=Q(next_attempt_at=None)),
        next=Min("next_attempt_at"),
    )
    changes: dict[str, Any] = {"state": BatchState.DONE}
    if left["total"]:
        not_before = Now() if left["now"] else left["next"]
        changes = {"state": BatchState.READY, "not_before": not_before}
    released = _held(batch).update(claimed_by="", lease_expires_at=None, **changes)
    if not released:
        raise LeaseLost(f"Batch {batch.pk} is no longer held under token {batch.fence}.")
    return BatchState(changes["state"])


def reclaim_abandoned() -> int:
    """Put batches whose lease has run out back for others and return how many there were."""
    return Batch.objects.abandoned().update(
        state=BatchState.READY, fence=F("fence") + 1, claimed_by="", lease_expires_at=None
    )


def _held(batch: Batch) -> Any:
    return Batch.objects.filter(
        pk=batch.pk,
        state=BatchState.CLAIMED,
        fence=batch.fence,
        lease_expires_at__gt=Now(),
    )


def _mailings_that_go_on() -> Any:
    states = (MailingState.PLANNING, MailingState.SENDING)
    return Mailing.objects.filter(state__in=states).values("pk")


def _lease_end() -> Any:
    return Now() + dt.timedelta(seconds=settings.LEASE_SECONDS)

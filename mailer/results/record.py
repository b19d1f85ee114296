"""Outcomes into the ledger, in bulk, and refusals of dead addresses into suppressions.

Recording is idempotent: an attempt that the ledger knows already is not counted again, so
a journal may be replayed over rows that were written before the worker died.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.conf import settings

from mailer.models import Delivery, DeliveryState, Mailing
from mailer.transport.smtp.replies import classify
from mailer.types import Outcome, OutcomeKind
from subscribers import suppression
from subscribers.addresses import normalise
from subscribers.models import SuppressionReason

RECORDED_FIELDS = (
    "state",
    "attempts",
    "deferrals",
    "next_attempt_at",
    "reply_code",
    "reply_status",
    "reply_text",
    "reply_stage",
    "decided_at",
    "note",
)
LONGEST_REPLY = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """An outcome and the number of the attempt that it ended, counted from one."""

    number: int
    outcome: Outcome


def record_attempts(mailing: Mailing, attempts: Iterable[Attempt], *, now: dt.datetime) -> int:
    """Write outcomes to the ledger and return how many of them were new to it.

    Called inside the transaction that holds the batch's lease.
    """
    by_delivery = {attempt.outcome.delivery_id: attempt for attempt in attempts}
    rows = Delivery.objects.unfinished().filter(mailing=mailing).in_bulk(by_delivery)
    fresh = [row for row in rows.values() if row.attempts < by_delivery[row.pk].number]
    for row in fresh:
        _apply(mailing, row, by_delivery[row.pk], now=now)
    Delivery.objects.bulk_update(fresh, RECORDED_FIELDS, batch_size=100)
    _suppress_dead([(row, by_delivery[row.pk].outcome) for row in fresh], now=now)
    return len(fresh)


def record_skips(skips: Sequence[tuple[Delivery, str, str]], *, now: dt.datetime) -> None:
    """Write that deliveries, planned before, are not to be sent: (row, reason, note) each."""
    for row, reason, note in skips:
        row.state, row.skip_reason, row.note = DeliveryState.SKIPPED, reason, note
        row.decided_at = now
    Delivery.objects.bulk_update(
        [row for row, _, _ in skips], ["state", "skip_reason", "note", "decided_at"]
    )


def record_unsubscribe(delivery_id: int, *, now: dt.datetime) -> None:
    """Write that the reader left through the links of this delivery, if it is the first time."""
    Delivery.objects.filter(pk=delivery_id, unsubscribed_at=None).update(unsubscribed_at=now)


def _apply(mailing: Mailing, row: Delivery, attempt: Attempt, *, now: dt.datetime) -> None:
    reply = attempt.outcome.reply
    row.attempts = attempt.number
    row.reply_code = reply.code or None
    row.reply_status = reply.status
    row.reply_text = reply.text[:LONGEST_REPLY].replace("\0", "")
    row.reply_stage = reply.stage
    row.decided_at = now
    row.next_attempt_at = None
    row.state = _next_state(mailing, attempt.outcome.kind)
    if row.state == DeliveryState.DEFERRED:
        _defer(mailing, row, now=now)


def _next_state(mailing: Mailing, kind: OutcomeKind) -> DeliveryState:
    """Return the ledger's state for an outcome; an uncertain one is tried again if so chosen."""
    if kind is OutcomeKind.UNCERTAIN and mailing.resend_uncertain:
        return DeliveryState.DEFERRED
    return DeliveryState(kind.value)


def _defer(mailing: Mailing, row: Delivery, *, now: dt.datetime) -> None:
    """Set the next attempt, or fail the delivery when that would pass the mailing's deadline."""
    delays = settings.RETRY_DELAYS_SECONDS
    next_attempt = now + dt.timedelta(seconds=delays[min(row.deferrals, len(delays) - 1)])
    row.deferrals += 1
    if next_attempt > (mailing.started_at or now) + dt.timedelta(seconds=settings.DEADLINE_SECONDS):
        row.state = DeliveryState.FAILED
        row.note = "given up at the mailing's deadline"
        return
    row.next_attempt_at = next_attempt


def _suppress_dead(rows: Iterable[tuple[Delivery, Outcome]], *, now: dt.datetime) -> None:
    """Suppress addresses that the server refused for good; a refusal at RCPT is first hand."""
    for row, outcome in rows:
        if outcome.kind is OutcomeKind.FAILED and classify(outcome.reply).permanent:
            suppression.suppress(
                normalise(row.email),
                reason=SuppressionReason.HARD_BOUNCE,
                origin=f"delivery:{row.pk}",
                now=now,
            )

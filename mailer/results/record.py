"""Outcomes into the ledger, in bulk, and refusals of dead addresses into suppressions.

Recording is idempotent: an attempt that the ledger knows already is not counted again, so
a journal may be replayed over rows that were written before the worker died.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db import connection

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
# The outcomes travel as one JSON text: a statement that is always the same is parsed once.
OUTCOMES = {
    "postgresql": """
        json_to_recordset(%s::json) AS v(id bigint, number int, code int, status text, words text)
    """,
    "sqlite": """
        (SELECT json_extract(value, '$.id') AS id, json_extract(value, '$.number') AS number,
                json_extract(value, '$.code') AS code, json_extract(value, '$.status') AS status,
                json_extract(value, '$.words') AS words
         FROM json_each(%s)) AS v
    """,
}
ACCEPT = """
    UPDATE mailer_delivery
    SET state = 'accepted', decided_at = %s, next_attempt_at = NULL, reply_stage = 'dot',
        attempts = v.number, reply_code = v.code, reply_status = v.status, reply_text = v.words
    FROM {outcomes}
    WHERE mailer_delivery.id = v.id AND mailing_id = %s
        AND state IN ('pending', 'deferred') AND attempts < v.number
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """An outcome and the number of the attempt that it ended, counted from one."""

    number: int
    outcome: Outcome


def record_attempts(mailing: Mailing, attempts: Iterable[Attempt], *, now: dt.datetime) -> None:
    """Write outcomes to the ledger; those that it knows already change nothing.

    Called inside the transaction that holds the batch's lease.
    """
    accepted: list[Attempt] = []
    others: dict[int, Attempt] = {}
    for attempt in attempts:
        if attempt.outcome.kind is OutcomeKind.ACCEPTED:
            accepted.append(attempt)
        else:
            others[attempt.outcome.delivery_id] = attempt
    if accepted:
        _record_accepted(mailing, accepted, now=now)
    if others:
        _record_others(mailing, others, now=now)


def _record_accepted(mailing: Mailing, attempts: Sequence[Attempt], *, now: dt.datetime) -> None:
    """Write accepted messages by one statement: nearly all are, and so they cost the least."""
    outcomes = json.dumps(
        [
            {
                "id": attempt.outcome.delivery_id,
                "number": attempt.number,
                "code": attempt.outcome.reply.code,
                "status": attempt.outcome.reply.status,
                "words": _clean(attempt.outcome.reply.text),
            }
            for attempt in attempts
        ]
    )
    at = connection.ops.adapt_datetimefield_value(now)
    with connection.cursor() as cursor:
        statement = ACCEPT.format(outcomes=OUTCOMES[connection.vendor])
        cursor.execute(statement, [at, outcomes, mailing.pk])


def _record_others(mailing: Mailing, attempts: Mapping[int, Attempt], *, now: dt.datetime) -> None:
    rows = Delivery.objects.unfinished().filter(mailing=mailing).in_bulk(attempts)
    fresh = [row for row in rows.values() if row.attempts < attempts[row.pk].number]
    for row in fresh:
        _apply(mailing, row, attempts[row.pk], now=now)
    Delivery.objects.bulk_update(fresh, RECORDED_FIELDS, batch_size=100)
    _suppress_dead([(row, attempts[row.pk].outcome) for row in fresh], now=now)


def record_skips(skips: Mapping[int, tuple[str, str]], *, now: dt.datetime) -> None:
    """Write that deliveries, planned before, are not to be sent: (reason, note) of each."""
    rows = Delivery.objects.unfinished().in_bulk(skips)
    for pk, row in rows.items():
        row.state, row.decided_at = DeliveryState.SKIPPED, now
        row.skip_reason, row.note = skips[pk]
    Delivery.objects.bulk_update(
        rows.values(), ["state", "skip_reason", "note", "decided_at"], batch_size=100
    )


def record_postponed(waits: Iterable[tuple[int, float]], *, now: dt.datetime) -> None:
    """Keep deliveries back that no limit lets out sooner: (delivery, seconds from now) each.

    It is no attempt, and no deferral by anybody else.
    """
    until = {pk: now + dt.timedelta(seconds=seconds) for pk, seconds in waits}
    rows = Delivery.objects.unfinished().in_bulk(until)
    for pk, row in rows.items():
        row.next_attempt_at = until[pk]
    Delivery.objects.bulk_update(rows.values(), ["next_attempt_at"], batch_size=100)


def record_unsubscribe(delivery_id: int, *, now: dt.datetime) -> None:
    """Write that the reader left through the links of this delivery, if it is the first time."""
    Delivery.objects.filter(pk=delivery_id, unsubscribed_at=None).update(unsubscribed_at=now)


def _apply(mailing: Mailing, row: Delivery, attempt: Attempt, *, now: dt.datetime) -> None:
    reply = attempt.outcome.reply
    row.attempts = attempt.number
    row.reply_code = reply.code or None
    row.reply_status = reply.status
    row.reply_text = _clean(reply.text)
    row.reply_stage = reply.stage
    row.decided_at = now
    row.next_attempt_at = None
    row.state = _next_state(mailing, attempt.outcome.kind)
    if row.state == DeliveryState.DEFERRED:
        row.deferrals += attempt.outcome.kind is OutcomeKind.DEFERRED
        _defer(mailing, row, now=now)


def _clean(text: str) -> str:
    """Return a server's words as a column takes them."""
    return text[:LONGEST_REPLY].replace("\0", "")


def _next_state(mailing: Mailing, kind: OutcomeKind) -> DeliveryState:
    """Return the ledger's state for an outcome; an uncertain one is tried again if so chosen."""
    if kind is OutcomeKind.UNCERTAIN and mailing.resend_uncertain:
        return DeliveryState.DEFERRED
    return DeliveryState(kind.value)


def _defer(mailing: Mailing, row: Delivery, *, now: dt.datetime) -> None:
    """Set the next attempt, or fail the delivery when that would pass the mailing's deadline."""
    delays = settings.RETRY_DELAYS_SECONDS
    next_attempt = now + dt.timedelta(seconds=delays[min(row.attempts, len(delays)) - 1])
    if next_attempt > (mailing.deadline_from or mailing.started_at or now) + dt.timedelta(
        seconds=settings.DEADLINE_SECONDS
    ):
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

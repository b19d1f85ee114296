"""Outcomes become rows once, whatever is replayed."""

from __future__ import annotations

import datetime as dt

from mailer.models import Delivery, DeliveryState
from mailer.results.record import Attempt, record_attempts, record_skips, record_unsubscribe
from mailer.types import Outcome, OutcomeKind, Reply, Stage
from tests.fakes.transports import ACCEPTED, FULL
from tests.fakes.world import NOW


def attempt(row: Delivery, kind: OutcomeKind, reply: Reply = ACCEPTED, number: int = 1) -> Attempt:
    return Attempt(number=number, outcome=Outcome(delivery_id=row.pk, kind=kind, reply=reply))


def test_an_outcome_is_recorded_once(mailing):
    row = Delivery.objects.first()
    once = attempt(row, OutcomeKind.DEFERRED, FULL)

    for _ in range(2):
        record_attempts(mailing, [once], now=NOW)

    row.refresh_from_db()
    assert (row.attempts, row.deferrals) == (1, 1)


def test_an_accepted_message_is_never_unaccepted(mailing):
    row = Delivery.objects.first()
    record_attempts(mailing, [attempt(row, OutcomeKind.ACCEPTED)], now=NOW)

    record_attempts(mailing, [attempt(row, OutcomeKind.FAILED, number=2)], now=NOW)

    row.refresh_from_db()
    assert row.state == DeliveryState.ACCEPTED


def test_many_accepted_messages_are_recorded_each_with_its_words(mailing):
    rows = list(Delivery.objects.order_by("pk"))
    replies = {
        row.pk: Reply(
            code=250, text=f"queued as \"{row.pk}'\0\u2028", stage=Stage.DOT, status="2.0.0"
        )
        for row in rows
    }

    record_attempts(
        mailing, [attempt(row, OutcomeKind.ACCEPTED, replies[row.pk]) for row in rows], now=NOW
    )

    for row in Delivery.objects.all():
        assert (row.state, row.attempts, row.decided_at) == (DeliveryState.ACCEPTED, 1, NOW)
        assert (row.reply_code, row.reply_status, row.reply_stage) == (250, "2.0.0", "dot")
        assert row.reply_text == f"queued as \"{row.pk}'\u2028"


def test_a_delivery_of_another_mailing_is_not_touched(mailing, start):
    row = Delivery.objects.first()

    record_attempts(start(), [attempt(row, OutcomeKind.ACCEPTED)], now=NOW)

    row.refresh_from_db()
    assert row.state == DeliveryState.PENDING


def test_a_skipped_delivery_stays_skipped(mailing):
    row = Delivery.objects.first()
    record_skips({row.pk: ("suppressed", "complaint")}, now=NOW)

    record_attempts(mailing, [attempt(row, OutcomeKind.ACCEPTED)], now=NOW)

    row.refresh_from_db()
    assert row.state == DeliveryState.SKIPPED


def test_delays_grow_and_the_last_one_repeats(mailing, settings):
    settings.RETRY_DELAYS_SECONDS = (60, 300)
    mailing.started_at = NOW
    row = Delivery.objects.first()

    waits = []
    for number in (1, 2, 3):
        record_attempts(mailing, [attempt(row, OutcomeKind.DEFERRED, FULL, number)], now=NOW)
        row.refresh_from_db()
        waits.append(row.next_attempt_at - NOW)

    assert waits == [dt.timedelta(seconds=seconds) for seconds in (60, 300, 300)]


def test_a_reply_is_kept_within_bounds_and_without_nul(mailing):
    row = Delivery.objects.first()
    reply = Reply(code=550, text="\0" + "x" * 5_000, stage=Stage.RCPT)

    record_attempts(mailing, [attempt(row, OutcomeKind.FAILED, reply)], now=NOW)

    row.refresh_from_db()
    assert set(row.reply_text) == {"x"}
    assert len(row.reply_text) < 501


def test_a_skip_keeps_its_reason(mailing):
    row = Delivery.objects.first()

    record_skips({row.pk: ("suppressed", "complaint")}, now=NOW)

    row.refresh_from_db()
    assert (row.state, row.skip_reason, row.note) == ("skipped", "suppressed", "complaint")


def test_leaving_is_recorded_the_first_time(mailing):
    row = Delivery.objects.first()
    record_unsubscribe(row.pk, now=NOW)

    record_unsubscribe(row.pk, now=NOW + dt.timedelta(days=1))

    row.refresh_from_db()
    assert row.unsubscribed_at == NOW


def test_leaving_through_no_delivery_changes_nothing(mailing):
    record_unsubscribe(0, now=NOW)

    assert not Delivery.objects.exclude(unsubscribed_at=None).exists()

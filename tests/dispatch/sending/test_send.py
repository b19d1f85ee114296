"""One batch is sent: each reply journalled, recorded, and nothing lost when something breaks."""

from __future__ import annotations

import datetime as dt
import time
from dataclasses import replace

import pytest
import redis
from django.db import OperationalError
from django.utils import timezone

from mailer.dispatch.batches.claim import claim_batch, reclaim_abandoned
from mailer.dispatch.batches.held import HeldBatch
from mailer.dispatch.control.cancel import cancel_mailing
from mailer.dispatch.control.schedule import pause_mailing
from mailer.dispatch.limits.rows import Limits
from mailer.dispatch.limits.throttle import Limit
from mailer.dispatch.sending import send as sending
from mailer.dispatch.sending.outbox import AHEAD
from mailer.errors import LeaseLost
from mailer.models import Batch, BatchState, Delivery, DeliveryState, Mailing
from mailer.results.record import Attempt
from mailer.results.report import summarise
from mailer.types import Outcome, OutcomeKind, Reply, Stage
from subscribers import consent, suppression
from subscribers.consent import Evidence
from subscribers.models import List, Subscriber, Suppression, SuppressionReason
from tests.fakes.transports import (
    ACCEPTED,
    FULL,
    NO_REPLY,
    NO_SUCH_USER,
    SPAM,
    UNREACHED,
    ScriptedTransport,
)
from tests.fakes.world import NOW, join


def expire(batch: Batch) -> None:
    past = timezone.now() - dt.timedelta(seconds=1)
    Batch.objects.filter(pk=batch.pk).update(lease_expires_at=past)
    reclaim_abandoned()


def make_due() -> None:
    past = timezone.now() - dt.timedelta(seconds=1)
    Delivery.objects.filter(state=DeliveryState.DEFERRED).update(next_attempt_at=past)
    Batch.objects.update(not_before=past)


def test_everybody_in_the_batch_is_written_to_once(mailing, send):
    transport = ScriptedTransport()

    send(transport)
    batch = Batch.objects.get()

    recipients = [message.recipient for message in transport.sent]
    assert sorted(recipients) == sorted({f"reader{n}@people.example" for n in range(1, 21)})
    assert summarise(mailing).accepted == 20
    assert batch.state == BatchState.DONE


def test_the_servers_words_stand_in_the_ledger(mailing, send):
    send(ScriptedTransport())

    row = Delivery.objects.first()
    assert (row.reply_code, row.reply_status, row.reply_text) == (250, "2.0.0", "queued")
    assert row.attempts == 1
    assert row.decided_at is not None


def test_each_message_has_an_envelope_sender_and_links_of_its_own(mailing, send):
    transport = ScriptedTransport()
    send(transport)

    assert len({message.sender for message in transport.sent}) == 20
    assert len({message.whole() for message in transport.sent}) == 20


def test_a_4xx_is_tried_again_and_counted(mailing, send):
    tries: dict[int, int] = {}

    def full_at_first(message):
        tries[message.delivery_id] = tries.get(message.delivery_id, 0) + 1
        return FULL if tries[message.delivery_id] == 1 else ACCEPTED

    transport = ScriptedTransport(full_at_first)
    send(transport)
    batch = Batch.objects.get()
    assert batch.state == BatchState.READY
    assert batch.not_before > timezone.now()
    make_due()

    send(transport)
    batch = Batch.objects.get()

    report = summarise(mailing)
    assert (report.accepted, report.deferred_then_accepted) == (20, 20)
    assert batch.state == BatchState.DONE


def test_a_4xx_is_given_up_at_the_deadline(mailing, settings, send):
    settings.DEADLINE_SECONDS = 1

    send(ScriptedTransport(lambda _: FULL))

    report = summarise(mailing)
    assert report.failed == 20
    assert "deadline" in Delivery.objects.first().note


def test_an_address_refused_for_good_is_suppressed(mailing, send):
    send(ScriptedTransport(lambda _: NO_SUCH_USER))

    assert summarise(mailing).failed == 20
    assert Suppression.objects.filter(reason=SuppressionReason.HARD_BOUNCE).count() == 20
    row = Delivery.objects.first()
    assert Suppression.objects.get(email_normalised=row.email).origin == f"delivery:{row.pk}"


def test_a_reader_who_left_after_planning_is_not_written_to(mailing, send):
    row = Delivery.objects.first()
    evidence = Evidence(method="test")
    consent.unsubscribe(
        subscriber_id=row.subscriber_id, list_id=row.list_id, evidence=evidence, now=NOW
    )
    transport = ScriptedTransport()

    send(transport)

    assert row.email not in {message.recipient for message in transport.sent}
    assert summarise(mailing).skipped == {"unsubscribed": 1}


def test_a_reader_who_paused_after_planning_is_not_written_to(mailing, send):
    row = Delivery.objects.first()
    tomorrow = dt.datetime.now(tz=dt.UTC).date() + dt.timedelta(days=1)
    Subscriber.objects.filter(pk=row.subscriber_id).update(paused_until=tomorrow)
    transport = ScriptedTransport()

    send(transport)

    assert row.email not in {message.recipient for message in transport.sent}
    assert summarise(mailing).skipped == {"paused": 1}


def test_an_address_suppressed_after_planning_is_not_written_to(mailing, send):
    row = Delivery.objects.first()
    suppression.suppress(row.email, reason=SuppressionReason.COMPLAINT, origin="test", now=NOW)
    transport = ScriptedTransport()

    send(transport)

    assert row.email not in {message.recipient for message in transport.sent}
    row.refresh_from_db()
    assert (row.skip_reason, row.note) == ("suppressed", "complaint (test)")


def test_a_person_erased_after_planning_is_not_written_to(mailing, send):
    row = Delivery.objects.first()
    row.subscriber.delete()
    transport = ScriptedTransport()

    send(transport)

    assert len(transport.sent) == 19
    assert summarise(mailing).adds_up


def test_a_replayed_journal_repeats_nobody(mailing, journal, send):
    """A worker that dies has replies in the journal that the ledger never saw."""
    batch = claim_batch("first")
    sent, in_flight, *rest = list(batch.deliveries.order_by("pk"))
    journal.begin(batch.pk, sent.pk, 1)
    journal.begin(batch.pk, in_flight.pk, 1)
    outcome = Outcome(delivery_id=sent.pk, kind=OutcomeKind.ACCEPTED, reply=ACCEPTED)
    journal.finish(batch.pk, Attempt(number=1, outcome=outcome))
    journal.flush()
    assert summarise(mailing).waiting == 20
    expire(batch)

    transport = ScriptedTransport()
    send(transport)
    assert [message.recipient for message in transport.sent] == [row.email for row in rest]
    make_due()
    send(transport)

    assert transport.sent[-1].recipient == in_flight.email
    assert summarise(mailing).deferred_then_accepted == 0  # nobody deferred it
    assert len(transport.sent) == 19
    assert summarise(mailing).accepted == 20


def test_an_uncertain_message_is_held_after_a_death_if_the_mailing_says_so(mailing, journal, send):
    Mailing.objects.update(resend_uncertain=False)
    batch = claim_batch("first")
    journal.begin(batch.pk, batch.deliveries.first().pk, 1)
    journal.flush()
    expire(batch)

    send(ScriptedTransport())

    report = summarise(mailing)
    assert (report.accepted, report.uncertain) == (19, 1)


def test_a_message_without_a_reply_is_held_if_the_mailing_says_so(mailing, send):
    Mailing.objects.update(resend_uncertain=False)

    send(ScriptedTransport(lambda _: NO_REPLY))

    report = summarise(mailing)
    assert report.uncertain == 20
    assert report.adds_up


def test_a_message_without_a_reply_is_sent_again_under_the_same_identity(mailing, send):
    replies = iter([NO_REPLY] * 20 + [ACCEPTED] * 20)
    transport = ScriptedTransport(lambda _: next(replies))
    send(transport)
    make_due()

    send(transport)

    assert summarise(mailing).accepted == 20
    contents = [message.whole() for message in transport.sent]
    assert sorted(contents[:20]) == sorted(contents[20:])


@pytest.fixture
def recording_each(monkeypatch):
    """Write the ledger, and look at the mailing, after every message."""
    monkeypatch.setattr(sending, "RECORD_AT_MOST", 1)


def test_a_pause_takes_hold_at_the_next_record(mailing, recording_each, send):
    def pause_at_fifth(_):
        if len(transport.sent) == 5:
            pause_mailing(mailing)
        return ACCEPTED

    transport = ScriptedTransport(pause_at_fifth, width=3)
    send(transport)
    batch = Batch.objects.get()

    report = summarise(mailing)
    assert (report.accepted, report.waiting) == (5, 15)
    assert batch.state == BatchState.READY
    assert set(Delivery.objects.unfinished().values_list("attempts", flat=True)) == {0}


def test_a_cancelled_mailing_stops_at_the_next_record(mailing, recording_each, send):
    def cancel_at_fifth(_):
        if len(transport.sent) == 5:
            cancel_mailing(mailing, now=NOW)
        return ACCEPTED

    transport = ScriptedTransport(cancel_at_fifth, width=3)
    send(transport)

    assert len(transport.sent) == 5
    assert summarise(mailing).adds_up


def leave(row: Delivery) -> None:
    consent.unsubscribe(
        subscriber_id=row.subscriber_id,
        list_id=row.list_id,
        evidence=Evidence(method="test"),
        now=NOW,
    )


def suppress(named: str) -> None:
    suppression.suppress(
        named, reason=SuppressionReason.COMPLAINT, origin="test", now=timezone.now()
    )


@pytest.mark.parametrize(
    ("depart", "skipped"),
    [
        (leave, {"unsubscribed": 1}),
        (lambda row: suppress(row.email), {"suppressed": 1}),
        (lambda _: suppress("@people.example"), {"suppressed": 20 - 5 - AHEAD}),
    ],
    ids=["leaves", "is suppressed anew", "with a whole domain"],
)
def test_who_departs_while_a_batch_is_held_is_not_written_to(
    mailing, recording_each, send, depart, skipped
):
    last = Delivery.objects.order_by("pk").last()
    suppression.suppress(
        last.email,
        reason=SuppressionReason.SOFT_BOUNCES,
        origin="test",
        now=NOW,
        expires_at=NOW + dt.timedelta(days=1),
    )

    def depart_at_fifth(_):
        if len(transport.sent) == 5:
            depart(last)
        return ACCEPTED

    transport = ScriptedTransport(depart_at_fifth)
    send(transport)
    report = summarise(mailing)

    assert last.email not in {message.recipient for message in transport.sent}
    assert report.skipped == skipped
    assert report.adds_up
    assert not report.waiting
    assert Batch.objects.get().state == BatchState.DONE


def test_a_pause_of_one_mailing_lets_another_go_on(mailing, start, plan, recording_each, send):
    other = plan(start())

    def pause_at_second(_):
        if len(transport.sent) == 2:
            pause_mailing(mailing)
        return ACCEPTED

    transport = ScriptedTransport(pause_at_second, width=30)
    send(transport)

    assert summarise(mailing).accepted == 2
    assert summarise(other).accepted == 20


def test_a_worker_that_is_told_to_end_awaits_what_is_under_way_and_gives_back_the_rest(
    mailing, send
):
    transport = ScriptedTransport(width=3)

    send(transport, is_stopping=lambda: len(transport.sent) > 3)
    batch = Batch.objects.get()

    report = summarise(mailing)
    assert (report.accepted, report.waiting) == (4, 16)
    assert (batch.state, batch.claimed_by) == (BatchState.READY, "")


def test_a_worker_whose_batch_was_taken_over_writes_nothing_more(mailing, recording_each, send):
    def lose_at_third(_):
        if len(transport.sent) == 3:
            expire(Batch.objects.get())
            claim_batch("next")
        return ACCEPTED

    transport = ScriptedTransport(lose_at_third, width=2)
    send(transport)

    assert len(transport.sent) == 3
    assert summarise(mailing).accepted == 2
    assert Batch.objects.get().claimed_by == "next"


def test_a_worker_that_slept_past_its_lease_ends_no_message(mailing, settings, send):
    def sleep_through(_):
        if settings.LEASE_SECONDS > 0:
            settings.LEASE_SECONDS = -1
            expire(Batch.objects.get())
            claim_batch("next")

    transport = ScriptedTransport(sleep_through, width=2)
    send(transport)

    assert transport.abandoned
    assert summarise(mailing).accepted == 0
    assert Batch.objects.get().claimed_by == "next"


def test_a_batch_that_was_taken_over_before_it_was_prepared_is_left_alone(mailing, journal):
    row = Delivery.objects.first()
    suppression.suppress(row.email, reason=SuppressionReason.COMPLAINT, origin="test", now=NOW)
    batch = claim_batch("late")
    expire(batch)

    with pytest.raises(LeaseLost):
        HeldBatch(batch).prepare(journal)

    assert summarise(mailing).waiting == 20


def test_nothing_is_handed_over_late_in_a_lease(mailing, journal, settings):
    held = HeldBatch(claim_batch("slow"))
    held.prepare(journal)
    assert held.may_send

    settings.LEASE_SECONDS = 0

    assert not held.may_send


def test_a_lease_on_which_nothing_is_written_is_extended(mailing, journal):
    held = HeldBatch(claim_batch("slow"))
    ends = held.batch.lease_expires_at
    held.held_since -= 60

    held.record()

    held.batch.refresh_from_db()
    assert held.batch.lease_expires_at > ends
    assert held.may_send


def test_what_was_accepted_is_recorded_even_if_the_journal_breaks(
    mailing, journal, redis_url, send
):
    class BrokenJournal(type(journal)):
        def flush(self):
            if transport.sent:
                raise redis.ConnectionError("gone")
            super().flush()

    broken = BrokenJournal(redis.Redis.from_url(redis_url))
    transport = ScriptedTransport(width=3)
    with pytest.raises(redis.ConnectionError):
        send(transport, journal=broken)

    assert len(transport.sent) == 1
    report = summarise(mailing)
    assert (report.accepted, report.waiting) == (1, 19)
    assert Batch.objects.get().state == BatchState.READY


def test_nothing_is_handed_over_that_could_not_be_journalled(mailing, journal, redis_url, send):
    class FullJournal(type(journal)):
        def flush(self):
            raise redis.ConnectionError("gone")

    transport = ScriptedTransport()
    with pytest.raises(redis.ConnectionError):
        send(transport, journal=FullJournal(redis.Redis.from_url(redis_url)))

    assert transport.sent == []
    assert Batch.objects.get().state == BatchState.READY
    assert summarise(mailing).waiting == 20


def test_a_redis_that_keeps_nothing_is_found_out(journal, redis_url):
    client = redis.Redis.from_url(redis_url)
    client.set("masthead:journal:98", "no list")

    journal.begin(98, 1, 1)
    journal.flush()
    with pytest.raises(redis.ResponseError):
        journal.confirm()

    client.delete("masthead:journal:98")
    journal.begin(98, 1, 1)
    journal.flush()
    journal.confirm()
    assert len(journal.open(98)) == 1


def test_a_database_that_is_away_for_a_while_is_waited_for(mailing, monkeypatch, send):
    record, failures = HeldBatch.record, iter([True, True])

    def record_or_fail(held):
        if held.finished and next(failures, False):
            raise OperationalError("the server is starting up")
        record(held)

    monkeypatch.setattr(HeldBatch, "record", record_or_fail)
    monkeypatch.setattr(sending.connection, "close", lambda: None)  # the test's own transaction
    monkeypatch.setattr(sending, "RECORD_AT_MOST", 5)
    monkeypatch.setattr(sending, "RECORD_SECONDS", 0.01)
    transport = ScriptedTransport()

    send(transport)

    assert len(transport.sent) == 20
    assert summarise(mailing).accepted == 20


def test_a_database_that_stays_away_ends_the_sender_and_the_journal_knows(
    mailing, monkeypatch, settings, send
):
    def fail(_):
        raise OperationalError("no server")

    monkeypatch.setattr(sending, "RECORD_AT_MOST", 5)
    monkeypatch.setattr(sending, "RECORD_SECONDS", 0.01)
    transport = ScriptedTransport()
    with monkeypatch.context() as patch:
        patch.setattr(HeldBatch, "record", fail)
        patch.setattr(sending.connection, "close", lambda: None)
        patch.setattr(sending, "LEASE_SHARE", 0.0001)
        with pytest.raises(OperationalError):
            send(transport)
    assert summarise(mailing).waiting == 20
    expire(Batch.objects.get())

    send(transport)

    assert len(transport.sent) == 20
    assert summarise(mailing).accepted == 20


def test_several_batches_are_held_so_that_no_connection_waits(
    edition, readers, start, plan, settings, send
):
    settings.BATCH_SIZE = 3
    mailing = plan(start())
    held = []

    def look(_):
        held.append(Batch.objects.filter(state=BatchState.CLAIMED).count())
        return ACCEPTED

    send(ScriptedTransport(look, width=7))

    assert min(held[:10]) == 3
    assert summarise(mailing).accepted == 20
    mailing.refresh_from_db()
    assert mailing.state == "sent"


def test_a_message_that_can_not_be_made_fails_alone(mailing, send):
    row = Delivery.objects.first()
    Delivery.objects.filter(pk=row.pk).update(email="eve\r\nBcc: all@people.example")
    transport = ScriptedTransport()

    send(transport)

    report = summarise(mailing)
    assert (report.accepted, report.failed) == (19, 1)
    assert not any(b"Bcc:" in message.whole() for message in transport.sent)


def test_a_control_character_in_a_name_costs_nobody_the_message(mailing, send):
    row = Delivery.objects.first()
    Delivery.objects.filter(pk=row.pk).update(name="Eve\x07\r\nBcc: all@people.example")
    transport = ScriptedTransport()

    send(transport)

    [whole] = [each.whole() for each in transport.sent if each.delivery_id == row.pk]
    assert summarise(mailing).accepted == 20
    assert b"\nBcc:" not in whole
    assert b"\x07" not in whole


def test_the_journal_of_a_finished_batch_is_forgotten(mailing, journal, send):
    send(ScriptedTransport())
    batch = Batch.objects.get()

    assert journal.open(batch.pk) == []


def test_the_journal_returns_the_last_word_on_each_delivery(journal):
    outcome = Outcome(delivery_id=5, kind=OutcomeKind.ACCEPTED, reply=ACCEPTED)
    journal.begin(99, 5, 1)
    journal.begin(99, 6, 2)
    journal.finish(99, Attempt(number=1, outcome=outcome))

    entries = {entry.delivery_id: entry for entry in journal.open(99)}

    assert entries[5].outcome == outcome
    assert (entries[6].attempt, entries[6].outcome) == (2, None)
    journal.clear(99)
    assert journal.open(99) == []


def test_the_journal_takes_any_words_of_a_server(journal):
    reply = Reply(code=450, text='"\\ \n\r é \u2028 \U0001f600', stage=Stage.DOT)
    outcome = Outcome(delivery_id=5, kind=OutcomeKind.DEFERRED, reply=reply)

    for _ in range(600):
        journal.finish(97, Attempt(number=1, outcome=outcome))
        journal.flush()

    assert [entry.outcome for entry in journal.open(97)] == [outcome]
    journal.clear(97)


def limit_all(**choices: object) -> Limits:
    return Limits(transport_id=0, whole=Limit(scope="0:*", slowed_as="*", **choices))


def limit_readers(**choices: object) -> Limits:
    limit = Limit(scope="0:people.example", slowed_as="people.example", **choices)
    return replace(limit_all(), providers={"people.example": (limit,)})


def test_a_server_that_can_not_be_reached_is_no_attempt_of_anybody(mailing, send):
    transport = ScriptedTransport(lambda _: UNREACHED, width=3)

    sender = send(transport)

    assert len(transport.sent) == 1
    assert sender.was_cut_short
    assert summarise(mailing).waiting == 20
    assert set(Delivery.objects.values_list("attempts", "state")) == {(0, "pending")}
    assert Batch.objects.get().state == BatchState.READY
    send(ScriptedTransport())
    assert summarise(mailing).accepted == 20


def test_a_limit_on_all_lets_messages_go_one_by_one(mailing, send):
    transport = ScriptedTransport()

    started = time.monotonic()
    send(transport, limit_all(per_second=100.0))

    assert len(transport.sent) == 20
    assert time.monotonic() - started > 0.08  # nineteen intervals, less the slack


def test_who_is_kept_back_for_long_waits_in_the_ledger_without_an_attempt(mailing, send):
    other = Delivery.objects.order_by("pk").last()
    Delivery.objects.filter(pk=other.pk).update(email="reader@elsewhere.example")
    transport = ScriptedTransport()

    send(transport, limit_readers(per_second=0.05))

    assert {message.recipient for message in transport.sent} >= {"reader@elsewhere.example"}
    assert len(transport.sent) <= 3
    waiting = Delivery.objects.unfinished().order_by("next_attempt_at")
    assert set(waiting.values_list("attempts", "deferrals")) == {(0, 0)}
    times = list(waiting.values_list("next_attempt_at", flat=True))
    assert len(set(times)) == len(times)
    batch = Batch.objects.get()
    assert (batch.state, batch.not_before) == (BatchState.READY, times[0])


def test_a_mailing_that_is_refused_too_often_is_paused_with_a_reason(start, plan, send):
    for number in range(60):
        join(f"more{number}@people.example", List.objects.get())
    mailing = plan(start())
    transport = ScriptedTransport(lambda _: SPAM)

    send(transport)

    mailing.refresh_from_db()
    assert mailing.state == "paused"
    assert "spam" in mailing.problem
    assert summarise(mailing).adds_up

"""One batch is sent: each reply journalled, recorded, and nothing lost when something breaks."""

from __future__ import annotations

import datetime as dt

import pytest
import redis
from django.db import OperationalError
from django.utils import timezone

from mailer.dispatch import send as sending
from mailer.dispatch.claim import claim_batch, reclaim_abandoned
from mailer.dispatch.held import HeldBatch
from mailer.dispatch.schedule import cancel_mailing, pause_mailing
from mailer.dispatch.send import Sender
from mailer.errors import LeaseLost
from mailer.models import Batch, BatchState, Delivery, DeliveryState, Mailing
from mailer.results.record import Attempt
from mailer.results.report import summarise
from mailer.types import Outcome, OutcomeKind, Reply, Stage
from subscribers import consent, suppression
from subscribers.consent import Evidence
from subscribers.models import Suppression, SuppressionReason
from tests.fakes.transports import ACCEPTED, FULL, NO_REPLY, NO_SUCH_USER, ScriptedTransport
from tests.fakes.world import NOW


def send(journal, transport, **choices) -> Batch:
    """Send what is to be had, and return the first batch."""
    Sender(worker="worker", transport=transport, journal=journal, **choices).run()
    return Batch.objects.order_by("pk").first()


def expire(batch: Batch) -> None:
    past = timezone.now() - dt.timedelta(seconds=1)
    Batch.objects.filter(pk=batch.pk).update(lease_expires_at=past)
    reclaim_abandoned()


def make_due() -> None:
    past = timezone.now() - dt.timedelta(seconds=1)
    Delivery.objects.filter(state=DeliveryState.DEFERRED).update(next_attempt_at=past)
    Batch.objects.update(not_before=past)


def test_everybody_in_the_batch_is_written_to_once(mailing, journal):
    transport = ScriptedTransport()

    batch = send(journal, transport)

    recipients = [message.recipient for message in transport.sent]
    assert sorted(recipients) == sorted({f"reader{n}@people.example" for n in range(1, 21)})
    assert summarise(mailing).accepted == 20
    assert batch.state == BatchState.DONE


def test_the_servers_words_stand_in_the_ledger(mailing, journal):
    send(journal, ScriptedTransport())

    row = Delivery.objects.first()
    assert (row.reply_code, row.reply_status, row.reply_text) == (250, "2.0.0", "queued")
    assert row.attempts == 1
    assert row.decided_at is not None


def test_each_message_has_an_envelope_sender_and_links_of_its_own(mailing, journal):
    transport = ScriptedTransport()
    send(journal, transport)

    assert len({message.sender for message in transport.sent}) == 20
    assert len({message.content for message in transport.sent}) == 20


def test_a_4xx_is_tried_again_and_counted(mailing, journal):
    tries: dict[int, int] = {}

    def full_at_first(message):
        tries[message.delivery_id] = tries.get(message.delivery_id, 0) + 1
        return FULL if tries[message.delivery_id] == 1 else ACCEPTED

    transport = ScriptedTransport(full_at_first)
    batch = send(journal, transport)
    assert batch.state == BatchState.READY
    assert batch.not_before > timezone.now()
    make_due()

    batch = send(journal, transport)

    report = summarise(mailing)
    assert (report.accepted, report.deferred_then_accepted) == (20, 20)
    assert batch.state == BatchState.DONE


def test_a_4xx_is_given_up_at_the_deadline(mailing, journal, settings):
    settings.DEADLINE_SECONDS = 1

    send(journal, ScriptedTransport(lambda _: FULL))

    report = summarise(mailing)
    assert report.failed == 20
    assert "deadline" in Delivery.objects.first().note


def test_an_address_refused_for_good_is_suppressed(mailing, journal):
    send(journal, ScriptedTransport(lambda _: NO_SUCH_USER))

    assert summarise(mailing).failed == 20
    assert Suppression.objects.filter(reason=SuppressionReason.HARD_BOUNCE).count() == 20
    row = Delivery.objects.first()
    assert Suppression.objects.get(email_normalised=row.email).origin == f"delivery:{row.pk}"


def test_a_reader_who_left_after_planning_is_not_written_to(mailing, journal):
    row = Delivery.objects.first()
    evidence = Evidence(method="test")
    consent.unsubscribe(
        subscriber_id=row.subscriber_id, list_id=row.list_id, evidence=evidence, now=NOW
    )
    transport = ScriptedTransport()

    send(journal, transport)

    assert row.email not in {message.recipient for message in transport.sent}
    assert summarise(mailing).skipped == {"unsubscribed": 1}


def test_an_address_suppressed_after_planning_is_not_written_to(mailing, journal):
    row = Delivery.objects.first()
    suppression.suppress(row.email, reason=SuppressionReason.COMPLAINT, origin="test", now=NOW)
    transport = ScriptedTransport()

    send(journal, transport)

    assert row.email not in {message.recipient for message in transport.sent}
    row.refresh_from_db()
    assert (row.skip_reason, row.note) == ("suppressed", "complaint")


def test_a_person_erased_after_planning_is_not_written_to(mailing, journal):
    row = Delivery.objects.first()
    row.subscriber.delete()
    transport = ScriptedTransport()

    send(journal, transport)

    assert len(transport.sent) == 19
    assert summarise(mailing).adds_up


def test_a_replayed_journal_repeats_nobody(mailing, journal):
    """A worker that dies has replies in the journal that the ledger never saw."""
    batch = claim_batch("first")
    sent, in_flight, *rest = list(batch.deliveries.order_by("pk"))
    journal.begin(batch.pk, [(sent.pk, 1), (in_flight.pk, 1)])
    outcome = Outcome(delivery_id=sent.pk, kind=OutcomeKind.ACCEPTED, reply=ACCEPTED)
    journal.finish(batch.pk, [Attempt(number=1, outcome=outcome)])
    assert summarise(mailing).waiting == 20
    expire(batch)

    transport = ScriptedTransport()
    send(journal, transport)
    assert [message.recipient for message in transport.sent] == [row.email for row in rest]
    make_due()
    send(journal, transport)

    assert transport.sent[-1].recipient == in_flight.email
    assert len(transport.sent) == 19
    assert summarise(mailing).accepted == 20


def test_an_uncertain_message_is_held_after_a_death_if_the_mailing_says_so(mailing, journal):
    Mailing.objects.update(resend_uncertain=False)
    batch = claim_batch("first")
    journal.begin(batch.pk, [(batch.deliveries.first().pk, 1)])
    expire(batch)

    send(journal, ScriptedTransport())

    report = summarise(mailing)
    assert (report.accepted, report.uncertain) == (19, 1)


def test_a_message_without_a_reply_is_held_if_the_mailing_says_so(mailing, journal):
    Mailing.objects.update(resend_uncertain=False)

    send(journal, ScriptedTransport(lambda _: NO_REPLY))

    report = summarise(mailing)
    assert report.uncertain == 20
    assert report.adds_up


def test_a_message_without_a_reply_is_sent_again_under_the_same_identity(mailing, journal):
    replies = iter([NO_REPLY] * 20 + [ACCEPTED] * 20)
    transport = ScriptedTransport(lambda _: next(replies))
    send(journal, transport)
    make_due()

    send(journal, transport)

    assert summarise(mailing).accepted == 20
    contents = [message.content for message in transport.sent]
    assert sorted(contents[:20]) == sorted(contents[20:])


@pytest.fixture
def recording_each(monkeypatch):
    """Write the ledger, and look at the mailing, after every message."""
    monkeypatch.setattr(sending, "RECORD_AT_MOST", 1)


def test_a_pause_takes_hold_at_the_next_record(mailing, journal, recording_each):
    def pause_at_fifth(_):
        if len(transport.sent) == 5:
            pause_mailing(mailing)
        return ACCEPTED

    transport = ScriptedTransport(pause_at_fifth, width=3)
    batch = send(journal, transport)

    report = summarise(mailing)
    assert (report.accepted, report.waiting) == (5, 15)
    assert batch.state == BatchState.READY
    assert set(Delivery.objects.unfinished().values_list("attempts", flat=True)) == {0}


def test_a_cancelled_mailing_stops_at_the_next_record(mailing, journal, recording_each):
    def cancel_at_fifth(_):
        if len(transport.sent) == 5:
            cancel_mailing(mailing, now=NOW)
        return ACCEPTED

    transport = ScriptedTransport(cancel_at_fifth, width=3)
    send(journal, transport)

    assert len(transport.sent) == 5
    assert summarise(mailing).adds_up


def test_a_pause_of_one_mailing_lets_another_go_on(mailing, start, plan, journal, recording_each):
    other = plan(start())

    def pause_at_second(_):
        if len(transport.sent) == 2:
            pause_mailing(mailing)
        return ACCEPTED

    transport = ScriptedTransport(pause_at_second, width=30)
    send(journal, transport)

    assert summarise(mailing).accepted == 2
    assert summarise(other).accepted == 20


def test_a_worker_that_is_told_to_end_awaits_what_is_under_way_and_gives_back_the_rest(
    mailing, journal
):
    transport = ScriptedTransport(width=3)

    batch = send(journal, transport, is_stopping=lambda: len(transport.sent) > 3)

    report = summarise(mailing)
    assert (report.accepted, report.waiting) == (4, 16)
    assert (batch.state, batch.claimed_by) == (BatchState.READY, "")


def test_a_worker_whose_batch_was_taken_over_writes_nothing_more(mailing, journal, recording_each):
    def lose_at_third(_):
        if len(transport.sent) == 3:
            expire(Batch.objects.get())
            claim_batch("next")
        return ACCEPTED

    transport = ScriptedTransport(lose_at_third, width=2)
    send(journal, transport)

    assert len(transport.sent) == 3
    assert summarise(mailing).accepted == 2
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
    assert held.can_go_on

    settings.LEASE_SECONDS = 0

    assert not held.can_go_on


def test_a_lease_on_which_nothing_is_written_is_extended(mailing, journal):
    held = HeldBatch(claim_batch("slow"))
    ends = held.batch.lease_expires_at
    held.held_since -= 60

    held.record()

    held.batch.refresh_from_db()
    assert held.batch.lease_expires_at > ends
    assert held.may_send


def test_what_was_accepted_is_recorded_even_if_the_journal_breaks(mailing, journal, redis_url):
    class BrokenJournal(type(journal)):
        def finish(self, *_):
            raise redis.ConnectionError("gone")

    broken = BrokenJournal(redis.Redis.from_url(redis_url))
    transport = ScriptedTransport(width=3)
    with pytest.raises(redis.ConnectionError):
        send(broken, transport)

    assert len(transport.sent) == 1
    report = summarise(mailing)
    assert (report.accepted, report.waiting) == (1, 19)
    assert Batch.objects.get().state == BatchState.READY


def test_nothing_is_handed_over_that_could_not_be_journalled(mailing, journal, redis_url):
    class FullJournal(type(journal)):
        def begin(self, *_):
            raise redis.ConnectionError("gone")

    transport = ScriptedTransport()
    with pytest.raises(redis.ConnectionError):
        send(FullJournal(redis.Redis.from_url(redis_url)), transport)

    assert transport.sent == []
    assert Batch.objects.get().state == BatchState.READY
    assert summarise(mailing).waiting == 20


def test_a_redis_that_keeps_nothing_is_found_out(journal, redis_url):
    client = redis.Redis.from_url(redis_url)
    client.set("masthead:journal:98", "no list")

    journal.begin(98, [(1, 1)])
    with pytest.raises(redis.ResponseError):
        journal.confirm()

    client.delete("masthead:journal:98")
    journal.begin(98, [(1, 1)])
    journal.confirm()
    assert len(journal.open(98)) == 1


def test_a_database_that_is_away_for_a_while_is_waited_for(mailing, journal, monkeypatch):
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

    send(journal, transport)

    assert len(transport.sent) == 20
    assert summarise(mailing).accepted == 20


def test_a_database_that_stays_away_ends_the_sender_and_the_journal_knows(
    mailing, journal, monkeypatch, settings
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
            send(journal, transport)
    assert summarise(mailing).waiting == 20
    expire(Batch.objects.get())

    send(journal, transport)

    assert len(transport.sent) == 20
    assert summarise(mailing).accepted == 20


def test_several_batches_are_held_so_that_no_connection_waits(
    edition, readers, start, plan, journal, settings
):
    settings.BATCH_SIZE = 3
    mailing = plan(start())
    held = []

    def look(_):
        held.append(Batch.objects.filter(state=BatchState.CLAIMED).count())
        return ACCEPTED

    send(journal, ScriptedTransport(look, width=7))

    assert min(held[:10]) == 3
    assert summarise(mailing).accepted == 20
    mailing.refresh_from_db()
    assert mailing.state == "sent"


def test_a_message_that_can_not_be_made_fails_alone(mailing, journal):
    row = Delivery.objects.first()
    Delivery.objects.filter(pk=row.pk).update(name="Eve\r\nBcc: all@people.example")
    transport = ScriptedTransport()

    send(journal, transport)

    report = summarise(mailing)
    assert (report.accepted, report.failed) == (19, 1)
    assert not any(b"Bcc:" in message.content for message in transport.sent)


def test_the_journal_of_a_finished_batch_is_forgotten(mailing, journal):
    batch = send(journal, ScriptedTransport())

    assert journal.open(batch.pk) == []


def test_the_journal_returns_the_last_word_on_each_delivery(journal):
    outcome = Outcome(delivery_id=5, kind=OutcomeKind.ACCEPTED, reply=ACCEPTED)
    journal.begin(99, [(5, 1), (6, 2)])
    journal.finish(99, [Attempt(number=1, outcome=outcome)])

    entries = {entry.delivery_id: entry for entry in journal.open(99)}

    assert entries[5].outcome == outcome
    assert (entries[6].attempt, entries[6].outcome) == (2, None)
    journal.clear(99)
    assert journal.open(99) == []


def test_the_journal_takes_any_words_of_a_server(journal):
    reply = Reply(code=450, text='"\\ \n\r é \u2028 \U0001f600', stage=Stage.DOT)
    outcome = Outcome(delivery_id=5, kind=OutcomeKind.DEFERRED, reply=reply)

    for _ in range(600):
        journal.finish(97, [Attempt(number=1, outcome=outcome)])

    assert [entry.outcome for entry in journal.open(97)] == [outcome]
    journal.clear(97)

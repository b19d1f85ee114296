"""One batch is sent: each reply journalled, recorded, and nothing lost when something breaks."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from mailer.dispatch.claim import claim_batch, reclaim_abandoned
from mailer.dispatch.schedule import cancel_mailing, pause_mailing
from mailer.dispatch.send import BatchSender
from mailer.errors import LeaseLost
from mailer.models import Batch, BatchState, Delivery, DeliveryState, Mailing
from mailer.results.report import summarise
from mailer.types import Outcome, OutcomeKind
from subscribers import consent, suppression
from subscribers.consent import Evidence
from subscribers.models import Suppression, SuppressionReason
from tests.fakes.transports import ACCEPTED, FULL, NO_REPLY, NO_SUCH_USER, ScriptedTransport
from tests.fakes.world import NOW


class PowerCutError(BaseException):
    """End a worker where it stands, past every handler and finally that would tidy up."""


def send(journal, transport) -> Batch:
    batch = claim_batch("worker")
    BatchSender(batch=batch, transport=transport, journal=journal).run()
    batch.refresh_from_db()
    return batch


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


def test_a_replayed_journal_repeats_nobody(mailing, journal, monkeypatch):
    """A worker that dies has replies in the journal that the ledger never saw."""
    first = ScriptedTransport(lambda message: _die_after(7, first, message))
    batch = claim_batch("first")
    sender = BatchSender(batch=batch, transport=first, journal=journal)
    with monkeypatch.context() as patch:
        patch.setattr(BatchSender, "_record", lambda _: None)  # a dead process writes no ledger
        with pytest.raises(PowerCutError):
            sender._hand_over(list(batch.deliveries.all()))
    assert summarise(mailing).waiting == 20
    expire(batch)

    second = ScriptedTransport()
    send(journal, second)
    make_due()
    send(journal, second)

    both = [message.recipient for message in first.sent + second.sent]
    in_flight = first.sent[-1].recipient
    assert summarise(mailing).accepted == 20
    assert both.count(in_flight) == 2
    assert len(both) == 21


def _die_after(count, transport, message):
    if len(transport.sent) == count:
        raise PowerCutError
    return ACCEPTED


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


def test_a_pause_takes_hold_at_the_next_record(mailing, journal, monkeypatch):
    monkeypatch.setattr("mailer.dispatch.send.RECORD_AT_MOST", 5)

    def pause_at_first(_):
        if mailing.state == "sending":
            pause_mailing(mailing)
        return ACCEPTED

    batch = send(journal, ScriptedTransport(pause_at_first))

    report = summarise(mailing)
    assert (report.accepted, report.waiting) == (5, 15)
    assert batch.state == BatchState.READY


def test_a_cancelled_mailing_stops_at_the_next_record(mailing, journal, monkeypatch):
    monkeypatch.setattr("mailer.dispatch.send.RECORD_AT_MOST", 5)

    def cancel_at_first(_):
        if mailing.state == "sending":
            cancel_mailing(mailing, now=NOW)
        return ACCEPTED

    transport = ScriptedTransport(cancel_at_first)
    send(journal, transport)

    assert len(transport.sent) == 5


def test_a_worker_that_lost_its_lease_writes_nothing(mailing, journal):
    batch = claim_batch("late")
    expire(batch)

    with pytest.raises(LeaseLost):
        BatchSender(batch=batch, transport=ScriptedTransport(), journal=journal).run()

    assert summarise(mailing).waiting == 20


def test_a_worker_hands_over_nothing_late_in_its_lease(mailing, journal, settings):
    batch = claim_batch("slow")
    settings.LEASE_SECONDS = 0
    sender = BatchSender(batch=batch, transport=ScriptedTransport(), journal=journal)

    assert list(sender._messages(list(batch.deliveries.all()))) == []


def test_what_was_accepted_is_recorded_even_if_the_journal_breaks(mailing, journal):
    class BrokenJournal(type(journal)):
        def finish(self, *_):
            raise ConnectionError

    broken = BrokenJournal(journal._client)
    transport = ScriptedTransport()
    with pytest.raises(ConnectionError):
        send(broken, transport)

    assert len(transport.sent) == 1
    report = summarise(mailing)
    assert (report.accepted, report.waiting) == (1, 19)
    assert Batch.objects.get().state == BatchState.READY


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

    assert journal.read(batch.pk) == []


def test_the_journal_returns_the_last_word_on_each_delivery(journal):
    outcome = Outcome(delivery_id=5, kind=OutcomeKind.ACCEPTED, reply=ACCEPTED)
    journal.clear(99)
    journal.begin(99, 5, 1)
    journal.finish(99, 1, outcome)
    journal.begin(99, 6, 2)

    entries = {entry.delivery_id: entry for entry in journal.read(99)}

    assert entries[5].outcome == outcome
    assert (entries[6].attempt, entries[6].outcome) == (2, None)
    journal.clear(99)

"""A mailing starts when its time has come, once, whoever ticks."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from mailer.dispatch.batches.claim import claim_batch, reclaim_abandoned, release_batch
from mailer.dispatch.control.cancel import cancel_mailing, close_cancelled
from mailer.dispatch.control.schedule import (
    create_mailing,
    find_instant,
    finish_mailings,
    give_up_planning,
    pause_mailing,
    resume_mailing,
    schedule_mailing,
    start_due_mailings,
)
from mailer.dispatch.freezing.freeze import freeze_mailing
from mailer.errors import InvalidRule, InvalidTransition, RenderingError
from mailer.message.storage import load
from mailer.models import Batch, BatchState, Delivery, DeliveryState, Mailing, MailingState
from mailer.results.record import Attempt
from mailer.results.report import summarise
from mailer.types import Outcome, OutcomeKind
from tests.fakes.transports import ACCEPTED
from tests.fakes.world import NOW, make_edition


@pytest.fixture
def draft(edition, readers) -> Mailing:
    return create_mailing(edition.issue, lists=[readers], now=NOW)


def test_a_wall_clock_time_is_read_in_its_zone():
    at = dt.datetime(2026, 3, 1, 8, 0)

    assert find_instant(at, "Asia/Tokyo") == dt.datetime(2026, 2, 28, 23, 0, tzinfo=dt.UTC)


def test_a_time_that_the_clocks_skip_is_refused():
    with pytest.raises(ValueError, match="does not exist in Europe/Oslo"):
        find_instant(dt.datetime(2026, 3, 29, 2, 30), "Europe/Oslo")


def test_a_time_that_comes_twice_means_the_first():
    instant = find_instant(dt.datetime(2026, 10, 25, 2, 30), "Europe/Oslo")

    assert instant == dt.datetime(2026, 10, 25, 0, 30, tzinfo=dt.UTC)


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "../../etc/passwd", "Europe", "x" * 300])
def test_an_unknown_zone_is_refused(zone):
    with pytest.raises(ValueError, match="is no time zone"):
        find_instant(dt.datetime(2026, 3, 1, 8, 0), zone)


@pytest.mark.parametrize("at", [dt.datetime(1, 1, 1), dt.datetime(9999, 12, 31, 23, 59)])
@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/New_York", "UTC"])
def test_a_year_at_the_end_of_the_calendar_is_refused(at, zone):
    with pytest.raises(ValueError, match="write one of our own time"):
        find_instant(at, zone)


def test_a_mailing_is_not_started_early(draft):
    schedule_mailing(draft, at=timezone.now() + dt.timedelta(minutes=1))

    assert start_due_mailings(now=timezone.now()) == []


def test_a_due_mailing_is_started_once(draft):
    schedule_mailing(draft, at=NOW)

    assert start_due_mailings(now=NOW) == [draft.pk]
    assert start_due_mailings(now=NOW) == []


def test_a_second_click_schedules_nothing(draft):
    schedule_mailing(draft, at=NOW)

    with pytest.raises(InvalidTransition, match="can't become scheduled"):
        schedule_mailing(Mailing.objects.get(pk=draft.pk), at=NOW)


def test_a_mailing_without_a_list_is_refused(edition):
    mailing = create_mailing(edition.issue, lists=[], now=NOW)

    with pytest.raises(InvalidTransition, match="has no list"):
        schedule_mailing(mailing, at=NOW)


def test_a_mailing_without_an_edition_is_refused(draft, edition):
    edition.delete()

    with pytest.raises(InvalidTransition, match="has no edition"):
        schedule_mailing(draft, at=NOW)


def test_a_paused_mailing_goes_on(mailing):
    pause_mailing(mailing)
    assert claim_batch("one") is None

    resume_mailing(mailing)

    assert claim_batch("one") is not None


def test_a_mailing_is_sent_when_no_batch_is_open(mailing):
    assert finish_mailings(now=NOW) == 0
    Batch.objects.update(state=BatchState.DONE)

    assert finish_mailings(now=NOW) == 1

    mailing.refresh_from_db()
    assert mailing.state == MailingState.SENT
    assert mailing.finished_at == NOW


def test_cancelling_skips_what_was_not_handed_over(mailing):
    first = Delivery.objects.first()
    Delivery.objects.filter(pk=first.pk).update(state=DeliveryState.ACCEPTED)

    cancel_mailing(mailing, now=NOW)

    report = summarise(mailing)
    assert report.skipped == {"cancelled": 19}
    assert report.accepted == 1
    assert report.adds_up


def test_a_batch_in_a_workers_hands_is_closed_when_it_lets_go(mailing):
    batch = claim_batch("one")
    cancel_mailing(mailing, now=NOW)
    assert summarise(mailing).skipped == {}

    release_batch(batch)
    close_cancelled(now=NOW)

    assert summarise(mailing).skipped == {"cancelled": 20}


def test_a_sent_mailing_can_not_be_cancelled(mailing):
    Batch.objects.update(state=BatchState.DONE)
    finish_mailings(now=NOW)

    with pytest.raises(InvalidTransition):
        cancel_mailing(mailing, now=NOW)


def test_what_a_dead_worker_sent_is_recorded_when_its_mailing_is_cancelled(mailing, journal):
    batch = claim_batch("first")
    sent, in_flight, *_ = batch.deliveries.order_by("pk")
    journal.begin(batch.pk, sent.pk, 1)
    journal.begin(batch.pk, in_flight.pk, 1)
    outcome = Outcome(delivery_id=sent.pk, kind=OutcomeKind.ACCEPTED, reply=ACCEPTED)
    journal.finish(batch.pk, Attempt(number=1, outcome=outcome))
    journal.flush()
    cancel_mailing(mailing, now=NOW)
    assert summarise(mailing).waiting == 20
    Batch.objects.update(lease_expires_at=NOW)
    reclaim_abandoned()

    close_cancelled(now=NOW)

    report = summarise(mailing)
    assert (report.accepted, report.uncertain) == (1, 1)
    assert report.skipped == {"cancelled": 18}


def test_a_cancelled_batch_stays_open_while_nobody_can_say_what_was_sent(mailing, settings):
    settings.REDIS_URL = "unix:///nowhere/redis.sock"

    cancel_mailing(mailing, now=NOW)

    assert Batch.objects.get().state == BatchState.READY
    assert summarise(mailing).waiting == 20


def test_a_text_that_was_mended_after_planning_gave_up_is_what_is_frozen(start, edition):
    mailing = start()
    freeze_mailing(mailing, now=NOW)
    give_up_planning(mailing, RenderingError("a picture is gone"))
    assert (mailing.state, mailing.problem) == ("draft", "a picture is gone")

    make_edition(edition.issue.publication, subject="Mended")
    schedule_mailing(mailing, at=NOW)
    start_due_mailings(now=timezone.now())
    mailing.refresh_from_db()
    [frozen] = freeze_mailing(mailing, now=NOW)

    assert b"Subject: Mended" in load(bytes(frozen.compiled)).literals[0]


def test_planning_that_gives_up_half_way_pauses_and_keeps_who_was_planned(start, plan):
    mailing = plan(start())
    Mailing.objects.update(state=MailingState.PLANNING)
    mailing.refresh_from_db()

    give_up_planning(mailing, InvalidRule("The rule is no rule"))

    assert (mailing.state, mailing.problem) == ("paused", "The rule is no rule")
    assert summarise(mailing).waiting == 20

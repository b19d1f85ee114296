"""What is found far too late asks; what is answered is done; nothing is started twice."""

from __future__ import annotations

import datetime as dt
from threading import Barrier, Thread
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from mailer.dispatch.batches.claim import claim_batch
from mailer.dispatch.control.cancel import cancel_mailing
from mailer.dispatch.control.late import hold_under_way, look_for_lateness
from mailer.dispatch.control.schedule import (
    create_mailing,
    pause_mailing,
    resume_mailing,
    schedule_mailing,
    start_due_mailings,
)
from mailer.dispatch.control.steer import reschedule_mailing, send_now
from mailer.errors import InvalidTransition
from mailer.models import Batch, BatchState, Delivery, Mailing, MailingState, Pulse, Timing
from mailer.models.pulse import is_stale, keep_beating
from mailer.results.report import summarise
from tests.fakes.world import NOW, join

SOON = dt.timedelta(minutes=20)
LONG = dt.timedelta(hours=3)


@pytest.fixture
def draft(edition, readers) -> Mailing:
    return create_mailing(edition.issue, lists=[readers], now=NOW)


def schedule(mailing: Mailing, *, ago: dt.timedelta) -> None:
    """Schedule a mailing, and let so much time pass after its time has come."""
    schedule_mailing(mailing, at=timezone.now() + SOON, time_zone="Europe/Oslo")
    due = timezone.now() - ago
    Mailing.objects.filter(pk=mailing.pk).update(scheduled_at=due, starts_at=due)


def tick() -> list[int]:
    look_for_lateness()
    return start_due_mailings(now=timezone.now())


def let_pulse_stop() -> None:
    Pulse.objects.update(beaten_at=timezone.now() - LONG)


def make_wave_late(mailing: Mailing, zone: str, ago: dt.timedelta = LONG) -> None:
    batches = Batch.objects.filter(mailing=mailing, time_zone=zone)
    assert batches.update(due_at=timezone.now() - ago) == 1


@pytest.fixture
def waving(draft, readers, plan) -> Mailing:
    """Give a planned mailing whose three waves are to come."""
    for zone in ("Asia/Tokyo", "America/New_York"):
        join(f"{zone[-5:]}@people.example", readers, time_zone=zone)
    at = timezone.now().astimezone(ZoneInfo("Europe/Oslo")) + dt.timedelta(days=2)
    wall = at.replace(tzinfo=None, microsecond=0)
    schedule_mailing(draft, at=wall, time_zone="Europe/Oslo", timing=Timing.LOCAL)
    Mailing.objects.update(starts_at=timezone.now())
    tick()
    draft.refresh_from_db()
    return plan(draft)


def test_a_mailing_that_is_a_little_late_is_sent(draft):
    schedule(draft, ago=dt.timedelta(minutes=59))

    assert tick() == [draft.pk]


def test_a_mailing_that_is_far_too_late_asks(draft):
    schedule(draft, ago=LONG)

    assert tick() == []

    draft.refresh_from_db()
    assert draft.state == MailingState.HELD
    assert "It was planned for" in draft.problem
    assert "more than 60 minutes late. Send it now, reschedule it, or cancel it." in draft.problem
    assert tick() == []


def test_what_is_too_late_is_a_setting(draft, settings):
    settings.LATE_SECONDS = 4 * 3600
    schedule(draft, ago=LONG)

    assert tick() == [draft.pk]


def test_a_held_mailing_is_sent_when_an_editor_says_so(draft):
    schedule(draft, ago=LONG)
    tick()

    send_now(draft)

    assert draft.problem == ""
    assert tick() == [draft.pk]


def test_a_held_mailing_can_be_given_another_time(draft):
    schedule(draft, ago=LONG)
    tick()

    reschedule_mailing(draft, at=timezone.now() + SOON, time_zone="Asia/Tokyo")

    assert draft.state == MailingState.SCHEDULED
    assert draft.time_zone == "Asia/Tokyo"
    assert tick() == []


def test_a_held_mailing_can_be_cancelled(draft):
    schedule(draft, ago=LONG)
    tick()

    cancel_mailing(draft, now=NOW)

    assert draft.state == MailingState.CANCELLED


def test_a_draft_and_a_scheduled_mailing_can_be_sent_now(draft):
    send_now(draft)
    assert draft.state == MailingState.SCHEDULED
    reschedule_mailing(draft, at=timezone.now() + LONG, time_zone="UTC")
    assert tick() == []

    send_now(draft)

    assert tick() == [draft.pk]


@pytest.mark.parametrize("verb", [send_now, resume_mailing])
def test_a_mailing_that_is_being_sent_has_nothing_to_answer(mailing, verb):
    with pytest.raises(InvalidTransition):
        verb(mailing)

    mailing.refresh_from_db()
    assert mailing.state == MailingState.SENDING


def test_a_mailing_paused_while_it_is_planned_is_planned_to_its_end(start, plan):
    mailing = start()
    pause_mailing(mailing)

    resume_mailing(mailing)

    assert mailing.state == MailingState.PLANNING
    assert summarise(plan(mailing)).waiting == 20


def test_a_wave_that_is_far_too_late_holds_the_mailing(waving):
    make_wave_late(waving, "Asia/Tokyo")

    tick()

    waving.refresh_from_db()
    assert waving.state == MailingState.HELD
    assert waving.problem.startswith("Its wave for Asia/Tokyo (1 messages) was planned for")
    assert claim_batch("one") is None


def test_a_late_wave_is_sent_when_an_editor_says_so_and_the_others_at_their_time(waving):
    make_wave_late(waving, "Asia/Tokyo")
    tick()

    send_now(waving)
    tick()

    assert waving.state == MailingState.SENDING
    assert [batch.time_zone for batch in Batch.objects.claimable()] == ["Asia/Tokyo"]
    assert Batch.objects.filter(state=BatchState.WAITING).count() == 2


def test_what_is_left_of_a_held_mailing_can_be_given_another_time(waving):
    make_wave_late(waving, "Asia/Tokyo")
    tick()
    zone = ZoneInfo("Europe/Oslo")
    wall = (timezone.now().astimezone(zone) + dt.timedelta(days=5)).replace(tzinfo=None)
    wall = wall.replace(microsecond=0)

    reschedule_mailing(waving, at=wall, time_zone="Europe/Oslo", timing=Timing.LOCAL)

    assert waving.state == MailingState.SENDING
    for batch in Batch.objects.all():
        assert batch.state == BatchState.WAITING
        local = batch.due_at.astimezone(ZoneInfo(batch.time_zone or "Europe/Oslo"))
        assert local.replace(tzinfo=None) == wall


def test_what_is_left_can_be_given_one_time_for_all(waving):
    pause_mailing(waving)
    at = timezone.now() + LONG

    reschedule_mailing(waving, at=at, time_zone="UTC")

    assert {batch.due_at for batch in Batch.objects.all()} == {at}


def test_waves_that_came_while_a_mailing_was_paused_do_not_ask_when_it_is_resumed(waving):
    pause_mailing(waving)
    make_wave_late(waving, "Asia/Tokyo")
    tick()

    resume_mailing(waving)
    tick()

    assert waving.state == MailingState.SENDING
    assert Batch.objects.claimable().count() == 1


def test_a_cancelled_mailing_leaves_no_wave_behind(waving):
    cancel_mailing(waving, now=NOW)

    assert summarise(waving).skipped == {"cancelled": 22}
    assert not Batch.objects.exclude(state=BatchState.DONE).exists()


def test_a_long_mailing_is_not_late_while_somebody_is_at_work(mailing):
    tick()
    Batch.objects.update(not_before=timezone.now() - 10 * LONG)

    tick()

    assert claim_batch("one") is not None


def test_after_an_outage_what_was_under_way_asks_and_nothing_leaves_before(mailing):
    tick()
    let_pulse_stop()
    assert claim_batch("a worker that is up before the scheduler") is None

    tick()

    mailing.refresh_from_db()
    assert mailing.state == MailingState.HELD
    assert "last seen at work at" in mailing.problem
    assert "restored backup" in mailing.problem
    assert claim_batch("one") is None
    send_now(mailing)
    assert mailing.state == MailingState.SENDING
    assert claim_batch("one") is not None


def test_a_paused_mailing_stays_paused_after_an_outage(mailing):
    pause_mailing(mailing)
    tick()
    let_pulse_stop()

    tick()

    mailing.refresh_from_db()
    assert mailing.state == MailingState.PAUSED


def test_senders_keep_the_pulse_but_do_not_revive_it(db):
    tick()
    minute_ago = timezone.now() - dt.timedelta(minutes=1)
    Pulse.objects.update(beaten_at=minute_ago)
    keep_beating()
    assert Pulse.objects.get().beaten_at > minute_ago

    let_pulse_stop()
    keep_beating()

    assert is_stale()


def test_everything_under_way_can_be_held_by_hand(mailing):
    assert hold_under_way() == 1
    assert hold_under_way() == 0

    mailing.refresh_from_db()
    assert mailing.state == MailingState.HELD


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_machine_whose_clock_is_an_hour_off_starts_nothing_early_and_holds_nothing(draft, hours):
    schedule_mailing(draft, at=timezone.now() + SOON)

    with time_machine.travel(timezone.now() + dt.timedelta(hours=hours)):
        assert tick() == []

    draft.refresh_from_db()
    assert draft.state == MailingState.SCHEDULED


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_machine_whose_clock_is_an_hour_off_starts_what_is_due_once(draft, hours):
    schedule(draft, ago=dt.timedelta(0))

    with time_machine.travel(timezone.now() + dt.timedelta(hours=hours)):
        assert tick() == [draft.pk]
        assert tick() == []
    assert tick() == []


def test_a_mailing_taken_back_between_look_and_start_is_not_started(draft, monkeypatch):
    """What is due is asked by the UPDATE itself, not by what was read before."""
    schedule(draft, ago=dt.timedelta(0))
    due = Mailing.objects.due
    looks = []

    def look_and_then_take_back():
        looks.append(1)
        if len(looks) == 2:
            reschedule_mailing(draft, at=timezone.now() + LONG, time_zone="UTC")
        return due()

    monkeypatch.setattr(Mailing.objects, "due", look_and_then_take_back)

    assert start_due_mailings(now=timezone.now()) == []


def tick_at_once(barrier: Barrier, started: list[int]) -> None:
    try:
        barrier.wait()
        started += tick()
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_of_many_schedulers_at_once_one_starts_a_mailing(edition, readers):
    Mailing.objects.bulk_create(
        Mailing(
            issue=edition.issue,
            state=MailingState.SCHEDULED,
            created_at=NOW,
            scheduled_at=NOW,
            starts_at=timezone.now(),
        )
        for _ in range(12)
    )
    barrier, started = Barrier(4), []
    threads = [Thread(target=tick_at_once, args=(barrier, started)) for _ in range(4)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(started) == sorted(Mailing.objects.values_list("pk", flat=True))
    assert not Mailing.objects.exclude(state=MailingState.PLANNING).exists()


@pytest.mark.django_db(transaction=True)
def test_an_answer_is_not_overruled_by_a_scheduler_that_saw_the_outage_too(mailing):
    tick()
    let_pulse_stop()
    tick()
    barrier, started = Barrier(4), []
    send_now(mailing)
    threads = [Thread(target=tick_at_once, args=(barrier, started)) for _ in range(4)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    mailing.refresh_from_db()
    assert mailing.state == MailingState.SENDING
    assert Delivery.objects.unfinished().count() == 20


def let_deadline_pass(mailing: Mailing, settings) -> None:
    begun = timezone.now() - dt.timedelta(seconds=settings.DEADLINE_SECONDS) - LONG
    Mailing.objects.filter(pk=mailing.pk).update(deadline_from=begun, started_at=begun)
    Batch.objects.filter(mailing=mailing).update(not_before=begun)


def test_what_no_server_took_until_the_deadline_asks(mailing, settings):
    let_deadline_pass(mailing, settings)

    tick()
    mailing.refresh_from_db()

    assert mailing.state == MailingState.HELD
    assert "deadline" in mailing.problem
    assert "20 messages could not leave" in mailing.problem
    assert claim_batch("one") is None


def test_the_answer_gives_what_is_left_another_deadline(mailing, settings):
    let_deadline_pass(mailing, settings)
    tick()
    mailing.refresh_from_db()

    send_now(mailing)
    tick()
    mailing.refresh_from_db()

    assert mailing.state == MailingState.SENDING
    assert mailing.deadline_from > timezone.now() - SOON
    assert claim_batch("one") is not None


def hold_a_batch(mailing: Mailing) -> None:
    assert claim_batch("one") is not None
    extra = Batch.objects.get(mailing=mailing)
    Batch.objects.create(mailing=mailing, state=BatchState.READY, not_before=extra.not_before)


def decide_one(mailing: Mailing) -> None:
    Delivery.objects.filter(pk=mailing.deliveries.first().pk).update(decided_at=timezone.now())


def wait_for_a_limit(mailing: Mailing) -> None:
    Batch.objects.filter(mailing=mailing).update(not_before=timezone.now() + LONG)


@pytest.mark.parametrize("go_on", [hold_a_batch, decide_one, wait_for_a_limit])
def test_a_mailing_that_only_takes_long_goes_on_past_its_deadline(mailing, settings, go_on):
    let_deadline_pass(mailing, settings)
    go_on(mailing)

    tick()
    mailing.refresh_from_db()

    assert mailing.state == MailingState.SENDING


def test_before_the_deadline_it_waits_for_its_server(mailing):
    Batch.objects.filter(mailing=mailing).update(not_before=timezone.now() - LONG)

    tick()
    mailing.refresh_from_db()

    assert mailing.state == MailingState.SENDING

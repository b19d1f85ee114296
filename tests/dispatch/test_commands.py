"""Mailings are scheduled and steered from the command line."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from mailer.dispatch.control.late import look_for_lateness
from mailer.management.commands import schedule_mailing, steer_mailing
from mailer.models import Mailing, MailingState, Timing
from subscribers.models import Segment
from tests.fakes.world import join, make_list


@pytest.fixture(autouse=True)
def wakes(monkeypatch) -> list[int]:
    made: list[int] = []
    for module in (schedule_mailing, steer_mailing):
        monkeypatch.setattr(module, "wake_scheduler", lambda: made.append(1))
    return made


def schedule(*options: str) -> None:
    call_command("schedule_mailing", "harbour", "7", "--list", "readers", *options)


def test_an_issue_is_scheduled_for_a_zone(edition, capsys):
    schedule("--at", "2099-03-01T08:00", "--time-zone", "Asia/Tokyo")

    mailing = Mailing.objects.get()
    assert mailing.scheduled_at == dt.datetime(2099, 2, 28, 23, 0, tzinfo=dt.UTC)
    assert "is scheduled for 2099-02-28 23:00" in capsys.readouterr().out


def test_an_issue_is_scheduled_for_each_readers_clock_and_the_waves_are_shown(
    edition, readers, capsys
):
    join("tokyo@people.example", readers, time_zone="Asia/Tokyo")

    schedule("--at", "2099-03-01T08:00", "--time-zone", "Europe/Oslo", "--local")

    assert Mailing.objects.get().timing == Timing.LOCAL
    out = capsys.readouterr().out
    assert "2099-02-28 23:00 UTC  1 in Asia/Tokyo\n" in out
    assert "2099-03-01 07:00 UTC  20 in Europe/Oslo\n" in out


def test_readers_of_another_list_and_of_a_segment_can_be_left_out(edition):
    board = make_list("board")
    rule = {"field": "language", "operator": "equals", "value": "nb"}
    segment = Segment.objects.create(name="Norwegian", rule=rule)

    schedule("--without-list", "board", "--without-segment", "Norwegian")

    mailing = Mailing.objects.get()
    assert (list(mailing.without_lists.all()), mailing.without_segment) == ([board], segment)
    for wrong in (("--without-list", "nobody"), ("--without-segment", "nobody")):
        with pytest.raises(CommandError, match="There is no"):
            schedule(*wrong)


@pytest.mark.parametrize("options", [(), ("--local",)])
def test_a_mistyped_date_sends_nothing(edition, options):
    with pytest.raises(CommandError, match="is past in UTC"):
        schedule("--at", "2020-03-01T08:00", *options)

    assert not Mailing.objects.exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--at", "2026-13-01"), "^--at '2026-13-01' is no time: write .* 2026-03-01T08:00.$"),
        (("--at", ""), "^--at '' is no time: write "),
        (("--at", "0001-01-01T00:00", "--time-zone", "Asia/Tokyo"), "^The year 1 can't .*: write"),
        (("--at", "9999-12-31T23:00", "--local"), "^The year 9999 can't be counted in: write "),
        (("--time-zone", "Europe"), "^'Europe' is no time zone: write one such as Europe/Oslo.$"),
    ],
)
def test_what_is_no_time_and_no_zone_is_told_with_its_remedy(edition, options, message):
    with pytest.raises(CommandError, match=message):
        schedule(*options)

    assert not Mailing.objects.exists()


def test_a_past_time_means_at_once_if_that_is_said(edition):
    schedule("--at", "2020-03-01T08:00", "--past-at-once")

    assert list(Mailing.objects.due()) == [Mailing.objects.get()]


def test_a_mailing_that_asks_is_shown_and_answered(edition, capsys, wakes):
    schedule()
    Mailing.objects.update(starts_at=timezone.now() - dt.timedelta(hours=3))
    look_for_lateness()
    number = Mailing.objects.get().pk

    call_command("steer_mailing", "show")
    assert "Send it now, reschedule it, or cancel it." in capsys.readouterr().out
    call_command("steer_mailing", "reschedule", str(number), "--at", "2099-03-01T08:00")
    call_command("steer_mailing", "send-now", str(number))

    assert Mailing.objects.due().exists()
    assert len(wakes) == 2


def test_a_mailing_is_paused_and_resumed(mailing):
    call_command("steer_mailing", "pause", str(mailing.pk))
    mailing.refresh_from_db()
    assert mailing.state == MailingState.PAUSED

    call_command("steer_mailing", "resume", str(mailing.pk))
    mailing.refresh_from_db()
    assert mailing.state == MailingState.SENDING


def test_everything_is_held_before_workers_start_on_a_backup(mailing, capsys):
    call_command("steer_mailing", "hold")

    assert "1 mailings are held" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "answer"),
    [(("cancel",), "Say which"), (("cancel", "99"), "There is no mailing 99")],
)
def test_what_is_not_there_is_said(db, words, answer):
    with pytest.raises(CommandError, match=answer):
        call_command("steer_mailing", *words)


def test_what_is_not_possible_is_said(mailing):
    with pytest.raises(CommandError, match="can't go on from there"):
        call_command("steer_mailing", "resume", str(mailing.pk))

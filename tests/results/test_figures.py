"""Figures are counted anew while that is quick, and kept when it is not."""

from __future__ import annotations

import datetime as dt

import pytest

from mailer.models import DeliveryState, Figure, MailingState
from mailer.results import figures
from mailer.results.counting import (
    OF_MAILINGS,
    count_failures,
    count_reading,
    count_report,
    load_failures,
    load_reading,
    load_report,
)
from mailer.results.failures import group_failures
from mailer.results.figures import COUNTERS, SHORTEST, count_again, count_with, read_figure
from mailer.results.finished import count_finished
from mailer.results.reading import summarise_reading
from mailer.results.report import summarise
from mailer.results.tasks import count_figure, count_mailings
from tests.fakes.world import NOW

SECOND = dt.timedelta(seconds=1)


@pytest.fixture
def asked(monkeypatch):
    """Give a kind of figures that counts how often it was counted."""
    monkeypatch.setattr(figures, "COUNTERS", dict(COUNTERS))
    times: list[str] = []
    count_with("probe", lambda about: times.append(about) or len(times))
    return times


@pytest.fixture
def slow(monkeypatch, asked):
    """Let every count be a slow one."""
    monkeypatch.setattr(figures, "SLOW_MS", 0)
    return asked


def look(now, *, woken=None, since=None):
    wake = (woken if woken is not None else []).append
    return read_figure("probe", "7", now=now, wake=wake, since=since)


@pytest.mark.django_db
def test_what_is_quickly_counted_is_counted_each_time_and_not_kept(asked):
    found = [look(NOW) for _ in range(2)]

    assert [each.value for each in found] == [1, 2]
    assert [each.at for each in found] == [None, None]
    assert not Figure.objects.exists()


@pytest.mark.django_db
def test_what_is_slowly_counted_is_kept_with_its_time(slow):
    look(NOW)
    found = look(NOW + SECOND)

    assert slow == ["7"]
    assert (found.value, found.at) == (1, NOW)


@pytest.mark.django_db
def test_an_old_figure_is_shown_and_one_worker_is_asked_for_a_new_one(
    slow, django_capture_on_commit_callbacks
):
    look(NOW)
    woken: list[int] = []

    with django_capture_on_commit_callbacks(execute=True):
        found = [look(NOW + 2 * SHORTEST, woken=woken) for _ in range(3)]

    kept = Figure.objects.get()
    assert [each.at for each in found] == [NOW] * 3
    assert woken == [kept.pk]
    count_again(kept.pk, now=NOW + 3 * SHORTEST)
    assert look(NOW + 3 * SHORTEST).value == 2


@pytest.mark.django_db
def test_a_figure_of_what_is_over_is_counted_before_it_is_shown(slow):
    look(NOW)

    assert look(NOW + SECOND, since=NOW + SECOND).value == 2


@pytest.mark.django_db
def test_a_figure_that_nobody_should_decide_by_is_counted_before_it_is_shown(slow):
    count_with("probe", figures.COUNTERS["probe"].count, oldest=SECOND)
    look(NOW)

    assert look(NOW + 2 * SECOND).value == 2


@pytest.mark.django_db
def test_a_figure_goes_with_what_it_is_about(slow):
    look(NOW)
    count_with("probe", lambda _: None)
    kept = Figure.objects.get()

    count_figure(figure_id=kept.pk)
    count_figure(figure_id=kept.pk)

    assert not Figure.objects.exists()


def test_what_is_kept_of_a_mailing_comes_back_as_it_was(mailing):
    about = str(mailing.pk)

    assert load_report(count_report(about)) == summarise(mailing)
    assert load_reading(count_reading(about)) == summarise_reading(mailing)
    state = DeliveryState.FAILED
    mailing.deliveries.update(state=state, reply_code=550, reply_status="5.1.1")
    assert load_failures(count_failures(about), state) == group_failures(mailing, [state]) != []


@pytest.mark.django_db
@pytest.mark.parametrize("kind", OF_MAILINGS)
def test_a_mailing_that_is_gone_has_no_figures(kind):
    assert COUNTERS[kind].count("4711") is None


def test_a_mailing_that_ended_is_counted_once(mailing):
    type(mailing).objects.update(state=MailingState.SENT, finished_at=NOW)

    assert count_finished(now=NOW + SECOND) == len(OF_MAILINGS)
    assert count_finished(now=NOW + 2 * SECOND) == 0
    assert set(Figure.objects.values_list("kind", flat=True)) == set(OF_MAILINGS)


def test_a_mailing_that_ended_long_ago_waits_for_somebody_to_look(mailing):
    type(mailing).objects.update(state=MailingState.SENT, finished_at=NOW)

    count_mailings()

    assert not Figure.objects.exists()

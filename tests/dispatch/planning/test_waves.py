"""The same time on each reader's own clock, in every zone, through gaps and folds."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.dispatch.control.late import open_waves
from mailer.dispatch.control.schedule import create_mailing, schedule_mailing, start_due_mailings
from mailer.dispatch.planning.waves import (
    count_waves,
    find_first_wave,
    find_last_wave,
    find_wave,
    load_zone,
    read_wall_time,
)
from mailer.models import Batch, BatchState, Delivery, Mailing, PastZones, Timing
from mailer.results.report import summarise
from tests.fakes.world import NOW, join

ZONES = sorted(available_timezones())
SECOND = dt.timedelta(seconds=1)
MINUTE = dt.timedelta(minutes=1)
HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)
WALL_TIMES = st.datetimes(
    min_value=dt.datetime(1970, 1, 2), max_value=dt.datetime(2037, 12, 30)
).map(lambda at: at.replace(microsecond=0))


def shows(instant: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    return instant.astimezone(zone).replace(tzinfo=None)


def find_changes(zone: ZoneInfo, year: int) -> list[dt.datetime]:
    """Find the instants of a year at which the zone's offset changes, to the minute."""
    start = dt.datetime(year, 1, 1, tzinfo=dt.UTC)
    days = [start + DAY * n for n in range(366)]
    return [
        bisect(before, after, zone)
        for before, after in pairwise(days)
        if before.astimezone(zone).utcoffset() != after.astimezone(zone).utcoffset()
    ]


def bisect(early: dt.datetime, late: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    while late - early > MINUTE:
        middle = early + (late - early) / 2
        same = middle.astimezone(zone).utcoffset() == early.astimezone(zone).utcoffset()
        early, late = (middle, late) if same else (early, middle)
    return late.replace(second=0, microsecond=0)


@settings(max_examples=300, deadline=None)
@given(name=st.sampled_from(ZONES), wall=WALL_TIMES)
def test_a_wave_is_the_first_instant_at_which_the_clock_shows_the_time_or_later(name, wall):
    zone = load_zone(name)

    wave = find_wave(wall, zone)

    assert shows(wave, zone) >= wall
    # Nothing in the day before it, so no earlier occurrence of a time that comes twice.
    for before in (SECOND, MINUTE, HOUR / 2, HOUR, 2 * HOUR, DAY - SECOND):
        assert shows(wave - before, zone) < wall


def test_around_every_change_of_every_zone_the_wave_is_at_its_time_or_ends_the_gap():
    seen = 0
    for name in ZONES:
        zone = load_zone(name)
        for change in find_changes(zone, 2026):
            seen += 1
            for minutes in range(-150, 151, 30):
                wall = shows(change, zone) + MINUTE * minutes
                wave = find_wave(wall, zone)
                assert shows(wave - SECOND, zone) < wall
                assert shows(wave, zone) == wall or wave == change
    assert seen > 200


def test_a_skipped_time_goes_to_the_first_instant_after_the_gap():
    wave = find_wave(dt.datetime(2026, 3, 29, 2, 30), ZoneInfo("Europe/Oslo"))

    assert wave == dt.datetime(2026, 3, 29, 1, 0, tzinfo=dt.UTC)


def test_a_time_that_comes_twice_is_its_first_occurrence():
    wave = find_wave(dt.datetime(2026, 10, 25, 2, 30), ZoneInfo("Europe/Oslo"))

    assert wave == dt.datetime(2026, 10, 25, 0, 30, tzinfo=dt.UTC)


def test_a_day_that_a_zone_never_had_goes_to_the_next():
    wave = find_wave(dt.datetime(2011, 12, 30, 8, 0), ZoneInfo("Pacific/Apia"))

    assert shows(wave, ZoneInfo("Pacific/Apia")) == dt.datetime(2011, 12, 31, 0, 0)


@settings(max_examples=5, deadline=None)
@given(wall=WALL_TIMES)
def test_no_zone_has_its_wave_before_the_first_or_after_the_last(wall):
    first, last = find_first_wave(wall), find_last_wave(wall)

    assert all(first <= find_wave(wall, load_zone(name)) <= last for name in ZONES)


@pytest.mark.parametrize(
    "name", ["", "Mars/Olympus", "../../etc/passwd", "/etc/passwd", "\0", "X" * 64]
)
def test_what_names_no_zone_is_none(name):
    assert load_zone(name) is None


@pytest.fixture
def world(edition, readers) -> Mailing:
    """Give a draft to twenty readers without a zone, and seven around the world."""
    for number, zone in enumerate(
        ["Pacific/Kiritimati", "Asia/Tokyo", "Asia/Tokyo", "Europe/Oslo", "America/New_York",
         "Etc/GMT+12", "Mars/Olympus"]
    ):  # fmt: skip
        join(f"traveller{number}@people.example", readers, time_zone=zone)
    return create_mailing(edition.issue, lists=[readers], now=NOW)


def choose_time(hours: int) -> dt.datetime:
    """Return a whole hour that is so many hours ahead, as Oslo's clock shows it."""
    at = timezone.now().astimezone(ZoneInfo("Europe/Oslo")) + dt.timedelta(hours=hours)
    return at.replace(minute=0, second=0, microsecond=0, tzinfo=None)


def start(mailing: Mailing, plan) -> Mailing:
    """Begin planning, as if its time had come."""
    Mailing.objects.filter(pk=mailing.pk).update(state="planning", started_at=timezone.now())
    mailing.refresh_from_db()
    return plan(mailing)


def waves_by_zone(mailing: Mailing) -> dict[str, tuple[int, dt.datetime]]:
    return {
        batch.time_zone: (batch.deliveries.count(), batch.due_at)
        for batch in Batch.objects.filter(mailing=mailing)
    }


def test_each_zone_has_its_wave_and_unknown_ones_the_mailings_own(world, plan):
    at = choose_time(48)
    schedule_mailing(world, at=at, time_zone="Europe/Oslo", timing=Timing.LOCAL)

    found = waves_by_zone(start(world, plan))

    assert {zone: count for zone, (count, _) in found.items()} == {
        "": 22,  # without a zone, on Mars, and in Oslo
        "Pacific/Kiritimati": 1,
        "Asia/Tokyo": 2,
        "America/New_York": 1,
        "Etc/GMT+12": 1,
    }
    for zone, (_, due_at) in found.items():
        assert shows(due_at, ZoneInfo(zone or "Europe/Oslo")) == at
    assert summarise(world).waiting == 27
    assert not Batch.objects.claimable().exists()


def test_planning_begins_before_the_first_zone_and_not_a_day_before(world):
    schedule_mailing(world, at=choose_time(48), time_zone="Europe/Oslo", timing=Timing.LOCAL)

    first = find_wave(read_wall_time(world), ZoneInfo("Pacific/Kiritimati"))
    assert first - dt.timedelta(hours=1) < world.starts_at < first
    assert start_due_mailings(now=timezone.now()) == []


def test_retries_are_given_up_so_long_after_the_last_zone(world):
    schedule_mailing(world, at=choose_time(48), time_zone="Europe/Oslo", timing=Timing.LOCAL)

    assert world.deadline_from == find_wave(read_wall_time(world), ZoneInfo("Etc/GMT+12"))


def test_readers_for_whom_it_is_past_get_it_with_the_mailings_own_zone(world, plan):
    schedule_mailing(world, at=choose_time(2), time_zone="Europe/Oslo", timing=Timing.LOCAL)

    found = waves_by_zone(start(world, plan))

    # Where Oslo's morning is to come, Tokyo's and Kiritimati's are over.
    assert {zone: count for zone, (count, _) in found.items()} == {
        "": 25,
        "America/New_York": 1,
        "Etc/GMT+12": 1,
    }
    assert found[""][1] == world.scheduled_at


def test_readers_for_whom_it_is_past_get_it_at_once_if_the_editor_chose_so(world, plan):
    schedule_mailing(
        world,
        at=choose_time(2),
        time_zone="Europe/Oslo",
        timing=Timing.LOCAL,
        past_zones=PastZones.AT_ONCE,
    )

    start(world, plan)

    ready = Batch.objects.claimable().values("pk")
    assert Delivery.objects.filter(batch__in=ready).count() == 3


def test_an_editor_sees_how_many_readers_each_wave_has(world):
    at = choose_time(2)
    schedule_mailing(world, at=at, time_zone="Europe/Oslo", timing=Timing.LOCAL)

    waves = count_waves(world, now=timezone.now())

    assert [(wave.zones, wave.readers, wave.past) for wave in waves] == [
        (("Europe/Oslo",), 22, False),
        (("Asia/Tokyo", "Pacific/Kiritimati"), 3, True),
        (("America/New_York",), 1, False),
        (("Etc/GMT+12",), 1, False),
    ]
    assert waves[0].at == waves[1].at == world.scheduled_at


def test_a_local_time_that_is_past_in_the_mailings_own_zone_is_refused(world):
    with pytest.raises(ValueError, match=r"is past in Europe/Oslo: write a time to come"):
        schedule_mailing(world, at=choose_time(-2), time_zone="Europe/Oslo", timing=Timing.LOCAL)


def test_a_wave_is_opened_when_its_time_has_come_and_once(world, plan):
    schedule_mailing(world, at=choose_time(48), time_zone="Europe/Oslo", timing=Timing.LOCAL)
    start(world, plan)
    tokyo = Batch.objects.filter(time_zone="Asia/Tokyo")
    assert open_waves() == 0

    tokyo.update(due_at=timezone.now() - SECOND)

    assert open_waves() == 1
    assert open_waves() == 0
    assert tokyo.get().state == BatchState.READY
    assert list(Batch.objects.claimable()) == [tokyo.get()]


def test_a_mailing_at_one_moment_has_one_wave(world, plan):
    schedule_mailing(world, at=NOW)

    assert waves_by_zone(start(world, plan)) == {"": (27, None)}

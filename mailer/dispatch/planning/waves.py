"""The same time on each reader's own clock: one wave of a mailing per time zone.

A zone's wave is the first instant at which its clock shows the mailing's time or a later one.
So a time that the zone skips, as clocks go forward, means the first instant after the gap,
and a time that comes twice, as they go back, means the first occurrence, once.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from django.db.models.functions import Now

from mailer.dispatch.planning.whom import read_whom
from mailer.dispatch.planning.zones import count_zones
from mailer.models import Mailing, PastZones, Timing

# Planning begins this long before the first zone's wave: a million people take minutes.
PLANNING_LEAD = dt.timedelta(minutes=5)
RESOLUTION = dt.timedelta(seconds=1)

# A zone's name, empty for the mailing's own, and the instant; None for what is sent as soon
# as it is planned.
Wave = tuple[str, dt.datetime | None]


# All zones that there are: ZoneInfo itself remembers eight, and reads the file again for others.
@lru_cache(maxsize=1024)
def load_zone(name: str) -> ZoneInfo | None:
    """Return the zone of that name, or None if there is none; names come from readers' rows."""
    if not name or name not in _all_zones():
        return None
    return ZoneInfo(name)


def find_wave(wall: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    """Return the first instant, in UTC, at which the zone's clock shows ``wall`` or later.

    ``wall`` is a naive time in whole seconds.
    """
    before = wall.replace(tzinfo=zone, fold=0).astimezone(dt.UTC)
    if _shows(before, zone) == wall:
        return before
    # PEP 495: in a gap, fold=0 reads the clock as before the change and fold=1 as after it,
    # and the change itself lies between the two instants.
    early = wall.replace(tzinfo=zone, fold=1).astimezone(dt.UTC)
    while before - early > RESOLUTION:
        middle = (early + (before - early) / 2).replace(microsecond=0)
        early, before = (early, middle) if _shows(middle, zone) >= wall else (middle, before)
    return before


@lru_cache(maxsize=64)
def find_first_wave(wall: dt.datetime) -> dt.datetime:
    """Return when the first zone of the world has its wave."""
    return min(find_wave(wall, zone) for zone in map(load_zone, _all_zones()) if zone)


@lru_cache(maxsize=64)
def find_last_wave(wall: dt.datetime) -> dt.datetime:
    """Return when the last zone of the world has its wave."""
    return max(find_wave(wall, zone) for zone in map(load_zone, _all_zones()) if zone)


def read_wall_time(mailing: Mailing) -> dt.datetime:
    """Return the time that the mailing's own zone shows when it is scheduled: a naive one."""
    assert mailing.scheduled_at is not None
    own = load_zone(mailing.time_zone) or ZoneInfo("UTC")
    return _shows(mailing.scheduled_at, own).replace(microsecond=0)


@dataclass(slots=True)
class Waves:
    """Find each reader's wave of one mailing, as it is at ``now``."""

    mailing: Mailing
    now: dt.datetime
    known: dict[str, Wave] = field(default_factory=dict)

    def find(self, zone_name: str) -> Wave:
        """Return the wave of readers in the zone; an unknown one counts as the mailing's own."""
        if zone_name not in self.known:
            self.known[zone_name] = self._find(zone_name)
        return self.known[zone_name]

    def _find(self, zone_name: str) -> Wave:
        zone = load_zone(zone_name)
        mailing = self.mailing
        if mailing.timing == Timing.FIXED or zone is None or zone_name == mailing.time_zone:
            return "", self._own()
        at = find_wave(read_wall_time(mailing), zone)
        if self._is_past(at):
            at_once = mailing.past_zones == PastZones.AT_ONCE
            return (zone_name, None) if at_once else ("", self._own())
        return zone_name, at

    def _own(self) -> dt.datetime | None:
        """Return the mailing's own wave; a fixed one needs none once its time has come."""
        at = self.mailing.scheduled_at
        assert at is not None
        over = at <= self.now if self.mailing.timing == Timing.FIXED else self._is_past(at)
        return None if over else at

    def _is_past(self, at: dt.datetime) -> bool:
        """Tell whether a wave was over already when the mailing was scheduled or answered for."""
        return self.mailing.starts_at is not None and at < self.mailing.starts_at


@dataclass(frozen=True, slots=True, kw_only=True)
class WaveCount:
    """A wave and how many readers it has, about: who is suppressed is known when planned.

    ``past`` says that these readers' own clocks had passed the time already, so that they
    are written to at another one.
    """

    zones: tuple[str, ...]
    at: dt.datetime
    readers: int
    past: bool


def count_waves(
    mailing: Mailing, *, now: dt.datetime, zones: Iterable[tuple[str, int]] | None = None
) -> list[WaveCount]:
    """Return the mailing's waves in their order, for an editor to see before and after.

    ``zones`` is how many readers each zone has, if that is known.
    """
    waves = Waves(mailing, now)
    grouped: dict[tuple[dt.datetime, bool], list[tuple[str, int]]] = defaultdict(list)
    for name, readers in count_zones(read_whom(mailing)) if zones is None else zones:
        zone, at = waves.find(name)
        grouped[at or now, _is_past_for(mailing, name, (zone, at))].append((name, readers))
    return [
        WaveCount(
            zones=tuple(
                sorted({name if load_zone(name) else mailing.time_zone for name, _ in own})
            ),
            at=at,
            readers=sum(readers for _, readers in own),
            past=past,
        )
        for (at, past), own in sorted(grouped.items())
    ]


def read_clock(mailing: Mailing) -> dt.datetime:
    """Return the database's time, on which everything is decided: machines may disagree."""
    now: dt.datetime = Mailing.objects.values_list(Now(), flat=True).get(pk=mailing.pk)
    return now


def _is_past_for(mailing: Mailing, name: str, wave: Wave) -> bool:
    """Tell whether readers of a known zone are not written to on their own clock."""
    if mailing.timing == Timing.FIXED or name == mailing.time_zone or load_zone(name) is None:
        return False
    return wave[0] == "" or wave[1] is None


def _shows(instant: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    return instant.astimezone(zone).replace(tzinfo=None)


@lru_cache(maxsize=1)
def _all_zones() -> frozenset[str]:
    return frozenset(available_timezones())

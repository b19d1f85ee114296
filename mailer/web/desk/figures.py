"""Figures as pages of the desk ask for them: kept ones are counted again by a worker."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from django.utils import timezone

from mailer.dispatch.planning.whom import Whom
from mailer.dispatch.planning.zones import ZONES, count_zones, name_zones
from mailer.models import DeliveryState, Mailing
from mailer.results.comparing import Course
from mailer.results.counting import (
    COURSES,
    FAILURES,
    READING,
    REPORT,
    load_courses,
    load_failures,
    load_reading,
    load_report,
)
from mailer.results.failures import Failures
from mailer.results.figures import Counted, read_figure
from mailer.results.reading import Reading
from mailer.results.report import Report
from mailer.results.tasks import wake_counter

LONGEST_ABOUT = 250  # what a kept figure's row has room for


def look_up(kind: str, about: str, *, since: dt.datetime | None = None) -> Counted:
    """Return a figure, and when it was counted if not just now."""
    return read_figure(kind, about, now=timezone.now(), wake=wake_counter, since=since)


def read_report(mailing: Mailing) -> tuple[Report, dt.datetime | None]:
    """Return a mailing's report, and when it was counted if not just now."""
    found = look_up(REPORT, str(mailing.pk), since=mailing.finished_at)
    return load_report(found.value), found.at


def read_failures(mailing: Mailing) -> dict[DeliveryState, list[Failures]]:
    """Return why messages of a mailing failed, and why others wait."""
    found = look_up(FAILURES, str(mailing.pk), since=mailing.finished_at)
    states = (DeliveryState.FAILED, DeliveryState.DEFERRED)
    return {state: load_failures(found.value, state) for state in states}


def read_reading(mailing: Mailing) -> Reading:
    """Return what readers did with a mailing."""
    return load_reading(look_up(READING, str(mailing.pk), since=mailing.finished_at).value)


def read_courses(mailing: Mailing) -> list[Course]:
    """Return how a mailing did beside those of the issues before it, the oldest first."""
    return load_courses(look_up(COURSES, str(mailing.pk), since=mailing.finished_at).value)


def read_zones(whom: Whom) -> Iterable[tuple[str, int]]:
    """Return how many readers in an audience each time zone has, about."""
    about = name_zones(whom)
    if len(about) > LONGEST_ABOUT:  # of so many lists that no figure can be called by them
        return count_zones(whom)
    return [(str(zone), int(people)) for zone, people in look_up(ZONES, about).value]

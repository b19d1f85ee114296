"""Who counts which figure; whoever keeps figures loads this (see ``figures``)."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from mailer.models import DeliveryState, Mailing
from mailer.results.comparing import Course, compare
from mailer.results.failures import Failures, group_failures
from mailer.results.figures import count_with
from mailer.results.people import count_growth, count_members, count_states
from mailer.results.reading import Clicks, Reading, summarise_reading
from mailer.results.report import Report, summarise

REPORT, FAILURES, READING, COURSES = "report", "failures", "reading", "courses"
STATES, GROWTH, MEMBERS = "states", "growth", "members"
OF_MAILINGS = (REPORT, FAILURES, READING, COURSES)
SHOWN_FAILURES = (DeliveryState.FAILED, DeliveryState.DEFERRED)


def count_report(about: str) -> dict[str, Any] | None:
    """Return a mailing's report; ``about`` is its number."""
    mailing = _find(about)
    return asdict(summarise(mailing)) if mailing else None


def load_report(value: Any) -> Report:
    """Return the report that was kept."""
    return Report(**value)


def count_failures(about: str) -> dict[str, Any] | None:
    """Return why messages of a mailing were refused, by their state."""
    mailing = _find(about)
    if mailing is None:
        return None
    return {
        state.value: [asdict(each) for each in group_failures(mailing, [state])]
        for state in SHOWN_FAILURES
    }


def load_failures(value: Any, state: DeliveryState) -> list[Failures]:
    """Return the failures of one state that were kept."""
    return [Failures(**each) for each in value[state.value]]


def count_reading(about: str) -> dict[str, Any] | None:
    """Return what readers did with a mailing."""
    mailing = _find(about)
    return asdict(summarise_reading(mailing)) if mailing else None


def load_reading(value: Any) -> Reading:
    """Return the reading that was kept."""
    parts = {name: tuple(Clicks(**each) for each in value[name]) for name in ("links", "articles")}
    return Reading(**(value | parts))


def count_courses(about: str) -> list[dict[str, Any]] | None:
    """Return how a mailing and those of the issues before it did."""
    mailing = _find(about)
    return [asdict(each) for each in compare(mailing)] if mailing else None


def load_courses(value: Any) -> list[Course]:
    """Return the courses that were kept."""
    return [Course(**each) for each in value]


def _find(about: str) -> Mailing | None:
    return Mailing.objects.select_related("issue").filter(pk=int(about)).first()


count_with(REPORT, count_report)
count_with(FAILURES, count_failures)
count_with(READING, count_reading)
count_with(COURSES, count_courses)
count_with(STATES, count_states)
count_with(GROWTH, count_growth)
count_with(MEMBERS, count_members)

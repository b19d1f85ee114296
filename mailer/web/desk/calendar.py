"""The calendar: what is planned and what went, by month; a table, or a list on a telephone."""

from __future__ import annotations

import calendar
import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from mailer.dispatch.planning.waves import load_zone
from mailer.models import Mailing, MailingState
from mailer.web.desk.entry import Desk, desk_page, show
from mailer.web.desk.permissions import Act

FIRST_YEAR, LAST_YEAR = 1990, 2200
# Zones are up to 14 hours ahead of UTC and 12 behind: a day more on each side has them all.
MARGIN = dt.timedelta(days=1)
SHOWN = (
    MailingState.SCHEDULED,
    MailingState.PLANNING,
    MailingState.SENDING,
    MailingState.PAUSED,
    MailingState.HELD,
    MailingState.SENT,
)
COMING = frozenset({MailingState.SCHEDULED, MailingState.HELD})


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A day of the month's table: what falls on it, and whether it is of the month at all."""

    date: dt.date
    entries: list[tuple[str, Mailing]]
    is_own: bool
    is_today: bool


@desk_page(Act.LOOK)
def show_calendar(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Show a month of mailings, each on the day and at the time of its own zone."""
    today = timezone.now().date()
    first = _read_month(request.GET.get("month", ""), today)
    entries = _find_entries(desk, first)
    weeks = [
        [
            Day(
                date=date,
                entries=entries.get(date, []),
                is_own=date.month == first.month,
                is_today=date == today,
            )
            for date in week
        ]
        for week in calendar.Calendar().monthdatescalendar(first.year, first.month)
    ]
    own = [day for week in weeks for day in week if day.is_own and day.entries]
    states = [each.state for day in own for _, each in day.entries]
    coming = sum(state in COMING for state in states)
    return show(
        request,
        desk,
        "calendar",
        first=first,
        weeks=weeks,
        names=[(name[:3], name) for name in calendar.day_name],
        busy=own,
        coming=coming,
        gone=len(states) - coming,
        previous=(first - dt.timedelta(days=1)).strftime("%Y-%m"),
        following=(first + dt.timedelta(days=31)).strftime("%Y-%m"),
    )


def _read_month(text: str, today: dt.date) -> dt.date:
    """Return the first day of a month such as 2026-03, or of this one for what is none."""
    try:
        first = dt.datetime.strptime(text, "%Y-%m").replace(tzinfo=dt.UTC).date()
    except ValueError:
        return today.replace(day=1)
    return first if FIRST_YEAR <= first.year <= LAST_YEAR else today.replace(day=1)


def _find_entries(desk: Desk, first: dt.date) -> dict[dt.date, list[tuple[str, Mailing]]]:
    """Return the mailings of a month and of its weeks' other days, by their own day, with time."""
    start = dt.datetime.combine(first, dt.time(), tzinfo=dt.UTC) - dt.timedelta(days=7) - MARGIN
    end = start + dt.timedelta(days=31 + 14) + 2 * MARGIN
    found = (
        Mailing.objects.filter(issue__publication=desk.publication, state__in=SHOWN)
        .annotate(when=Coalesce("scheduled_at", "started_at"))
        .filter(when__gte=start, when__lt=end)
        .select_related("issue__publication")
        .order_by("when", "id")
    )
    return _group(found)


def _group(mailings: Iterable[Mailing]) -> dict[dt.date, list[tuple[str, Mailing]]]:
    by_day: dict[dt.date, list[tuple[str, Mailing]]] = defaultdict(list)
    for mailing in mailings:
        instant = mailing.scheduled_at or mailing.started_at
        assert instant is not None
        local = instant.astimezone(load_zone(mailing.time_zone) or ZoneInfo("UTC"))
        by_day[local.date()].append((f"{local:%H:%M}", mailing))
    return by_day

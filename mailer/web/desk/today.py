"""The first page of a publication: what goes out next, what is going, what went, what is wrong."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from mailer.dispatch.planning.whom import read_whom
from mailer.models import Following, Issue, Mailing, MailingState
from mailer.web.desk.clock import tell_time
from mailer.web.desk.courses import lay_out_courses
from mailer.web.desk.entry import Desk, desk_page, show
from mailer.web.desk.figures import read_report, read_zones
from mailer.web.desk.mailings import percent
from mailer.web.desk.people.figures import Month, read_growth
from mailer.web.desk.people.reach import read_lists
from mailer.web.desk.permissions import Act
from mailer.web.desk.troubles import find_troubles
from subscribers.models import List

MOST_NEXT = 3
MOST_LISTS = 3
GOING = (
    MailingState.PLANNING,
    MailingState.SENDING,
    MailingState.PAUSED,
    MailingState.HELD,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A mailing that is to come: when, in its own zone, and to about how many."""

    mailing: Mailing
    when: str
    readers: int


@desk_page(Act.LOOK)
def show_today(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Show the day."""
    mailings = Mailing.objects.filter(issue__publication=desk.publication).select_related(
        "issue__publication", "segment"
    )
    now = timezone.now()
    coming = mailings.filter(state=MailingState.SCHEDULED).order_by("starts_at", "id")
    sent = mailings.filter(state=MailingState.SENT, following=Following.NONE)
    last = sent.order_by("-finished_at").first()
    last_report = read_report(last)[0] if last else None
    going = [(each, read_report(each)[0]) for each in mailings.filter(state__in=GOING)]
    return show(
        request,
        desk,
        "today",
        now=now,
        coming=[_plan(each) for each in coming[:MOST_NEXT]],
        going=[(each, report, percent(report)) for each, report in going],
        last=last,
        last_report=last_report,
        **lay_out_courses(last),
        growth=_read_growth(desk, now),
        troubles=list(find_troubles(desk, last_report, now=now)),
        newest=Issue.objects.filter(publication=desk.publication).order_by("-number").first(),
    )


def _read_growth(desk: Desk, now: dt.datetime) -> list[tuple[List, list[Month]]]:
    """Return how the publication's lists grew, for those who may see their figures."""
    if Act.COUNT not in desk.allowed:
        return []
    today = now.date()
    return [(each, read_growth(each, today=today)) for each in read_lists(desk)[:MOST_LISTS]]


def _plan(mailing: Mailing) -> Planned:
    assert mailing.scheduled_at is not None
    readers = sum(people for _, people in read_zones(read_whom(mailing)))
    when = tell_time(mailing.scheduled_at, mailing.time_zone)
    return Planned(mailing=mailing, when=when, readers=readers)

"""The first page of a publication: what goes out next, what is going, what went, what is wrong."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from mailer.models import Following, Issue, Mailing, MailingState, Publication, Pulse, Transport
from mailer.web.desk.clock import tell_time
from mailer.web.desk.courses import lay_out_courses
from mailer.web.desk.entry import Desk, desk_page, show
from mailer.web.desk.figures import read_report, read_zones
from mailer.web.desk.mailings import percent
from mailer.web.desk.people.figures import Month, read_growth
from mailer.web.desk.people.reach import read_lists
from mailer.web.desk.permissions import Act
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Something that is wrong: what, and what to do."""

    what: str
    remedy: str
    url: str = ""


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
    going = [(each, read_report(each)[0]) for each in mailings.filter(state__in=GOING)]
    return show(
        request,
        desk,
        "today",
        now=now,
        coming=[_plan(each) for each in coming[:MOST_NEXT]],
        going=[(each, report, percent(report)) for each, report in going],
        last=last,
        last_report=read_report(last)[0] if last else None,
        **lay_out_courses(last),
        growth=_read_growth(desk, now),
        troubles=list(_find_troubles(desk.publication)),
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
    readers = sum(people for _, people in read_zones(mailing))
    when = tell_time(mailing.scheduled_at, mailing.time_zone)
    return Planned(mailing=mailing, when=when, readers=readers)


def _find_troubles(publication: Publication) -> Iterator[Trouble]:
    """Yield what keeps, or may keep, mail from its readers."""
    troubled = Mailing.objects.filter(issue__publication=publication).exclude(problem="")
    over = (MailingState.SENT, MailingState.CANCELLED)
    for mailing in troubled.exclude(state__in=over).select_related("issue__publication"):
        yield Trouble(
            what=f"{mailing.issue}: {mailing.get_state_display()}", remedy=mailing.problem
        )
    for transport in Transport.objects.filter(enabled=True, failing_since__isnull=False):
        yield Trouble(
            what=f"The mail server {transport.name} fails",
            remedy=transport.problem or "Ask an administrator to look at it.",
        )
    if Pulse.objects.stale().exists():
        yield Trouble(
            what="The scheduler does not run",
            remedy="Nothing starts by itself until it does. Ask an administrator to start beat.",
        )
    if not publication.lists.exists():
        yield Trouble(
            what="This publication has no list",
            remedy="Nobody can be written to. Ask an administrator to give it one.",
            url=reverse("admin:mailer_publication_change", args=[publication.pk]),
        )

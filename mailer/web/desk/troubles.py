"""What is wrong, and what to do about it: the first thing that the day's page says."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Q
from django.urls import reverse

from mailer.models import Mailing, MailingState, Pulse, Transport
from mailer.results.report import Report
from mailer.web.desk.entry import Desk
from mailer.web.desk.people.reach import read_lists
from mailer.web.desk.permissions import Act
from subscribers.imports import Import, ImportState

# A worker renews its lease on an import many times in this time, and takes a queued one at once.
STUCK_AFTER = dt.timedelta(minutes=10)
TOLD_FOR = dt.timedelta(days=7)
# More than this of a mailing bounces where a list is old or was bought; providers then block.
MOST_BOUNCED = 0.05
FEWEST_TO_JUDGE = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Something that is wrong: what, what to do, and where, in the words of the link."""

    what: str
    remedy: str
    url: str = ""
    way: str = ""


def find_troubles(desk: Desk, last: Report | None, *, now: dt.datetime) -> Iterator[Trouble]:
    """Yield what keeps, or may keep, mail from its readers; ``last`` is the newest report."""
    yield from _find_stopped(desk)
    yield from _find_servers()
    if not read_lists(desk):
        yield _miss_list(desk)
    if Act.PEOPLE in desk.allowed:
        yield from _find_imports(desk, now=now)
    if last is not None:
        yield from _judge_bounces(desk, last)


def _find_stopped(desk: Desk) -> Iterator[Trouble]:
    troubled = Mailing.objects.filter(issue__publication=desk.publication).exclude(problem="")
    over = (MailingState.SENT, MailingState.CANCELLED)
    for mailing in troubled.exclude(state__in=over).select_related("issue__publication"):
        yield Trouble(
            what=f"{mailing.issue}: {mailing.get_state_display()}",
            remedy=mailing.problem,
            url=reverse("desk:sending", args=[desk.publication.slug, mailing.pk]),
            way="Look at it",
        )


def _find_servers() -> Iterator[Trouble]:
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


def _miss_list(desk: Desk) -> Trouble:
    keeps = Act.SETTINGS in desk.allowed
    return Trouble(
        what="This publication has no list",
        remedy="Nobody can be written to." if keeps else "Ask an administrator to give it one.",
        url=reverse("desk:new_list", args=[desk.publication.slug]) if keeps else "",
        way="Give it one",
    )


def _find_imports(desk: Desk, *, now: dt.datetime) -> Iterator[Trouble]:
    """Yield imports that failed lately, or that no worker goes on with."""
    late = now - STUCK_AFTER
    stuck = Q(state=ImportState.RUNNING, lease_expires_at__lt=late)
    stuck |= Q(state=ImportState.QUEUED, created_at__lt=late, started_at=None)
    failed = Q(state=ImportState.FAILED, created_at__gt=now - TOLD_FOR)
    own = Import.objects.filter(list__in=[each.pk for each in read_lists(desk)])
    for each in own.filter(stuck | failed):
        yield Trouble(
            what=f"The import of {each.file_name} {_say_state(each)}",
            remedy=each.problem or "Nothing is lost: it goes on where it stopped.",
            url=reverse("desk:import", args=[desk.publication.slug, each.pk]),
            way="Look at it",
        )


def _say_state(each: Import) -> str:
    return "failed" if each.state == ImportState.FAILED else "stands still"


def _judge_bounces(desk: Desk, last: Report) -> Iterator[Trouble]:
    tried = last.accepted + last.failed
    lost = last.bounced + last.failed
    if tried < FEWEST_TO_JUDGE or lost <= MOST_BOUNCED * tried:
        return
    people = Act.PEOPLE in desk.allowed
    yield Trouble(
        what=f"{100 * lost // tried} % of the last mailing came back",
        remedy="Providers block who writes to many addresses that are not there: see where they "
        "come from.",
        url=reverse("desk:returns", args=[desk.publication.slug]) if people else "",
        way="See what came back",
    )

"""A mailing's life: made, scheduled, started when due, paused, resumed, cancelled, finished.

Each step is one conditional UPDATE on the mailing's state, so that whoever ticks or clicks
twice changes nothing the second time.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import structlog
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now
from structlog.stdlib import BoundLogger

from mailer.dispatch.freezing.freeze import read_edition, render_document
from mailer.dispatch.freezing.variants import find_variants
from mailer.dispatch.planning.waves import (
    PLANNING_LEAD,
    find_first_wave,
    find_last_wave,
    read_clock,
)
from mailer.dispatch.servers.signers import load_signers
from mailer.dispatch.signing.clearance import clear_signatures, clear_text
from mailer.errors import InvalidTransition, MastheadError
from mailer.models import (
    Batch,
    BatchState,
    Issue,
    Mailing,
    MailingState,
    PastZones,
    Timing,
)
from mailer.models.sender import find_sender
from subscribers.models import List, Segment

logger: BoundLogger = structlog.get_logger(__name__)

# Batches in no worker's hands, of which something may be left to send.
UNHELD_BATCHES = (BatchState.READY, BatchState.WAITING)


def create_mailing(
    issue: Issue,
    *,
    lists: Iterable[List],
    segment: Segment | None = None,
    without_lists: Iterable[List] = (),
    without_segment: Segment | None = None,
    now: dt.datetime,
) -> Mailing:
    """Make a draft of a mailing of the issue to these lists, less whom it is not to reach."""
    with transaction.atomic():
        mailing = Mailing.objects.create(
            issue=issue, segment=segment, without_segment=without_segment, created_at=now
        )
        mailing.lists.set(lists)
        mailing.without_lists.set(without_lists)
    return mailing


def schedule_mailing(
    mailing: Mailing,
    *,
    at: dt.datetime,
    time_zone: str = "UTC",
    timing: Timing = Timing.FIXED,
    past_zones: PastZones = PastZones.OWN,
) -> None:
    """Schedule a draft for ``at``: a wall-clock time in ``time_zone``, or an aware instant.

    With ``Timing.LOCAL`` each reader gets it when their own clock shows that time. A fixed
    time that is past means at once.

    Raises ValueError for an unknown zone, for a wall-clock time that the zone skips, as
    clocks are put forward there, and for a local time that is past in the mailing's own zone,
    unless readers for whom it is past are to be written to at once; InvalidTransition if the
    mailing is no draft; NotReady if an edition has what blocks sending, or
    is not signed by those who must; RenderingError or
    InvalidIssue if an edition can't be rendered or names a segment that does not exist;
    UnreadableSecret if a key that would sign it can't be read.
    """
    if not mailing.lists.exists():
        raise InvalidTransition(f"Mailing {mailing.pk} has no list: choose at least one.")
    if not mailing.issue.editions.exists():
        raise InvalidTransition(f"{mailing.issue} has no edition: load its issue file first.")
    for edition in mailing.issue.editions.select_related("issue__publication"):
        clear_signatures(edition)
        for segments in find_variants(edition).values():
            document = read_edition(edition, segments)
            clear_text(edition, document, render_document(document, edition))
    load_signers(find_sender(mailing).domain)
    times = set_times(mailing, at=at, time_zone=time_zone, timing=timing, past_zones=past_zones)
    mailing.move(MailingState.SCHEDULED, problem="", **times)


def set_times(
    mailing: Mailing, *, at: dt.datetime, time_zone: str, timing: Timing, past_zones: PastZones
) -> dict[str, Any]:
    """Return the changes to a mailing's row that schedule it so, by the database's clock."""
    now = read_clock(mailing)
    instant = find_instant(at, time_zone)
    start, last = instant, instant
    if timing == Timing.LOCAL:
        if instant < now and past_zones != PastZones.AT_ONCE:
            raise ValueError(
                f"{_show(instant, time_zone)} is past in {time_zone}: write a time to come, or "
                "choose that readers for whom it is past are written to at once."
            )
        wall = instant.astimezone(ZoneInfo(time_zone)).replace(tzinfo=None, microsecond=0)
        start, last = find_first_wave(wall) - PLANNING_LEAD, find_last_wave(wall)
    return {
        "scheduled_at": instant,
        "time_zone": time_zone,
        "timing": timing,
        "past_zones": past_zones,
        "starts_at": max(start, now),
        "deadline_from": max(last, now),
    }


def find_instant(at: dt.datetime, time_zone: str) -> dt.datetime:
    """Return the instant, in UTC, of a wall-clock time in a zone; the first if it comes twice."""
    try:
        zone = ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:  # OSError: a folder of zones
        raise ValueError(
            f"{time_zone!r} is no time zone: write one such as Europe/Oslo."
        ) from error
    if not dt.MINYEAR < at.year < dt.MAXYEAR:  # next to them another zone's clock has no time
        raise ValueError(f"The year {at.year} can't be counted in: write one of our own time.")
    if at.tzinfo is not None:
        return at.astimezone(dt.UTC)
    instant = at.replace(tzinfo=zone).astimezone(dt.UTC)
    if instant.astimezone(zone).replace(tzinfo=None) != at:
        raise ValueError(f"{at:%Y-%m-%d %H:%M} does not exist in {time_zone}: clocks go forward.")
    return instant


def start_due_mailings(*, now: dt.datetime) -> list[int]:
    """Move every mailing whose time has come to planning and return their ids.

    Whether it is due is asked once more by the UPDATE itself: another scheduler may have
    been first, or an editor have taken it back and scheduled it for tomorrow.
    """
    due = Mailing.objects.due().order_by("id").values_list("pk", flat=True)
    started = [
        pk
        for pk in due
        if Mailing.objects.due().filter(pk=pk).update(state=MailingState.PLANNING, started_at=now)
    ]
    for pk in started:
        logger.info("a mailing is started", mailing_id=pk)
    return started


def give_up_planning(mailing: Mailing, error: MastheadError) -> None:
    """Stop a mailing that can't be rendered, or its segment not be read, and say why.

    Before anybody was planned it goes back to draft, and what was frozen of it is thawed, as
    the text will be mended. Later it is paused, and goes on from where it was.
    """
    if mailing.deliveries.exists():
        mailing.move(MailingState.PAUSED, problem=str(error))
        return
    with transaction.atomic():
        mailing.move(MailingState.DRAFT, problem=str(error))
        mailing.frozen_editions.all().delete()


def pause_mailing(mailing: Mailing) -> None:
    """Stop handing over messages; workers see it when they next write to the ledger."""
    mailing.move(MailingState.PAUSED)


def resume_mailing(mailing: Mailing) -> None:
    """Go on with a paused mailing, also with waves whose time came while it was paused.

    Failures are counted anew.
    """
    go_on(mailing, only_from=(MailingState.PAUSED,))


def go_on(mailing: Mailing, *, only_from: Collection[MailingState]) -> None:
    """Move a stopped mailing back to what it was doing, and open what is late by now.

    A person has just decided, so what is late does not ask again.
    """
    mailing.refresh_from_db()
    if mailing.state not in only_from:
        raise InvalidTransition(
            f"Mailing {mailing.pk} is {mailing.get_state_display()}: it can't go on from there."
        )
    now = read_clock(mailing)
    # Mailings that were paused before the state was remembered were being sent.
    target = MailingState(mailing.stopped_from or MailingState.SENDING)
    with transaction.atomic():
        mailing.move(
            target,
            only_from=only_from,
            problem="",
            resumed_at=now,
            starts_at=now,
            past_zones=PastZones.AT_ONCE,
            deadline_from=max(now, mailing.deadline_from or now),
        )
        Batch.objects.filter(mailing=mailing, state=BatchState.WAITING, due_at__lte=now).update(
            state=BatchState.READY, not_before=Now()
        )


def finish_mailings(*, now: dt.datetime) -> int:
    """Move mailings that are planned and have no open batch to sent; return how many."""
    open_batches = Batch.objects.filter(mailing=OuterRef("pk")).exclude(state=BatchState.DONE)
    return Mailing.objects.filter(~Exists(open_batches), state=MailingState.SENDING).update(
        state=MailingState.SENT, finished_at=now
    )


def _show(instant: dt.datetime, time_zone: str) -> str:
    return f"{instant.astimezone(ZoneInfo(time_zone)):%Y-%m-%d %H:%M}"

"""A mailing's life: made, scheduled, started when due, paused, resumed, cancelled, finished.

Each step is one conditional UPDATE on the mailing's state, so that whoever ticks or clicks
twice changes nothing the second time.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now

from mailer.dispatch.freeze import render_edition
from mailer.dispatch.signers import load_signers
from mailer.errors import InvalidTransition, MastheadError
from mailer.models import (
    Batch,
    BatchState,
    Delivery,
    DeliveryState,
    Issue,
    Mailing,
    MailingState,
    SkipReason,
)
from subscribers.models import List, Segment


def create_mailing(
    issue: Issue, *, lists: Iterable[List], segment: Segment | None = None, now: dt.datetime
) -> Mailing:
    """Make a draft of a mailing of the issue to these lists."""
    with transaction.atomic():
        mailing = Mailing.objects.create(issue=issue, segment=segment, created_at=now)
        mailing.lists.set(lists)
    return mailing


def schedule_mailing(mailing: Mailing, *, at: dt.datetime, time_zone: str = "UTC") -> None:
    """Schedule a draft for ``at``: a wall-clock time in ``time_zone``, or an aware instant.

    Raises ValueError for an unknown zone and for a wall-clock time that the zone skips,
    as clocks are put forward there; InvalidTransition if the mailing is no draft;
    RenderingError or InvalidIssue if an edition can't be rendered; UnreadableSecret if a key
    that would sign it can't be read.
    """
    if not mailing.lists.exists():
        raise InvalidTransition(f"Mailing {mailing.pk} has no list: choose at least one.")
    if not mailing.issue.editions.exists():
        raise InvalidTransition(f"{mailing.issue} has no edition: load its issue file first.")
    for edition in mailing.issue.editions.all():
        render_edition(edition)
    load_signers(mailing.issue.publication.sender_domain)
    mailing.move(
        MailingState.SCHEDULED,
        scheduled_at=find_instant(at, time_zone),
        time_zone=time_zone,
        problem="",
    )


def find_instant(at: dt.datetime, time_zone: str) -> dt.datetime:
    """Return the instant, in UTC, of a wall-clock time in a zone; the first if it comes twice."""
    try:
        zone = ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(
            f"{time_zone!r} is no time zone: write one such as Europe/Oslo."
        ) from error
    if at.tzinfo is not None:
        return at.astimezone(dt.UTC)
    instant = at.replace(tzinfo=zone).astimezone(dt.UTC)
    if instant.astimezone(zone).replace(tzinfo=None) != at:
        raise ValueError(f"{at:%Y-%m-%d %H:%M} does not exist in {time_zone}: clocks go forward.")
    return instant


def start_due_mailings(*, now: dt.datetime) -> list[int]:
    """Move every mailing whose time has come to planning and return their ids."""
    started = []
    for mailing in Mailing.objects.due():
        try:
            mailing.move(MailingState.PLANNING, started_at=now)
        except InvalidTransition:
            continue  # another scheduler was first, or an editor took it back
        started.append(mailing.pk)
    return started


def withdraw_mailing(mailing: Mailing, error: MastheadError) -> None:
    """Take back to draft a mailing that could not be rendered, saying why."""
    mailing.move(MailingState.DRAFT, problem=str(error))


def pause_mailing(mailing: Mailing) -> None:
    """Stop handing over messages; workers see it when they next write to the ledger."""
    mailing.move(MailingState.PAUSED)


def resume_mailing(mailing: Mailing) -> None:
    """Go on with a paused mailing; failures are counted anew."""
    mailing.move(MailingState.SENDING, resumed_at=Now(), problem="")


def cancel_mailing(mailing: Mailing, *, now: dt.datetime) -> None:
    """End a mailing for good: what was not handed over is skipped, with that reason.

    Batches that a worker holds are closed when it lets go or its lease runs out.
    """
    mailing.move(MailingState.CANCELLED, finished_at=now)
    close_cancelled(now=now)


def close_cancelled(*, now: dt.datetime) -> None:
    """Close the batches of cancelled mailings that nobody holds, skipping what they had left."""
    open_batches = Batch.objects.filter(
        mailing__state=MailingState.CANCELLED, state=BatchState.READY
    )
    for batch in open_batches:
        with transaction.atomic():
            if Batch.objects.filter(pk=batch.pk, state=BatchState.READY).update(
                state=BatchState.DONE
            ):
                Delivery.objects.unfinished().filter(batch=batch).update(
                    state=DeliveryState.SKIPPED,
                    skip_reason=SkipReason.CANCELLED,
                    decided_at=now,
                )


def finish_mailings(*, now: dt.datetime) -> int:
    """Move mailings that are planned and have no open batch to sent; return how many."""
    open_batches = Batch.objects.filter(mailing=OuterRef("pk")).exclude(state=BatchState.DONE)
    return Mailing.objects.filter(~Exists(open_batches), state=MailingState.SENDING).update(
        state=MailingState.SENT, finished_at=now
    )

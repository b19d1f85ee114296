"""What is found far too late asks, instead of being sent; what is in time is opened.

A mailing, or a wave of it, whose time came longer ago than MASTHEAD_LATE is not sent without
a person's answer: an installation that was off for a day, or came back from a backup, would
send yesterday's news, or send it twice. It is held, and says what it was planned for.

The row that decides is locked before anything is read that depends on it, so that an answer
given meanwhile is never overruled, and of several schedulers one acts.
"""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Now
from structlog.stdlib import BoundLogger

from mailer.dispatch.planning.waves import load_zone, read_clock
from mailer.models import Batch, BatchState, Delivery, Mailing, MailingState, Pulse
from mailer.models.pulse import start_beating

logger: BoundLogger = structlog.get_logger(__name__)

UNDER_WAY = (MailingState.PLANNING, MailingState.SENDING)
ANSWERS = "Send it now, reschedule it, or cancel it."
# Zones that a sentence names before it says "and others".
MOST_ZONES_NAMED = 3


def look_for_lateness() -> None:
    """Hold whatever is far too late; afterwards, and only then, let the pulse go on."""
    hold_after_outage()
    hold_overdue_mailings()
    hold_overdue_waves()
    hold_past_deadline()
    open_waves()


def hold_after_outage() -> None:
    """Hold what was under way if nobody was at work for so long, and start the pulse again."""
    with transaction.atomic():
        stale = Pulse.objects.stale().select_for_update().first()
        if stale is not None:
            hold_under_way(last_seen=stale.beaten_at)
        start_beating()


def hold_under_way(*, last_seen: dt.datetime | None = None) -> int:
    """Hold every mailing that is being planned or sent and return how many there were."""
    held = 0
    for mailing in Mailing.objects.filter(state__in=UNDER_WAY):
        seen = f"last seen at work at {_show(last_seen, mailing)}, " if last_seen else ""
        problem = (
            f"It was under way, {seen}and found again at {_show(read_clock(mailing), mailing)}. "
            "If this is a restored backup, what was sent after the backup was made is not known "
            f"here and would be sent again. {ANSWERS}"
        )
        held += _hold(
            mailing.pk, Mailing.objects.filter(pk=mailing.pk, state__in=UNDER_WAY), problem
        )
    return held


def hold_overdue_mailings() -> int:
    """Hold scheduled mailings whose time came too long ago and return how many there were."""
    held = 0
    for mailing in Mailing.objects.overdue():
        problem = f"It was {_say_late(mailing, mailing.starts_at)} {ANSWERS}"
        held += _hold(mailing.pk, Mailing.objects.overdue().filter(pk=mailing.pk), problem)
    return held


def hold_overdue_waves() -> int:
    """Hold mailings of which a wave was found too late and return how many there were."""
    late = Batch.objects.overdue().filter(mailing__state__in=UNDER_WAY)
    held = 0
    for mailing_id in set(late.values_list("mailing_id", flat=True)):
        with transaction.atomic():
            going = Mailing.objects.filter(pk=mailing_id, state__in=UNDER_WAY)
            mailing = going.select_for_update().first()
            if mailing is None or not late.filter(mailing=mailing).exists():
                continue  # somebody was first, or has answered meanwhile
            held += _hold(mailing_id, going, _describe_waves(mailing))
    return held


def hold_past_deadline() -> int:
    """Hold mailings that could not be sent until their deadline and return how many there were.

    A server that was away for days would get them late when it is back.
    """
    held = 0
    for mailing in Mailing.objects.past_deadline():
        begun = mailing.deadline_from or mailing.started_at
        assert begun is not None
        passed = begun + dt.timedelta(seconds=settings.DEADLINE_SECONDS)
        messages = Delivery.objects.unfinished().filter(mailing=mailing).count()
        problem = (
            f"Its deadline, {_show(passed, mailing)}, has passed, and {messages} messages could "
            f"not leave: no mail server took them. {ANSWERS}"
        )
        held += _hold(mailing.pk, Mailing.objects.past_deadline().filter(pk=mailing.pk), problem)
    return held


def open_waves() -> int:
    """Let the batches of waves whose time has come be claimed and return how many there were."""
    return (
        Batch.objects.opening()
        .filter(mailing_id__in=Mailing.objects.filter(state__in=UNDER_WAY).values("pk"))
        .update(state=BatchState.READY, not_before=Now())
    )


def _hold(mailing_id: int, mailing: QuerySet[Mailing], problem: str) -> int:
    """Hold the one mailing that is still as it was found, and return whether it was, as 0 or 1."""
    held = mailing.update(state=MailingState.HELD, stopped_from=F("state"), problem=problem)
    if held:
        logger.warning("a mailing is held", mailing_id=mailing_id, problem=problem)
    return held


def _describe_waves(mailing: Mailing) -> str:
    late = Batch.objects.overdue().filter(mailing=mailing).order_by("due_at")
    first = late[0].due_at
    zones = sorted({batch.time_zone or mailing.time_zone for batch in late})
    named = ", ".join(zones[:MOST_ZONES_NAMED]) + (
        " and others" if len(zones) > MOST_ZONES_NAMED else ""
    )
    messages = Delivery.objects.unfinished().filter(batch__in=late).count()
    return f"Its wave for {named} ({messages} messages) was {_say_late(mailing, first)} {ANSWERS}"


def _say_late(mailing: Mailing, planned: dt.datetime | None) -> str:
    assert planned is not None
    return (
        f"planned for {_show(planned, mailing)} and found at "
        f"{_show(read_clock(mailing), mailing)}, which is more than "
        f"{settings.LATE_SECONDS // 60} minutes late."
    )


def _show(instant: dt.datetime, mailing: Mailing) -> str:
    zone = load_zone(mailing.time_zone) or ZoneInfo("UTC")
    return f"{instant.astimezone(zone):%Y-%m-%d %H:%M} ({zone.key})"

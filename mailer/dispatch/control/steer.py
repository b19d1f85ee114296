"""What an editor answers to a mailing that asks, or decides anew: send it now, or reschedule.

Each begins with one conditional UPDATE on the mailing's row, inside one transaction with what
follows from it: a second click finds the state changed, and does nothing.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from mailer.dispatch.control.schedule import UNHELD_BATCHES, go_on, schedule_mailing, set_times
from mailer.dispatch.planning.waves import Waves, read_clock
from mailer.models import (
    Batch,
    BatchState,
    Mailing,
    MailingState,
    PastZones,
    Timing,
)
from mailer.models.mailing import STOPPED_STATES

UNBEGUN = frozenset({"", MailingState.SCHEDULED})


def send_now(mailing: Mailing) -> None:
    """Send at once: a draft or a scheduled mailing to everybody, a held one what is late.

    A held mailing to readers' own clocks keeps the times that are still to come.
    """
    mailing.refresh_from_db()
    if mailing.state == MailingState.HELD:
        go_on(mailing, only_from=(MailingState.HELD,))
        return
    with transaction.atomic():
        if mailing.state == MailingState.SCHEDULED:
            mailing.move(MailingState.DRAFT)
        schedule_mailing(mailing, at=read_clock(mailing), time_zone=mailing.time_zone)


def reschedule_mailing(
    mailing: Mailing,
    *,
    at: dt.datetime,
    time_zone: str,
    timing: Timing = Timing.FIXED,
    past_zones: PastZones = PastZones.OWN,
) -> None:
    """Give another time to a mailing that has not begun, or to what is left of a stopped one.

    Raises as ``schedule_mailing`` does.
    """
    mailing.refresh_from_db()
    when: dict[str, Any] = {
        "at": at,
        "time_zone": time_zone,
        "timing": timing,
        "past_zones": past_zones,
    }
    with transaction.atomic():
        if mailing.state in STOPPED_STATES and mailing.stopped_from not in UNBEGUN:
            times = set_times(mailing, **when)
            target = MailingState(mailing.stopped_from)
            mailing.move(target, only_from=STOPPED_STATES, problem="", **times)
            _set_waves(mailing)
            return
        if mailing.state != MailingState.DRAFT:
            mailing.move(MailingState.DRAFT, only_from=(MailingState.SCHEDULED, MailingState.HELD))
        schedule_mailing(mailing, **when)


def _set_waves(mailing: Mailing) -> None:
    """Give the batches that nobody holds the times that the mailing's row has now."""
    waves = Waves(mailing, read_clock(mailing))
    left = Batch.objects.filter(mailing=mailing, state__in=UNHELD_BATCHES)
    for zone in left.order_by("time_zone").values_list("time_zone", flat=True).distinct():
        _, at = waves.find(zone)
        state = BatchState.READY if at is None else BatchState.WAITING
        left.filter(time_zone=zone).update(state=state, due_at=at, not_before=at or Now())

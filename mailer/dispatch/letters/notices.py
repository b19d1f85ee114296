"""Sending letters: claimed one by one, handed over by the same lanes as mailings, recorded.

No transaction is open meanwhile. A claim moves the time at which a letter is due ahead; if
the worker dies, it is due again by then, with the same Message-ID.
"""

from __future__ import annotations

import datetime as dt
import time

import structlog
from django.conf import settings

from mailer.dispatch.letters.letter import make_letter
from mailer.dispatch.servers.lane import Lane, Lanes, is_unreached
from mailer.errors import MessageError, RenderingError
from mailer.types import Outcome, OutcomeKind, OutgoingMessage
from subscribers.joining import record_sent
from subscribers.models import Notice, NoticeState

logger = structlog.get_logger(__name__)

# Longer than any conversation with a server takes, and short enough to be borne by a reader
# who waits for a link.
CLAIM = dt.timedelta(minutes=5)
MOST_AT_ONCE = 100
PATIENCE_SECONDS = 1.0
# A server that answers nothing is left after this: its letters are due again later.
LONGEST_RUN_SECONDS = 120
KEPT = dt.timedelta(days=30)


def send_notices(lanes: Lanes, *, now: dt.datetime) -> int:
    """Send the letters that are due; return how many were claimed."""
    lane = lanes.choose()
    claimed = claim_notices(now=now) if lane else []
    if lane is None or not claimed:
        return 0
    end = time.monotonic() + LONGEST_RUN_SECONDS
    waiting = {notice.pk: notice for notice in claimed}
    for notice in claimed:
        _submit(lane, notice, now=now)
        while not lane.is_down and not lane.room() and time.monotonic() < end:
            _note(lane, waiting)
    while lane.pending() and time.monotonic() < end:
        _note(lane, waiting)
    lane.rest()
    return len(claimed)


def claim_notices(*, now: dt.datetime) -> list[Notice]:
    """Return letters that are due, and this worker's for a while."""
    claimed = []
    for notice in Notice.objects.due(now=now)[:MOST_AT_ONCE]:
        still = Notice.objects.filter(pk=notice.pk, state=NoticeState.WAITING, due_at=notice.due_at)
        if still.update(due_at=now + CLAIM):
            claimed.append(notice)
    return claimed


def forget_notices(*, now: dt.datetime) -> int:
    """Delete letters of long ago: the evidence of consent stands elsewhere."""
    old = Notice.objects.filter(created_at__lt=now - KEPT).exclude(state=NoticeState.WAITING)
    return old.delete()[0]


def _submit(lane: Lane, notice: Notice, *, now: dt.datetime) -> None:
    """Hand a letter over, if it can be made and no limit keeps it back."""
    try:
        message: OutgoingMessage = make_letter(notice, now=now)
    except (MessageError, RenderingError) as error:
        _fail(notice, str(error))
        return
    except Exception as error:
        # Whatever is wrong with one letter, those of others must go. It may pass, as when the
        # database is away, so that this letter is tried again until its deadline.
        logger.exception("a letter can't be made", notice_id=notice.pk)
        _defer(notice, repr(error)[:500], attempts=notice.attempts + 1, now=now)
        return
    seconds = lane.admit(notice.pk, notice.email)
    if lane.is_down or seconds > 0:
        if seconds <= 0:
            lane.dismiss(notice.pk)
        later = now + dt.timedelta(seconds=max(seconds, 60.0))
        Notice.objects.filter(pk=notice.pk).update(due_at=later)
        return
    lane.submit(message)


def _note(lane: Lane, waiting: dict[int, Notice]) -> None:
    lane.tick()
    for _, outcome in lane.wait(PATIENCE_SECONDS):
        _record(waiting[outcome.delivery_id], outcome)


def _record(notice: Notice, outcome: Outcome) -> None:
    """Write what became of a letter; one that may have arrived is not sent again."""
    now = dt.datetime.now(tz=dt.UTC)
    reply = str(outcome.reply)[:500].replace("\0", "")
    if outcome.kind in {OutcomeKind.ACCEPTED, OutcomeKind.UNCERTAIN}:
        changes = {"state": NoticeState.SENT, "sent_at": now, "reply": reply}
        if Notice.objects.filter(pk=notice.pk).update(attempts=notice.attempts + 1, **changes):
            record_sent(notice, now=now)
    elif outcome.kind is OutcomeKind.FAILED:
        _fail(notice, reply)
    else:
        # A server that was not reached is no attempt.
        attempts = notice.attempts + (not is_unreached(outcome))
        _defer(notice, reply, attempts=attempts, now=now)


def _fail(notice: Notice, reply: str) -> None:
    logger.warning("a letter can't be sent", notice_id=notice.pk, reason=reply)
    Notice.objects.filter(pk=notice.pk).update(
        state=NoticeState.FAILED, attempts=notice.attempts + 1, reply=reply[:500]
    )


def _defer(notice: Notice, reply: str, *, attempts: int, now: dt.datetime) -> None:
    """Try again later, until the deadline."""
    delays = settings.RETRY_DELAYS_SECONDS
    due = now + dt.timedelta(seconds=delays[min(max(attempts, 1), len(delays)) - 1])
    if due > notice.created_at + dt.timedelta(seconds=settings.DEADLINE_SECONDS):
        _fail(notice, reply)
        return
    Notice.objects.filter(pk=notice.pk).update(due_at=due, attempts=attempts, reply=reply)

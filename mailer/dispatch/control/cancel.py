"""Cancelling: a mailing ends for good, and what a dead worker had done of it is not forgotten."""

from __future__ import annotations

import datetime as dt
import logging
from contextlib import closing

import redis
from django.db import transaction

from mailer.dispatch.batches.journal import Journal, open_journal
from mailer.dispatch.control.schedule import UNHELD_BATCHES
from mailer.models import (
    Batch,
    BatchState,
    Delivery,
    DeliveryState,
    Mailing,
    MailingState,
    SkipReason,
)
from mailer.results.record import record_attempts

logger = logging.getLogger(__name__)


def cancel_mailing(mailing: Mailing, *, now: dt.datetime) -> None:
    """End a mailing for good: what was not handed over is skipped, with that reason.

    Batches that a worker holds are closed when it lets go or its lease runs out.
    """
    mailing.move(MailingState.CANCELLED, finished_at=now)
    close_cancelled(now=now)


def close_cancelled(*, now: dt.datetime) -> None:
    """Close the batches of cancelled mailings that nobody holds, skipping what they had left.

    What stands in a batch's journal is recorded first: it was sent, or may have been. While
    Redis can't be asked, a batch stays open, and the next sweep closes it.
    """
    open_batches = Batch.objects.filter(
        mailing__state=MailingState.CANCELLED, state__in=UNHELD_BATCHES
    ).select_related("mailing")
    if not open_batches.exists():
        return
    try:
        with closing(open_journal()) as journal:
            for batch in open_batches:
                _close(batch, journal, now=now)
    except redis.RedisError as error:
        logger.warning("Cancelled batches stay open, as Redis does not answer: %s", error)


def _close(batch: Batch, journal: Journal, *, now: dt.datetime) -> None:
    attempts = [entry.as_attempt() for entry in journal.open(batch.pk)]
    mailing = batch.mailing
    mailing.resend_uncertain = False  # nothing is sent again; it is held as what it is
    with transaction.atomic():
        closed = Batch.objects.filter(
            pk=batch.pk, fence=batch.fence, state__in=UNHELD_BATCHES
        ).update(state=BatchState.DONE)
        if closed:
            record_attempts(mailing, attempts, now=now)
            Delivery.objects.unfinished().filter(batch=batch).update(
                state=DeliveryState.SKIPPED, skip_reason=SkipReason.CANCELLED, decided_at=now
            )

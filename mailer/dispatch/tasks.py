"""Wake-up calls. Each carries an id or nothing, may come twice or never, and harms nobody.

Only the functions at the end enqueue; beat's sweep makes good for every call that was lost.
"""

from __future__ import annotations

import datetime as dt
import os
import socket
from contextlib import closing, suppress

from celery import shared_task
from celery.exceptions import OperationalError
from celery.signals import worker_process_shutdown
from structlog.contextvars import bind_contextvars

from mailer.dispatch.batches.claim import reclaim_abandoned
from mailer.dispatch.batches.journal import open_journal
from mailer.dispatch.checking.visit import visit_links
from mailer.dispatch.control.cancel import close_cancelled
from mailer.dispatch.control.late import look_for_lateness
from mailer.dispatch.control.schedule import (
    finish_mailings,
    give_up_planning,
    start_due_mailings,
)
from mailer.dispatch.freezing.freeze import freeze_mailing
from mailer.dispatch.letters.notices import forget_notices, send_notices
from mailer.dispatch.planning.plan import plan_slice
from mailer.dispatch.sending.send import Sender
from mailer.dispatch.sending.stop import is_stopping
from mailer.dispatch.servers.lane import Lanes, process_lanes
from mailer.dispatch.trials.send import send_trials
from mailer.dispatch.watching.watch import open_watch
from mailer.errors import LimitsUnavailable, MastheadError
from mailer.models import Batch, Edition, Mailing, MailingState, Trial, TrialState
from subscribers.joining import answer_sign_ups

# Wake-ups sent at once for waiting batches: more than the senders of most installations;
# each sender calls for the next batch itself, so this bounds only how fast they all wake.
MOST_WAKE_UPS = 64


@shared_task(name="masthead.dispatch.plan_mailing")
def plan_mailing(*, mailing_id: int) -> None:
    """Freeze and plan a mailing; its first batches are sent while the rest is planned."""
    bind_contextvars(mailing_id=mailing_id)
    mailing = Mailing.objects.get(pk=mailing_id)
    try:
        frozen = freeze_mailing(mailing, now=_now())
        while mailing.state == MailingState.PLANNING:
            before = mailing.cursor
            wake_senders(plan_slice(mailing, frozen, now=_now()))
            if mailing.cursor == before and mailing.state == MailingState.PLANNING:
                return  # another planner is at work
    except MastheadError as error:
        give_up_planning(mailing, error)
    finish_mailings(now=_now())


@shared_task(name="masthead.dispatch.send_batches")
def send_batches() -> None:
    """Send batches as long as any are to be had; a second call finds them taken."""
    lane = process_lanes().choose()
    if lane is None:
        return  # no server is to be had now: the sweep calls again
    with closing(open_journal()) as journal:
        sender = Sender(
            worker=f"{socket.gethostname()}:{os.getpid()}",
            lane=lane,
            journal=journal,
            watch=open_watch(),
            is_stopping=is_stopping,
        )
        sender.run()
    if sender.was_cut_short:
        wake_senders(1)


@shared_task(name="masthead.dispatch.sweep")
def sweep() -> None:
    """Look at the database for whatever waits, and wake those who do it."""
    now = _now()
    look_for_lateness()
    reclaim_abandoned()
    close_cancelled(now=now)
    finish_mailings(now=now)
    start_due_mailings(now=now)
    planning = Mailing.objects.filter(state=MailingState.PLANNING)
    for mailing_id in planning.values_list("pk", flat=True):
        wake_planner(mailing_id)
    wake_senders(Batch.objects.claimable()[:MOST_WAKE_UPS].count())
    if Trial.objects.filter(state=TrialState.WAITING, due_at__lte=now).exists():
        wake_tester()


@shared_task(name="masthead.dispatch.answer_readers")
def answer_readers() -> None:
    """Answer the forms that readers sent in, and send the letters that are due."""
    answer_sign_ups(now=_now())
    with closing(Lanes()) as lanes, suppress(LimitsUnavailable):
        while send_notices(lanes, now=_now()):
            pass
    forget_notices(now=_now())


@shared_task(name="masthead.dispatch.send_tests")
def send_tests() -> None:
    """Send the test messages that are due; a second call finds them taken."""
    with closing(Lanes()) as lanes, suppress(LimitsUnavailable):
        while send_trials(lanes, now=_now()):
            pass


def wake_tester() -> None:
    """Call for test messages to be sent; the sweep calls again anyway."""
    with suppress(OperationalError):
        send_tests.apply_async(retry=False)


@shared_task(name="masthead.dispatch.visit_links")
def visit_edition_links(*, edition_id: int) -> None:
    """Visit the links of an edition, unless it is gone."""
    edition = Edition.objects.select_related("issue__publication").filter(pk=edition_id).first()
    if edition is not None:
        with suppress(MastheadError):  # what can't be rendered is told by the page that asks
            visit_links(edition, now=_now)


def wake_visitor(edition_id: int) -> None:
    """Call for the links of an edition to be visited; the button can be pressed again."""
    with suppress(OperationalError):
        visit_edition_links.apply_async(kwargs={"edition_id": edition_id}, retry=False)


def wake_planner(mailing_id: int) -> None:
    """Call a worker to plan this mailing."""
    plan_mailing.delay(mailing_id=mailing_id)


def wake_senders(batches: int) -> None:
    """Call as many senders as there are batches for them, within reason."""
    for _ in range(min(batches, MOST_WAKE_UPS)):
        send_batches.delay()


def wake_scheduler() -> None:
    """Call for a sweep now, as after scheduling a mailing for this moment."""
    sweep.delay()


def wake_answerer() -> None:
    """Call for the answer to what a reader has just sent in; the sweep calls again anyway."""
    with suppress(OperationalError):
        answer_readers.apply_async(retry=False)


@worker_process_shutdown.connect
def _close_connections(**_: object) -> None:
    process_lanes().close()


def _now() -> dt.datetime:
    return dt.datetime.now(tz=dt.UTC)

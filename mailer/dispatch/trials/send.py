"""Sending test messages, one after the other, by the lanes of mailings: nothing is pretended.

A claim moves the time at which one is due ahead; if the worker dies, it is due again by then, with
the same Message-ID. What a server puts off is not tried again: whoever waits is told.
"""

from __future__ import annotations

import datetime as dt
import time

from mailer.dispatch.servers.lane import Lane, Lanes
from mailer.dispatch.trials.message import make_trial
from mailer.errors import MastheadError
from mailer.models import Trial
from mailer.models.trial import TrialState
from mailer.types import Outcome, OutcomeKind

CLAIM = dt.timedelta(minutes=3)
MOST_AT_ONCE = 50
LONGEST_SECONDS = 30.0
PATIENCE_SECONDS = 0.5
NO_SERVER = "No mail server can be had now: see which of them fail, and why."


def send_trials(lanes: Lanes, *, now: dt.datetime) -> int:
    """Send the test messages that are due; return how many were claimed."""
    claimed = claim_trials(now=now)
    if not claimed:
        return 0
    lane = lanes.choose()
    for trial in claimed:
        if lane is None or lane.is_down:
            _finish(trial, TrialState.FAILED, NO_SERVER)
        else:
            _send(lane, trial, now=now)
    if lane is not None:
        lane.rest()
    return len(claimed)


def claim_trials(*, now: dt.datetime) -> list[Trial]:
    """Return test messages that are due, and this worker's for a while."""
    due = Trial.objects.filter(state=TrialState.WAITING, due_at__lte=now).order_by("id")
    chosen = due.select_related("edition__issue__publication", "reader")[:MOST_AT_ONCE]
    claimed = []
    for trial in chosen:
        still = Trial.objects.filter(pk=trial.pk, state=TrialState.WAITING, due_at=trial.due_at)
        if still.update(due_at=now + CLAIM):
            claimed.append(trial)
    return claimed


def _send(lane: Lane, trial: Trial, *, now: dt.datetime) -> None:
    """Hand one over and wait for its reply; a limit that keeps it back for long is told."""
    end = time.monotonic() + LONGEST_SECONDS
    try:
        message = make_trial(trial, now=now)
        while (seconds := lane.admit(trial.pk, trial.email)) > 0:
            if time.monotonic() + seconds > end:
                _finish(trial, TrialState.FAILED, "The limits of sending keep it back for now.")
                return
            time.sleep(min(seconds, PATIENCE_SECONDS))
            lane.tick()
    except MastheadError as error:
        _finish(trial, TrialState.FAILED, str(error))
        return
    lane.submit(message)
    while lane.pending() and time.monotonic() < end:
        lane.tick()
        _note(lane, trial)
    if lane.pending():
        lane.abandon()
        _note(lane, trial)


def _note(lane: Lane, trial: Trial) -> None:
    for _, outcome in lane.wait(PATIENCE_SECONDS):
        _record(trial, outcome)


def _record(trial: Trial, outcome: Outcome) -> None:
    accepted = outcome.kind in {OutcomeKind.ACCEPTED, OutcomeKind.UNCERTAIN}
    _finish(trial, TrialState.SENT if accepted else TrialState.FAILED, str(outcome.reply))


def _finish(trial: Trial, state: TrialState, reply: str) -> None:
    now = dt.datetime.now(tz=dt.UTC)
    sent_at = now if state == TrialState.SENT else None
    Trial.objects.filter(pk=trial.pk).update(
        state=state, reply=reply[:500].replace("\0", ""), sent_at=sent_at
    )

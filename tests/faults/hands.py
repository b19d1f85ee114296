"""An editor's and a reader's hands in mid-mailing: pause, cancel, leave."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

from django.utils import timezone

from mailer.dispatch.control.cancel import cancel_mailing
from mailer.dispatch.control.schedule import pause_mailing, resume_mailing
from mailer.models import Delivery, DeliveryState
from subscribers import consent
from subscribers.consent import Evidence
from tests.faults.row import Effort, Row
from tests.faults.scene import Run, Scene, note_books

MAILING = 3_000
LEAVERS = 100
QUIET_SECONDS = 1.0


def pause(scene: Scene, effort: Effort) -> Row:
    """Pause and go on."""
    row = Row(fault="paused in mid-send")
    run = scene.start(MAILING)
    for _ in range(effort.times(1, 4)):
        scene.await_sending(run, 300)
        _await_silence(scene, row, lambda: pause_mailing(run.mailing))
        resume_mailing(run.mailing)
    note_books(row, [scene.finish(run)], duplicates=0)
    return row


def cancel(scene: Scene, _: Effort) -> Row:
    """Cancel for good."""
    row = Row(fault="cancelled in mid-send")
    run = scene.start(MAILING)
    scene.await_sending(run, 300)
    _await_silence(scene, row, lambda: cancel_mailing(run.mailing, now=timezone.now()))
    _await_closed(run)
    books = scene.finish(run)
    note_books(row, [books], duplicates=0)
    left = sum(books.states.get(state, 0) for state in (DeliveryState.PENDING, "deferred"))
    row.demand(not left, f"{left} deliveries are neither sent nor skipped")
    return row


def unsubscribe(scene: Scene, _: Effort) -> Row:
    """Let readers leave who have not got it yet: what was in flight may reach them, no more."""
    row = Row(fault="unsubscribed in mid-send")
    run = scene.start(MAILING)
    scene.await_sending(run, 300)
    waiting = list(
        Delivery.objects.filter(mailing=run.mailing, state=DeliveryState.PENDING).values_list(
            "subscriber_id", "email"
        )
    )
    left_at: dict[str, float] = {}
    evidence = Evidence(method="rig")
    for person, email in random.Random(7).sample(waiting, min(LEAVERS, len(waiting))):
        now = timezone.now()
        consent.unsubscribe(
            subscriber_id=person, list_id=run.readers.pk, evidence=evidence, now=now
        )
        left_at[email] = time.time()
    books = scene.finish(run)
    after = [each for each in books.arrivals if each.at > left_at.get(each.recipient, each.at)]
    row.figures["left"] = len(left_at)
    row.figures["reached after they left"] = len(after)
    latest = max((each.at - left_at[each.recipient] for each in after), default=0.0)
    row.hold("latest, s", latest, QUIET_SECONDS)
    note_books(row, [books], duplicates=0)
    return row


def _await_silence(scene: Scene, row: Row, act: Callable[[], None]) -> None:
    """Act, and note how many messages came after that, and for how long."""
    act()
    committed, before = time.time(), scene.log.look()
    last = scene.await_quiet()
    came = scene.log.look() - before
    row.figures["messages after it, most"] = max(
        came, int(str(row.figures.get("messages after it, most", 0)))
    )
    row.hold("quiet after, s", max(last - committed, 0.0), QUIET_SECONDS)


def _await_closed(run: Run) -> None:
    """Wait until what was not handed over is skipped: a sweep, or the end of a lease."""
    end = time.monotonic() + 30
    unfinished = Delivery.objects.unfinished().filter(mailing=run.mailing)
    while unfinished.exists() and time.monotonic() < end:
        time.sleep(0.2)

"""Two who want the same: schedulers, clicks, and a worker that wakes after its lease."""

from __future__ import annotations

import os
import signal
import threading
import time

from django.conf import settings
from django.db import connection
from django.utils import timezone

from mailer.dispatch.control.schedule import schedule_mailing
from mailer.dispatch.tasks import wake_scheduler
from mailer.embedded.installation import describe_programs
from mailer.errors import InvalidTransition
from mailer.models import Batch, Delivery, Mailing
from tests.faults.row import Effort, Row
from tests.faults.scene import Scene, note_books
from tests.rig.installation import end_program, senders_of

MAILING = 1_500
CLICKS = 8
SWEEPS = 30
WAKING_SECONDS = 4


def run_two_schedulers(scene: Scene, _: Effort) -> Row:
    """Run a second beat and a second planner beside the first ones, and call for many sweeps."""
    row = Row(fault="two schedulers")
    commands = describe_programs()
    worker = [each.replace("worker@", "second@") for each in commands["worker"]]
    scene.place.processes.start("second-beat", commands["beat"])
    scene.place.processes.start("second-worker", worker)
    mailings = Mailing.objects.count()
    try:
        run = scene.start(MAILING)
        for _each in range(SWEEPS):
            wake_scheduler()
        books = scene.finish(run)
    finally:
        end_program(scene.place.processes, "second-beat")
        end_program(scene.place.processes, "second-worker")
    row.hold("second mailings", Mailing.objects.count() - mailings - 1, 0)
    note_books(row, [books], duplicates=0)
    return row


def click_twice(scene: Scene, _: Effort) -> Row:
    """Schedule one draft from several threads at the same moment."""
    row = Row(fault="a double click")
    run = scene.draft(scene.choose(MAILING))
    gate, done = threading.Barrier(CLICKS), []

    def click() -> None:
        mailing = Mailing.objects.get(pk=run.mailing.pk)
        gate.wait()
        try:
            schedule_mailing(mailing, at=timezone.now())
            done.append(True)
        except InvalidTransition:
            done.append(False)
        finally:
            connection.close()

    threads = [threading.Thread(target=click) for _each in range(CLICKS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wake_scheduler()
    row.figures["clicks"] = CLICKS
    row.figures["clicks that counted"] = sum(done)
    row.demand(sum(done) == 1, f"{sum(done)} clicks counted")
    note_books(row, [scene.finish(run)], duplicates=0)
    return row


def stop_past_lease(scene: Scene, effort: Effort) -> Row:
    """Stop a sender's process until others have sent its batch, then let it wake.

    What it had under way at that moment may come twice, one message a connection.
    """
    row = Row(fault="a worker paused past its lease")
    books, allowed, changed = [], 0, 0
    for _each in range(effort.times(1, 4)):
        run = scene.start(MAILING)
        scene.await_sending(run, 200)
        sleeper = next(pid for pid in senders_of(scene.place) if scene.open_connections([pid]))
        os.kill(sleeper, signal.SIGSTOP)  # first, so that what is counted is what is stopped
        try:
            allowed += scene.open_connections([sleeper])
            time.sleep(settings.LEASE_SECONDS + 1)
            scene.finish(run)
            known = _ledger(run.mailing)
        finally:
            os.kill(sleeper, signal.SIGCONT)
        time.sleep(WAKING_SECONDS)
        changed += sum(
            ours != theirs for ours, theirs in zip(known, _ledger(run.mailing), strict=True)
        )
        books.append(scene.finish(run))
    row.hold("writes under a stale token", changed, 0)
    note_books(row, books, duplicates=allowed)
    return row


def _ledger(mailing: Mailing) -> list[tuple[object, ...]]:
    """Return all that a worker may write of a mailing."""
    rows = Delivery.objects.filter(mailing=mailing).order_by("pk")
    batches = Batch.objects.filter(mailing=mailing).order_by("pk")
    return [
        *rows.values_list("pk", "state", "attempts", "reply_text", "decided_at"),
        *batches.values_list("pk", "state", "fence", "claimed_by", "lease_expires_at"),
    ]

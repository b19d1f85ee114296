"""Clocks that are wrong, and a schedule that is found far too late."""

from __future__ import annotations

import datetime as dt
import time

from django.utils import timezone

from mailer.dispatch.control.cancel import cancel_mailing
from mailer.dispatch.control.schedule import schedule_mailing
from mailer.dispatch.tasks import wake_scheduler
from mailer.embedded.installation import describe_programs
from mailer.models import Mailing, MailingState
from tests.faults.row import Effort, Row
from tests.faults.scene import Scene, note_books
from tests.rig.installation import end_program

MAILING = 200
AHEAD_SECONDS = 6
LATE_HOURS = 5
LOOK_SECONDS = 3
# A sweep on a busy machine.
MOST_SECONDS = 20
# By how many seconds sender, planning worker and beat are ahead of the database's clock.
CLOCKS = {
    "all an hour ahead": (3_600, 3_600, 3_600),
    "all an hour behind": (-3_600, -3_600, -3_600),
    "beat an hour behind the workers": (3_600, 3_600, 0),
}
OFF_SECONDS = "MASTHEAD_ASTRAY"  # astray.py reads it; to import that is to move the clock
PROGRAMS = ("sender", "worker", "beat")


def move_clocks(scene: Scene, effort: Effort) -> Row:
    """Run the programs on clocks that are wrong; the mailing must go when it is due, once."""
    row = Row(fault="the clock moved an hour")
    books, early = [], 0
    for name, clocks in list(CLOCKS.items())[: effort.times(1, len(CLOCKS))]:
        _restart(scene, dict(zip(PROGRAMS, clocks, strict=True)))
        run = scene.draft(scene.choose(MAILING))
        due = timezone.now() + dt.timedelta(seconds=AHEAD_SECONDS)
        schedule_mailing(run.mailing, at=due)
        one = scene.finish(run)
        early += sum(each.at < due.timestamp() for each in one.arrivals)
        row.figures[f"{name}: first after, s"] = round(
            min(each.at for each in one.arrivals) - due.timestamp(), 2
        )
        books.append(one)
    _restart(scene, {})
    row.hold("sent early", early, 0)
    note_books(row, books, duplicates=0)
    return row


def _restart(scene: Scene, clocks: dict[str, int]) -> None:
    commands = describe_programs()
    for name in PROGRAMS:
        end_program(scene.place.processes, name)
        command = commands[name]
        if clocks.get(name):
            astray = [each.replace("mailer.celery", "tests.faults.astray") for each in command]
            command = ["env", f"{OFF_SECONDS}={clocks[name]}", *astray]
        scene.restart(name, command)
    scene.await_workers()


def find_too_late(scene: Scene, _: Effort) -> Row:
    """Let a schedule be found hours after its time, as in a backup that was restored."""
    row = Row(fault="a schedule found far too late")
    run = scene.draft(scene.choose(MAILING))
    schedule_mailing(run.mailing, at=timezone.now() + dt.timedelta(hours=1))
    past = timezone.now() - dt.timedelta(hours=LATE_HOURS)
    Mailing.objects.filter(pk=run.mailing.pk).update(scheduled_at=past, starts_at=past)
    wake_scheduler()
    end = time.monotonic() + MOST_SECONDS
    while run.mailing.state == MailingState.SCHEDULED and time.monotonic() < end:
        time.sleep(0.2)
        run.mailing.refresh_from_db()
    time.sleep(LOOK_SECONDS)  # if it went out all the same, it is seen now
    row.figures["state"] = run.mailing.state
    row.hold("messages", scene.arrived(run), 0)
    row.demand(run.mailing.problem, "it does not say what it asks")
    cancel_mailing(run.mailing, now=timezone.now())
    return row

"""The scene of the faults: an installation under way, which is tended like a service."""

from __future__ import annotations

import itertools
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone

from mailer.dispatch.control.schedule import create_mailing, schedule_mailing
from mailer.dispatch.tasks import wake_scheduler
from mailer.embedded.installation import describe_programs
from mailer.models import Issue, Mailing, MailingState
from subscribers.models import List
from tests.faults.books import Books, settle
from tests.faults.row import Row
from tests.rig.arrivals import ArrivalLog
from tests.rig.bulletin import SMALLEST_KILOBYTES, make_edition
from tests.rig.installation import (
    PROGRAMS,
    NothingMoves,
    await_ready,
    senders_of,
    start_counting_sink,
    start_programs,
)
from tests.rig.people import make_readers, take_some
from tests.rig.place import Place
from tests.rig.usage import connections_to

LOOK_SECONDS = 0.02
# The longest that anything may stand still: a lease, a sweep, a retry, a restart, on a busy
# machine. It is far more than what the figures allow.
STALLED_SECONDS = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A mailing under way: how many had arrived before it, and when it was scheduled."""

    mailing: Mailing
    readers: List
    size: int
    before: int


@dataclass(slots=True)
class Scene:
    """An installation with a pool of people, and the log of the counting sink."""

    place: Place
    people: int
    log: ArrivalLog = field(init=False)
    issue: Issue = field(init=False)
    restarts: int = 0
    _numbers: itertools.count[int] = field(default_factory=itertools.count, init=False)

    def __post_init__(self) -> None:
        self.log = ArrivalLog(self.place.folder / "arrivals")
        readers = make_readers(self.people, "everybody", now=timezone.now())
        edition, _ = make_edition(SMALLEST_KILOBYTES, readers, now=timezone.now())
        self.issue = edition.issue

    @property
    def port(self) -> int:
        """Return where the sender finds its mail server."""
        return self.place.smtp_port

    def open(self) -> None:
        """Start the sink and the installation."""
        start_counting_sink(self.place, self.log.path, self.port)
        start_programs(self.place)

    def choose(self, count: int) -> List:
        """Make a list of so many of the people."""
        return take_some(count, f"list-{next(self._numbers)}", now=timezone.now())

    def draft(self, readers: List) -> Run:
        """Make a mailing, not scheduled yet."""
        mailing = create_mailing(self.issue, lists=[readers], now=timezone.now())
        size = readers.subscriptions.count()
        return Run(mailing=mailing, readers=readers, size=size, before=self.log.look())

    def start(self, count: int) -> Run:
        """Schedule a mailing to so many for now, as an editor does."""
        run = self.draft(self.choose(count))
        schedule_mailing(run.mailing, at=timezone.now())
        wake_scheduler()
        return run

    def arrived(self, run: Run) -> int:
        """Return how many messages have arrived since the mailing was made."""
        return self.log.look() - run.before

    def await_arrivals(self, run: Run, count: int) -> float:
        """Wait until so many have arrived, or the mailing has ended; return the seconds."""
        began = moved = time.monotonic()
        last = self.arrived(run)
        while self.arrived(run) < min(count, run.size):
            time.sleep(LOOK_SECONDS)
            self.tend()
            if self.arrived(run) != last:
                last, moved = self.arrived(run), time.monotonic()
            if time.monotonic() - moved > STALLED_SECONDS:
                raise NothingMoves(f"{run.mailing}: {last} of {run.size} arrived, and no more")
        return time.monotonic() - began

    def await_sending(self, run: Run, more: int = 20) -> float:
        """Wait until it sends again: return after how many seconds so many more have arrived."""
        return self.await_arrivals(run, self.arrived(run) + more)

    def await_quiet(self, seconds: float = 1.5) -> float:
        """Wait until nothing has arrived for so long; return when the last one did (epoch)."""
        last, since = self.log.look(), time.monotonic()
        while time.monotonic() - since < seconds:
            time.sleep(LOOK_SECONDS)
            if self.log.look() != last:
                last, since = self.log.look(), time.monotonic()
        arrivals = self.log.read()
        return arrivals[-1].at if arrivals else 0.0

    def finish(self, run: Run) -> Books:
        """Wait for the mailing's end and return its books. Raises NothingMoves."""
        moved, last = time.monotonic(), None
        while True:
            state = self._read_state(run)
            if state in {MailingState.SENT, MailingState.CANCELLED}:
                break
            now = (state, self.arrived(run))
            if now != last:
                last, moved = now, time.monotonic()
            if time.monotonic() - moved > STALLED_SECONDS:
                raise NothingMoves(f"{run.mailing} is {now}: {run.mailing.problem}")
            time.sleep(LOOK_SECONDS * 5)
            self.tend()
        self.await_quiet(0.3)
        return settle(run.mailing, self.log.read(after=run.before))

    def tend(self) -> None:
        """Start again what has ended, as whatever runs services does."""
        for name, program in self.place.processes.running.items():
            if program.process.poll() is not None and name in PROGRAMS:
                self.restarts += 1
                self.restart(name)

    def restart(self, name: str, command: Sequence[str] = ()) -> None:
        """Start a program anew, whatever became of its process."""
        self.place.processes.start(name, list(command) or describe_programs()[name])

    def keep_logs(self, name: str) -> None:
        """Keep the programs' logs of what went wrong, and say where."""
        kept = Path(tempfile.mkdtemp(prefix=f"masthead-{name}-"))
        shutil.copytree(self.place.processes.logs, kept, dirs_exist_ok=True)
        sys.stderr.write(f"The logs are in {kept}.\n")

    def rebuild(self) -> None:
        """Start everything anew, after a fault from which it did not recover."""
        connection.close()
        self.place.processes.stop()
        Mailing.objects.exclude(state=MailingState.SENT).update(state=MailingState.CANCELLED)
        self.open()

    def await_workers(self) -> None:
        """Wait until both workers take tasks."""
        for name in ("sender", "worker"):
            await_ready(self.place, name)

    def open_connections(self, pids: Sequence[int] = ()) -> int:
        """Return how many connections to the mail server the senders, or these, have open."""
        return connections_to(self.port, pids or senders_of(self.place))

    def _read_state(self, run: Run) -> str:
        try:
            run.mailing.refresh_from_db()
        except (OperationalError, InterfaceError):
            connection.close()
        return run.mailing.state


def note_books(row: Row, books: Sequence[Books], *, duplicates: float) -> None:
    """Note what every fault must show: nothing lost, no wrong state, so many duplicates at most."""
    row.figures["messages"] = sum(len(each.arrivals) for each in books)
    row.hold("lost", sum(each.lost for each in books), 0)
    row.hold("duplicates", sum(each.duplicates for each in books), duplicates)
    row.hold("wrong states", sum(each.wrong for each in books), 0)

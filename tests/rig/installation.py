"""Masthead's own processes on the rig: sender, worker and beat, started as installations do."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from mailer.celery import app
from mailer.embedded.installation import describe_programs
from mailer.embedded.processes import Processes
from mailer.models import Delivery, Mailing, MailingState
from tests.fakes.servers import listens, wait_until
from tests.rig.place import Place
from tests.rig.usage import children_of

ROOT = Path(__file__).resolve().parent.parent.parent
PROGRAMS = ("sender", "worker", "beat")
PING_SECONDS = 0.5
START_SECONDS = 120
LOOK_SECONDS = 0.1


class NothingMoves(Exception):
    """Say that a mailing stands still: where it stands, and where the logs are."""


def start_programs(place: Place, names: Sequence[str] = PROGRAMS) -> None:
    """Start the programs and wait until the workers have said that they are ready."""
    commands = describe_programs()
    for name in names:
        place.processes.start(name, commands[name])
    for name in names:
        if name != "beat":
            await_ready(place, name)


def await_ready(place: Place, name: str) -> None:
    """Wait until a worker answers, which it does when it takes tasks."""
    host = f"{name}@{socket.gethostname()}"

    def answers() -> bool:
        place.processes.check()
        # A connection of its own: one of the pool may be to a Redis that was killed since.
        with app.connection_for_write() as link:
            return bool(app.control.ping(destination=[host], timeout=PING_SECONDS, connection=link))

    wait_until(answers, f"the {name}", START_SECONDS)


def pid_of(place: Place, name: str) -> int:
    """Return the number of a program's process."""
    return place.processes.running[name].process.pid


def senders_of(place: Place) -> list[int]:
    """Return the processes that send: the sender's children."""
    return children_of(pid_of(place, "sender"))


def start_counting_sink(place: Place, log: Path, port: int, *, chunking: bool = False) -> None:
    """Start the rig's own mail server, which writes down each recipient."""
    command = [sys.executable, "-m", "tests.rig.counting_sink", "--port", str(port)]
    options = ["--log", str(log), *(["--chunking"] if chunking else [])]
    place.processes.start("counting-sink", [*command, *options])
    place.processes.await_port(port)


def start_delay(place: Place, *, port: int, behind: int, rtt_ms: float) -> None:
    """Put a long way between us and the mail server."""
    command = [sys.executable, "-m", "tests.rig.delay", "--port", str(port)]
    options = ["--to", f"127.0.0.1:{behind}", "--rtt-ms", str(rtt_ms)]
    place.processes.start("delay", [*command, *options])
    place.processes.await_port(port)


def end_program(processes: Processes, name: str) -> None:
    """End one program politely and forget it."""
    process = processes.running.pop(name).process
    process.terminate()
    try:
        process.wait(timeout=60)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def await_closed(port: int) -> None:
    """Wait until nobody listens on a port any more."""
    wait_until(lambda: not listens(port), f"the end of what listened on {port}")


def follow(mailing: Mailing, place: Place, *, stalled_seconds: float) -> None:
    """Wait until a mailing has ended. Raises NothingMoves when it stands still for so long."""
    last, moved = None, time.monotonic()
    looked = 0.0
    while mailing.state not in {MailingState.SENT, MailingState.CANCELLED}:
        time.sleep(LOOK_SECONDS)
        mailing.refresh_from_db()
        if time.monotonic() - looked > 2:  # counting a million rows costs the database a while
            states = Delivery.objects.filter(mailing=mailing).count_by_state()
            looked = time.monotonic()
            if (mailing.state, states) != last:
                last, moved = (mailing.state, states), time.monotonic()
        if mailing.problem or time.monotonic() - moved > stalled_seconds:
            raise NothingMoves(
                f"{mailing} is {mailing.state}, {last}: {mailing.problem or place.processes.logs}"
            )

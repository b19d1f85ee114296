"""All that a demo runs: the installation, and the world that it sends to.

Starting a program is mostly reading its code, and so they all start at once, beside the demo's
own beginning. None of them asks for a table before there is work; only beat does, which wakes
the others, and starts when the tables are there.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

from mailer.demo.environment import Ports
from mailer.demo.mailboxes import Mailboxes
from mailer.embedded.installation import await_installation, describe_programs, start_redis
from mailer.embedded.processes import Processes

LAST = "beat"


@contextmanager
def run_servers(ports: Ports) -> Iterator[Processes]:
    """Start what needs no tables; end everything afterwards."""
    processes = Processes(settings.VAR_DIR / "logs")
    Mailboxes(settings.DEMO_STORE).create()  # type: ignore[misc]  # the demo's own
    try:
        start_redis(processes)
        processes.start("world", _world_command(ports))
        for name, command in describe_programs().items():
            if name != LAST:
                processes.start(name, command)
        yield processes
    finally:
        _ignore_interrupts()
        processes.stop()


def start_last(processes: Processes) -> None:
    """Start what asks for the tables at once: they are there now."""
    processes.start(LAST, describe_programs()[LAST])


def await_servers(processes: Processes, ports: Ports) -> None:
    """Wait until everything that is spoken to can be."""
    processes.await_port(ports.world)
    await_installation(processes)


def _world_command(ports: Ports) -> list[str]:
    return [
        *(sys.executable, "-m", "mailer.demo.world"),
        *("--port", str(ports.world)),
        *("--inbound-port", str(ports.inbound)),
        *("--store", str(settings.DEMO_STORE)),  # type: ignore[misc]  # the demo's own
    ]


def _ignore_interrupts() -> None:
    """Let nothing keep us from ending what we started: it is bounded in time."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)

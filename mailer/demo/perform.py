"""The demo from its first process to its last word."""

from __future__ import annotations

import json
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.conf import settings
from django.core.management import call_command
from django.utils import timezone
from rich.console import Console

from mailer.demo.cast import ADMIN, make_admin, set_stage
from mailer.demo.environment import Ports
from mailer.demo.figures import Account
from mailer.demo.mailboxes import Mailboxes
from mailer.demo.mailings import Sender
from mailer.demo.options import Options
from mailer.demo.people import make_people
from mailer.demo.progress import open_meter
from mailer.demo.show import show_account, show_way_in
from mailer.embedded.installation import start_installation, start_redis
from mailer.embedded.processes import Processes
from mailer.types import Document

LOOK_SECONDS = 0.5


def perform(options: Options, documents: Sequence[Document], ports: Ports, console: Console) -> int:
    """Send the issue twice, print the accounts, stay up if asked to, and return the exit code."""
    mailboxes = Mailboxes(settings.DEMO_STORE)  # type: ignore[misc]  # the demo's own
    mailboxes.create()
    with _running_servers(ports) as processes:
        people = make_people(options.subscribers)
        stage = set_stage(documents, people, now=timezone.now())
        sender = Sender(stage=stage, people=people, mailboxes=mailboxes, check=processes.check)
        first, second = send_twice(sender, console)
        code = give_account(first, second, options, console)
        if not options.once:
            _stay(processes, options, console, first, second)
    return code


def send_twice(sender: Sender, console: Console) -> tuple[Account, Account]:
    """Send a mailing, and another one after everything has come back from it."""
    with open_meter(console, "First mailing") as meter:
        first = sender.send(meter, gone={})
    show_account(console, "First mailing", first)
    with open_meter(console, "Second mailing") as meter:
        second = sender.send(meter, gone=first.seen.gone)
    show_account(console, "Second mailing", second)
    return first, second


def give_account(first: Account, second: Account, options: Options, console: Console) -> int:
    """Say which figures are off, if any, and return the exit code."""
    wrong = [f"First mailing: {line}" for line in first.wrong()]
    wrong += [f"Second mailing: {line}" for line in second.wrong()]
    if first.seen.gone and len(second.seen.reached) >= len(first.expected.recipients):
        wrong.append("The second mailing did not go to fewer readers.")
    for sentence in wrong:
        print(f"masthead: {sentence}", file=sys.stderr)  # noqa: T201 - a program's last word
    if not wrong:
        console.print("Every figure is right: nothing lost, nothing sent twice.")
    if options.json and options.once:
        _print_json(first, second)
    return 1 if wrong else 0


@contextmanager
def _running_servers(ports: Ports) -> Iterator[Processes]:
    """Start all that an installation runs, and the world; end it all afterwards."""
    processes = Processes(settings.VAR_DIR / "logs")
    try:
        start_redis(processes)
        processes.start("world", _world_command(ports))
        call_command("migrate", verbosity=0)
        start_installation(processes)
        processes.await_port(ports.world)
        yield processes
    finally:
        _ignore_interrupts()
        processes.stop()


def _world_command(ports: Ports) -> list[str]:
    return [
        *(sys.executable, "-m", "mailer.demo.world"),
        *("--port", str(ports.world)),
        *("--inbound-port", str(ports.inbound)),
        *("--store", str(settings.DEMO_STORE)),  # type: ignore[misc]  # the demo's own
    ]


def _stay(
    processes: Processes, options: Options, console: Console, first: Account, second: Account
) -> None:
    """Keep everything running until Ctrl-C."""
    show_way_in(console, settings.PUBLIC_URL, ADMIN, make_admin())
    if options.json:
        _print_json(first, second)
    try:
        while True:
            processes.check()
            time.sleep(LOOK_SECONDS)
    except KeyboardInterrupt:
        console.print("\nEnding …")


def _print_json(first: Account, second: Account) -> None:
    figures = {**first.as_json(), "second_mailing": second.as_json()}
    print(json.dumps(figures), flush=True)  # noqa: T201 - for a program that reads the last line


def _ignore_interrupts() -> None:
    """Let nothing keep us from ending what we started: it is bounded in time."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)

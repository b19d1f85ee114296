"""The demo from its first process to its last word."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence

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
from mailer.demo.servers import await_servers, start_last
from mailer.demo.show import show_account, show_way_in
from mailer.embedded.processes import Processes
from mailer.types import Document

LOOK_SECONDS = 0.5
TITLES = ("First mailing", "Second mailing")


def perform(
    options: Options,
    documents: Sequence[Document],
    ports: Ports,
    processes: Processes,
    console: Console,
) -> int:
    """Send the issue twice, print the accounts, stay up if asked to, and return the exit code."""
    call_command("migrate", verbosity=0)
    start_last(processes)
    people = make_people(options.subscribers)
    stage = set_stage(documents, people, now=timezone.now())
    await_servers(processes, ports)
    mailboxes = Mailboxes(settings.DEMO_STORE)  # type: ignore[misc]  # the demo's own
    sender = Sender(stage=stage, people=people, mailboxes=mailboxes, check=processes.check)
    accounts = send_mailings(sender, console, count=1 if options.first_only else 2)
    code = give_verdict(accounts, console)
    if not options.once:
        show_way_in(console, settings.PUBLIC_URL, ADMIN, make_admin())
    if options.json:
        _print_json(accounts)
    if not options.once:
        _stay(processes, console)
    return code


def send_mailings(sender: Sender, console: Console, *, count: int) -> list[Account]:
    """Send a mailing, and another one after everything has come back from it."""
    accounts: list[Account] = []
    for title in TITLES[:count]:
        gone = accounts[-1].seen.gone if accounts else {}
        with open_meter(console, title) as meter:
            account = sender.send(meter, gone=gone)
        show_account(console, title, account)
        accounts.append(account)
    return accounts


def give_verdict(accounts: Sequence[Account], console: Console) -> int:
    """Say which figures are off, if any, and return the exit code."""
    wrong = [
        f"{title}: {line}"
        for title, account in zip(TITLES, accounts, strict=False)
        for line in account.wrong()
    ]
    first, last = accounts[0], accounts[-1]
    fewer = len(last.seen.reached) < len(first.expected.recipients)
    if first.seen.gone and last is not first and not fewer:
        wrong.append("The second mailing did not go to fewer readers.")
    for sentence in wrong:
        print(f"masthead: {sentence}", file=sys.stderr, flush=True)  # noqa: T201 - a last word
    if not wrong:
        console.print(f"Every figure is right: nothing lost, {_say_repeats(accounts)}.")
    return 1 if wrong else 0


def _say_repeats(accounts: Sequence[Account]) -> str:
    """Return what is to be said of messages that came twice, as the ledger knows they may."""
    repeats = sum(account.seen.repeated for account in accounts)
    if not repeats:
        return "nothing sent twice"
    return f"{repeats} sent again because a worker died before the server's reply"


def _stay(processes: Processes, console: Console) -> None:
    """Keep everything running until Ctrl-C."""
    try:
        while True:
            processes.check()
            time.sleep(LOOK_SECONDS)
    except KeyboardInterrupt:
        console.print("\nEnding …")


def _print_json(accounts: Sequence[Account]) -> None:
    figures = accounts[0].as_json()
    if len(accounts) > 1:
        figures["second_mailing"] = accounts[1].as_json()
    print(json.dumps(figures), flush=True)  # noqa: T201 - for a program

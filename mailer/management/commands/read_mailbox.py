"""``./masthead manage read_mailbox``: take in what comes back from a mailbox, over IMAP."""

from __future__ import annotations

import logging
import signal
import threading
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, InterfaceError
from django.utils import timezone
from imapclient.exceptions import IMAPClientError

from mailer.feedback.mailbox import (
    Mailbox,
    MailboxAddress,
    open_mailbox,
    parse_address,
    read_until,
)

log = logging.getLogger(__name__)

# A server that is away is asked again soon, and then more and more seldom.
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 5, 300
FAULTS = (OSError, IMAPClientError, DatabaseError, InterfaceError)


class Command(BaseCommand):
    help = "Read bounces and complaints from the mailbox of MASTHEAD_IMAP_URL, until a signal."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="read what is there, and end")

    def handle(self, *_: Any, once: bool, **__: Any) -> None:
        if not settings.IMAP_URL:
            raise CommandError(
                "No mailbox is set: write MASTHEAD_IMAP_URL=imaps://user:password@host/INBOX."
            )
        address = parse_address(settings.IMAP_URL)
        if once:
            self._read_once(address)
            return
        ended = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: ended.set())
        self.stdout.write(f"Reading {address.folder} at {address.host}.")
        self.stdout.flush()
        keep_reading(address, ended)
        self.stdout.write("Ended.")

    def _read_once(self, address: MailboxAddress) -> None:
        try:
            total = read_waiting(address)
        except FAULTS as error:
            raise CommandError(
                f"{address.folder} at {address.host} can't be read ({error}): "
                "see that MASTHEAD_IMAP_URL is right and the server can be reached."
            ) from error
        self.stdout.write(f"Read {total} mails.")


def read_waiting(address: MailboxAddress) -> int:
    """Read what stands in the mailbox now, and return how many mails."""
    mailbox = open_mailbox(address)
    total = 0
    try:
        while count := mailbox.read_new(now=timezone.now()):
            total += count
    finally:
        mailbox.close()
    return total


def keep_reading(address: MailboxAddress, ended: threading.Event) -> None:
    """Read until ended, and connect again after any fault of server, network or database."""
    pause = FIRST_PAUSE_SECONDS
    while not ended.is_set():
        mailbox: Mailbox | None = None
        try:
            mailbox = open_mailbox(address)
            pause = FIRST_PAUSE_SECONDS
            read_until(mailbox, ended.is_set, timezone.now)
        except FAULTS as error:
            log.warning("The mailbox can't be read (%s); again in %s s.", error, pause)
            ended.wait(pause)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
        finally:
            if mailbox:
                mailbox.close()

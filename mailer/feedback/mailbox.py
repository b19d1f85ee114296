"""The mailbox reader: bounces fetched over IMAP (RFC 3501), where no listener can be reached.

A mail leaves the inbox only once it is in our database. It is moved, never deleted: to the
folder of what was read, or to that of what could not be, for a person to see. A crash between
the two only means that the same mail is kept again, which is known by its digest.
"""

from __future__ import annotations

import datetime as dt
import logging
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.db import DatabaseError, InterfaceError, close_old_connections
from imapclient import IMAPClient

from mailer.feedback.address import find_addresses
from mailer.feedback.apply import handle
from mailer.feedback.keep import is_ours, keep_mail
from mailer.feedback.mime import LARGEST_MAIL_OCTETS, cut
from mailer.models import InboundMessage

log = logging.getLogger(__name__)

TIMEOUT_SECONDS = 60
# RFC 2177 asks for a new IDLE within 29 minutes; many routers forget a connection in ten.
IDLE_SECONDS = 300
# IDLE is left at least so often, to see whether the reader is to end.
LOOK_SECONDS = 1
POLL_SECONDS = 60
# A round holds few mails in memory, and a broken connection costs no more than one.
MAILS_A_ROUND = 50
READ, UNREAD = "Masthead read", "Masthead unreadable"
# Where delivery agents write the envelope's recipient, the surest first; our address in To is
# the last, since a report is addressed to the envelope's sender as well (RFC 3464 §2).
ENVELOPE_FIELDS = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "to")


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxAddress:
    """What an address such as ``imaps://user:password@host:993/INBOX`` says."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    folder: str
    tls: str


def parse_address(url: str) -> MailboxAddress:
    """Take an address apart; ``imap`` begins TLS by STARTTLS, but on loopback."""
    parts = urlsplit(url)
    plain = parts.hostname in {"127.0.0.1", "localhost", "::1"}
    return MailboxAddress(
        host=parts.hostname or "",
        port=parts.port or (993 if parts.scheme == "imaps" else 143),
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        folder=unquote(parts.path.strip("/")) or "INBOX",
        tls="implicit" if parts.scheme == "imaps" else "none" if plain else "starttls",
    )


class Mailbox:
    """One connection to a mailbox, from ``open_mailbox`` to ``close``."""

    def __init__(self, client: Any, folder: str) -> None:
        self._client = client
        self._folder = folder
        self._ready_folders()

    def read_new(self, *, now: dt.datetime) -> int:
        """Keep, handle and move what stands in the inbox, some at a time; return how many.

        Raises DatabaseError or InterfaceError if the database is away: the mail stays then.
        """
        self._client.noop()  # or a search may not see what has come since the last command
        numbers = self._client.search(["UNDELETED"])[:MAILS_A_ROUND]
        for number in numbers:
            self._move(number, READ if self._read(number, now=now) else UNREAD)
        return len(numbers)

    def wait(self, ended: Callable[[], bool]) -> None:
        """Return when something may have come, or ``ended`` says so."""
        if not self._client.has_capability("IDLE"):
            wait_a_while(ended)
            return
        self._client.idle()
        try:
            for _ in range(IDLE_SECONDS // LOOK_SECONDS):
                if self._client.idle_check(timeout=LOOK_SECONDS) or ended():
                    break
        finally:
            self._client.idle_done()

    def close(self) -> None:
        """Part from the server, whatever state the connection is in."""
        self._client.shutdown()

    def _read(self, number: int, *, now: dt.datetime) -> bool:
        """Keep and handle one mail; tell whether it could be read."""
        size = self._client.fetch([number], ["RFC822.SIZE"])[number][b"RFC822.SIZE"]
        if size > LARGEST_MAIL_OCTETS:
            log.warning("A mail of %s octets is left in the folder %r.", size, UNREAD)
            return False
        raw = self._client.fetch([number], ["BODY.PEEK[]"])[number][b"BODY[]"]
        [kept] = keep_mail(raw, sender="", recipients=[find_envelope(raw)], now=now)
        try:
            handle(kept, now=now)
        except (DatabaseError, InterfaceError):
            raise
        except Exception:
            # It is kept: beat's handle_waiting_mail tries again.
            log.exception("Inbound mail %s waits to be handled.", kept)
        return not InboundMessage.objects.values_list("problem", flat=True).get(pk=kept)

    def _move(self, number: int, folder: str) -> None:
        """Move a mail: by MOVE (RFC 6851), or a copy and a mark where there is none."""
        name = self._names[folder]
        if self._client.has_capability("MOVE"):
            self._client.move([number], name)
            return
        self._client.copy([number], name)
        self._client.delete_messages([number], silent=True)
        if self._client.has_capability("UIDPLUS"):
            self._client.uid_expunge([number])

    def _ready_folders(self) -> None:
        """Make our two folders where they are missing, below the inbox where servers want it."""
        prefix = self._find_prefix()
        self._names = {folder: f"{prefix}{folder}" for folder in (READ, UNREAD)}
        for name in self._names.values():
            if not self._client.folder_exists(name):
                self._client.create_folder(name)
        self._client.select_folder(self._folder)

    def _find_prefix(self) -> str:
        """Return what personal folders begin with (RFC 2342), often nothing."""
        if not self._client.has_capability("NAMESPACE"):
            return ""
        personal = self._client.namespace().personal
        return str(personal[0][0]) if personal else ""


def open_mailbox(address: MailboxAddress) -> Mailbox:
    """Connect and log in. Raises OSError or IMAPClientError."""
    context = ssl.create_default_context()
    client = IMAPClient(
        address.host,
        port=address.port,
        ssl=address.tls == "implicit",
        ssl_context=context if address.tls == "implicit" else None,
        timeout=TIMEOUT_SECONDS,
    )
    try:
        if address.tls == "starttls":
            client.starttls(context)
        client.login(address.user, address.password)
        return Mailbox(client, address.folder)
    except BaseException:
        client.shutdown()
        raise


def read_until(
    mailbox: Mailbox, ended: Callable[[], bool], clock: Callable[[], dt.datetime]
) -> int:
    """Read what stands there and what comes, until ``ended``; return how many mails."""
    total = 0
    while not ended():
        close_old_connections()
        count = mailbox.read_new(now=clock())
        total += count
        if not count:
            mailbox.wait(ended)
    return total


def wait_a_while(ended: Callable[[], bool]) -> None:
    """Wait where a server has no IDLE, but not for longer than until ``ended``."""
    for _ in range(POLL_SECONDS // LOOK_SECONDS):
        if ended():
            return
        time.sleep(LOOK_SECONDS)


def find_envelope(raw: bytes) -> str:
    """Return the address of ours that a mail came to, as its header tells; else the role's.

    Nobody can name another's address here: what is ours carries our signature.
    """
    head = cut(raw[:LARGEST_MAIL_OCTETS].replace(b"\r\n", b"\n"))
    fields = (value for name in ENVELOPE_FIELDS for value in head.get_all(name))
    named = (each for value in fields for each in find_addresses(value))
    domain = settings.BOUNCE_DOMAIN
    return next((each for each in named if is_ours(each, domain=domain)), f"postmaster@{domain}")

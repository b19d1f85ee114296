"""The listener for what comes back, over SMTP (RFC 5321) or LMTP (RFC 2033).

A mail is answered 250 when it is in the database, and not before: until then it is still the
sender's, who tries again. It stands behind a mail server that keeps the world's noise out.
"""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

from aiosmtpd.controller import Controller
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.db import DatabaseError, InterfaceError, close_old_connections, connections
from django.utils import timezone

from mailer.feedback.apply import handle
from mailer.feedback.keep import is_ours, keep_mail
from mailer.feedback.mime import LARGEST_MAIL_OCTETS

log = logging.getLogger(__name__)
# aiosmtpd tells each command, with readers' addresses in them.
logging.getLogger("mail.log").setLevel(logging.WARNING)

# A bounce comes to one address. Few more are taken at a time, since each is a copy kept.
MOST_RECIPIENTS = 10
# RFC 5321 §4.5.3.1.6 says 1,000, but a returned copy may have lines that somebody made longer.
LONGEST_LINE = 65_536
IDLE_SECONDS = 120
# A mail server in front needs a few, and each may hold a mail of 1 MB in memory.
MOST_CONNECTIONS = 100

TAKEN = "250 2.0.0 Kept"
NOT_OURS = "550 5.1.1 No such address here"
TOO_MANY = "452 4.5.3 Too many recipients"
TOO_BUSY = "421 4.7.0 Too many connections; try again later"
NOT_NOW = "451 4.3.0 It can't be kept at the moment; try again later"


class Handler:
    """Answer for the recipients, and take the mail; the database is used in one thread.

    One is enough for hundreds of bounces a second, SQLite has one writer anyway, and while
    it is busy mail waits where it is safe: with its senders.
    """

    def __init__(self, domain: str) -> None:
        self.domain = domain
        self.connected: set[SMTP] = set()
        self.thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="inbound")

    async def handle_RCPT(  # noqa: N802 - the name is aiosmtpd's
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        """Take a recipient that carries our signature, or a role; refuse any other."""
        del server, session
        if not is_ours(address, domain=self.domain):
            return NOT_OURS
        if len(envelope.rcpt_tos) >= MOST_RECIPIENTS:
            return TOO_MANY
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 OK"

    async def handle_DATA(  # noqa: N802 - as above
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Keep the mail and then handle it; LMTP is answered a line a recipient."""
        del session
        loop = asyncio.get_running_loop()
        answer = await loop.run_in_executor(self.thread, take, envelope)
        copies = len(envelope.rcpt_tos) if isinstance(server, LMTP) else 1
        return "\r\n".join([answer] * copies)  # RFC 2033 §4.2

    def close(self) -> None:
        """Finish what was begun and part with the database."""
        self.thread.submit(connections.close_all)
        self.thread.shutdown(wait=True)


class Listener(Controller):
    """A listener in a thread of its own, from ``start`` to ``stop``."""

    def __init__(self, *, host: str, port: int, protocol: str, domain: str) -> None:
        self.server_class = {"smtp": BoundedSMTP, "lmtp": BoundedLMTP}[protocol]
        super().__init__(Handler(domain), hostname=host, port=port)

    def factory(self) -> SMTP:
        """Make the protocol of one connection."""
        return self.server_class(
            self.handler,
            hostname=self.handler.domain,
            ident="Masthead",
            data_size_limit=LARGEST_MAIL_OCTETS,
            enable_SMTPUTF8=True,
            timeout=IDLE_SECONDS,
            loop=self.loop,
        )

    def start(self) -> None:
        """Listen. Raises OSError if the address can't be had."""
        try:
            super().start()
        except OSError:
            self.loop.close()
            self.handler.close()
            raise

    def stop(self, no_assert: bool = False) -> None:
        """Take no more mail, finish what was begun, and end."""
        super().stop(no_assert)
        self.handler.close()


class BoundedSMTP(SMTP):
    """SMTP that takes lines which are longer than they should be, on so many connections."""

    line_length_limit = LONGEST_LINE

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet, or turn away who comes when too many are here; they come again."""
        handler: Handler = self.event_handler
        if len(handler.connected) >= MOST_CONNECTIONS:
            cast("asyncio.WriteTransport", transport).write(f"{TOO_BUSY}\r\n".encode())
            transport.close()
            return
        handler.connected.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        """Make room for another."""
        handler: Handler = self.event_handler
        if self in handler.connected:
            handler.connected.discard(self)
            super().connection_lost(error)


class BoundedLMTP(BoundedSMTP, LMTP):
    """LMTP, bounded in the same way."""


def take(envelope: Any) -> str:
    """Keep a mail and return the answer to its sender; then handle it if that is possible now."""
    close_old_connections()
    now = timezone.now()
    try:
        numbers = keep_mail(
            envelope.original_content,
            sender=(envelope.mail_from or "").replace("<>", ""),
            recipients=envelope.rcpt_tos,
            now=now,
        )
    except (DatabaseError, InterfaceError):
        log.exception("A mail could not be kept; its sender was asked to try again.")
        return NOT_NOW
    for number in numbers:
        try:
            handle(number, now=now)
        except Exception:
            # It is kept: beat's handle_waiting_mail tries again.
            log.exception("Inbound mail %s waits to be handled.", number)
    return TAKEN

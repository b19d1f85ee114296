"""The listener for mail that comes back, over SMTP or LMTP (RFC 5321, RFC 2033).

It says yes only after the mail is in the database, so whatever it has accepted is handled,
now or by a later sweep; if the database is away, it asks the sender to come again.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import logging
from typing import Any

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.conf import settings
from django.db import DatabaseError, close_old_connections

from mailer.errors import InvalidToken
from mailer.feedback.apply import handle
from mailer.feedback.read import LARGEST_OCTETS
from mailer.message.identity import read_bounce_address, read_unsubscribe_address
from mailer.models import InboundMessage
from mailer.models.keys import identity_key

logger = logging.getLogger(__name__)

COMPLAINTS = "fbl"  # where mailbox providers send their feedback loops
PROTOCOLS = {"smtp": SMTP, "lmtp": LMTP}


class Inbox:
    """Answer the protocol's questions: for whom, and what became of it."""

    async def handle_RCPT(  # noqa: N802 - the library's name
        self,
        _server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        """Take mail for addresses that we signed, and complaints; refuse all other."""
        if not is_ours(address):
            return "550 5.1.1 There is no such mailbox here"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(  # noqa: N802 - as above
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Keep the mail, then say yes."""
        try:
            await asyncio.to_thread(keep, envelope)
        except DatabaseError:
            logger.exception("inbound mail could not be kept")
            return "451 4.3.0 Please try again later"
        return "250 2.0.0 Kept"


def is_ours(address: str) -> bool:
    """Tell whether an address at our bounce domain is one that we signed, or takes complaints."""
    local, _, domain = address.rpartition("@")
    if domain.lower() != settings.BOUNCE_DOMAIN:
        return False
    if local.lower() in {COMPLAINTS, "postmaster"}:
        return True
    for read in (read_bounce_address, read_unsubscribe_address):
        try:
            return bool(read(address, identity_key()))
        except InvalidToken:
            continue
    return False


def keep(envelope: Envelope) -> None:
    """Keep a mail for each of its recipients and handle it; the same mail again is one."""
    close_old_connections()
    now = dt.datetime.now(tz=dt.UTC)
    raw = envelope.content or b""
    content = raw.encode() if isinstance(raw, str) else bytes(raw)
    for recipient in envelope.rcpt_tos:
        digest = hashlib.sha256(recipient.lower().encode() + b"\0" + content).hexdigest()
        mail, _ = InboundMessage.objects.get_or_create(
            digest=digest,
            defaults={
                "sender": (envelope.mail_from or "")[:320],
                "recipient": recipient,
                "raw": content,
                "received_at": now,
            },
        )
        try:
            handle(mail.pk, now=now)
        except DatabaseError:
            logger.exception("inbound mail %d waits for the next sweep", mail.pk)
    close_old_connections()


async def listen(host: str, port: int, protocol: str) -> asyncio.Server:
    """Start listening and return the server."""
    inbox = Inbox()

    def make() -> Any:
        return PROTOCOLS[protocol](inbox, data_size_limit=LARGEST_OCTETS, enable_SMTPUTF8=True)

    return await asyncio.get_running_loop().create_server(make, host, port)

"""The small world's mail server: ``python -m mailer.demo.world``, a process of its own.

It speaks SMTP, behaves address by address (``behaviour``), keeps all that arrives
(``mailboxes``) and lets readers react (``reactions``). It knows nothing of the sender's
database, so its own count is the truth that the sender's ledger is held against.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import logging
import signal
import sqlite3
from dataclasses import dataclass, field, replace
from email.header import decode_header, make_header
from email.parser import BytesHeaderParser
from pathlib import Path

import uvloop
from aiosmtpd.smtp import SMTP, Envelope, Session

from mailer.demo.behaviour import Behaviour, find_behaviour
from mailer.demo.listener import Listener
from mailer.demo.mailboxes import Arrival, Mailboxes
from mailer.demo.reactions import REACTIONS, Outside, react
from mailer.demo.reports import HOST

# Readers act a little after the mail has come, a few at a time.
REACTION_DELAY_SECONDS = 0.3
REACTIONS_AT_ONCE = 4
NO_MAILBOX = "550 5.1.1 no such mailbox here"
MAILBOX_FULL = "452 4.2.2 mailbox full, try again later"
ACCEPTED = "250 2.0.0 kept"
# The older of the library's ways to read headers takes a tenth of the newer one's time.
HEADERS = BytesHeaderParser()
logger = logging.getLogger("mailer.demo.world")


@dataclass(slots=True)
class World:
    """Answer the sender by address; aiosmtpd calls the ``handle_*`` methods.

    ``seen_full`` are envelopes that have met a full mailbox once: each delivery has its own
    envelope sender, so a message that is tried again is the same pair.
    """

    connection: sqlite3.Connection
    outside: Outside
    seen_full: set[tuple[str, str]] = field(default_factory=set)
    gate: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(REACTIONS_AT_ONCE))
    reacting: set[asyncio.Task[None]] = field(default_factory=set)

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's name
        self,
        _server: SMTP,
        session: Session,
        _envelope: Envelope,
        hostname: str,
        responses: list[str],
    ) -> list[str]:
        """Offer what mail servers of the world offer: the next command needs not wait."""
        session.host_name = hostname
        return [*responses[:-1], "250-PIPELINING", responses[-1]]

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self,
        _server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        """Take or refuse one recipient."""
        refusal = self._find_refusal(envelope.mail_from or "", address)
        if refusal:
            self._keep_refusal(envelope.mail_from or "", address, int(refusal[:3]))
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Keep the message for each recipient, and only then say that it was taken."""
        raw = envelope.original_content or b""
        for address in envelope.rcpt_tos:
            arrival = self._keep(_read(raw, envelope.mail_from or "", address))
            behaviour = find_behaviour(address)
            if behaviour in REACTIONS:
                task = asyncio.create_task(self._react(behaviour, arrival))
                self.reacting.add(task)
                task.add_done_callback(self.reacting.discard)
        return ACCEPTED

    def _find_refusal(self, mail_from: str, address: str) -> str:
        behaviour = find_behaviour(address)
        if behaviour is Behaviour.REFUSES:
            return NO_MAILBOX
        if behaviour is Behaviour.FULL_ONCE and (mail_from, address) not in self.seen_full:
            self.seen_full.add((mail_from, address))
            return MAILBOX_FULL
        return ""

    def _keep(self, arrival: Arrival) -> Arrival:
        cursor = self.connection.execute(
            "INSERT INTO message (arrived_at, mail_from, recipient, message_id, mailing,"
            " subject, raw) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                arrival.arrived_at,
                arrival.mail_from,
                arrival.recipient,
                arrival.message_id,
                arrival.mailing,
                arrival.subject,
                arrival.raw,
            ),
        )
        return replace(arrival, id=cursor.lastrowid or 0)

    def _keep_refusal(self, mail_from: str, address: str, code: int) -> None:
        self.connection.execute(
            "INSERT INTO refusal (at, mail_from, recipient, code) VALUES (?, ?, ?, ?)",
            (_now().isoformat(), mail_from, address.lower(), code),
        )

    async def _react(self, behaviour: Behaviour, arrival: Arrival) -> None:
        await asyncio.sleep(REACTION_DELAY_SECONDS)
        async with self.gate:
            problem = await asyncio.to_thread(react, behaviour, arrival, self.outside, now=_now())
        if problem:
            logger.warning("%s %s: %s", arrival.recipient, behaviour, problem)
        self.connection.execute(
            "INSERT INTO reaction (at, message, behaviour, problem) VALUES (?, ?, ?, ?)",
            (_now().isoformat(), arrival.id, behaviour.value, problem),
        )


def _read(raw: bytes, mail_from: str, address: str) -> Arrival:
    """Return a message as it arrived; of its headers only the subject needs decoding."""
    headers = HEADERS.parsebytes(raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n")
    return Arrival(
        arrived_at=_now().isoformat(timespec="milliseconds"),
        mail_from=mail_from,
        recipient=address.lower(),
        message_id=str(headers["Message-ID"] or "").strip(),
        mailing=str(headers["Feedback-ID"] or "").partition(":")[0].strip(),
        subject=str(make_header(decode_header(str(headers["Subject"] or "")))),
        raw=raw,
    )


async def serve(world: World, port: int) -> None:
    """Listen on the loopback address until the process is told to end."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)

    def make_protocol() -> Listener:
        return Listener(world, hostname=HOST, ident="small world", enable_SMTPUTF8=True)

    server = await loop.create_server(make_protocol, "127.0.0.1", port)
    logger.info("the world listens on 127.0.0.1:%d", port)
    await ended.wait()
    server.close()


def main() -> None:
    """Run the world: its port, its file, and where its bounces go, from the command line."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--store", type=Path, required=True)
    parser.add_argument("--inbound-port", type=int, required=True)
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("mail.log").setLevel(logging.WARNING)
    outside = Outside(inbound_host="127.0.0.1", inbound_port=options.inbound_port)
    connection = Mailboxes(options.store).open_writer()
    uvloop.run(serve(World(connection=connection, outside=outside), options.port))


def _now() -> dt.datetime:
    return dt.datetime.now(tz=dt.UTC)


if __name__ == "__main__":
    main()

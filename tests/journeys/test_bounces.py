"""Bounces travel for real: Postfix is refused, returns the mail, and the reader is left out."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.core.management import call_command

from mailer.feedback.inbound import Listener
from mailer.models import Delivery, DeliveryState, Mailing
from mailer.transport.smtp.config import SmtpConfig
from mailer.transport.smtp.pool import SmtpTransport
from subscribers.models import Suppression, SuppressionReason
from tests.conftest import require
from tests.fakes.mailservers import (
    IMAP_PROGRAM,
    POSTFIX,
    MailServer,
    open_folder,
    start_dovecot,
    start_postfix,
)
from tests.fakes.reports import DOMAIN
from tests.fakes.servers import free_port
from tests.fakes.smtp_server import ScriptedServer

LONGEST_WAIT_SECONDS = 60
NOBODY = "550 5.1.1 No such user here"


@pytest.fixture
def folder(transactional_db: None) -> Iterator[Path]:
    require(Path(POSTFIX).exists() and os.geteuid() == 0, "Postfix, and root to run it")
    with open_folder() as folder:
        yield folder


@pytest.fixture
def world(folder: Path) -> Iterator[ScriptedServer]:
    """Give the readers' mail server, which does not know the first of them."""
    server = ScriptedServer(rcpt=[NOBODY, "250 ok"])
    yield server
    server.close()


@pytest.fixture
def relay(folder: Path, world: ScriptedServer) -> Iterator[Callable[[str], MailServer]]:
    """Start a Postfix that hands what comes back to the given transport."""
    started: list[MailServer] = []

    def start(bounces_to: str) -> MailServer:
        started.append(
            start_postfix(
                folder / "postfix", bounce_domain=DOMAIN, bounces_to=bounces_to, refuser=world.port
            )
        )
        return started[0]

    yield start
    for each in started:
        each.stop()


def hand_over(send: Callable[..., object], server: MailServer) -> None:
    """Send the mailing through the server."""
    transport = SmtpTransport(SmtpConfig.from_url(server.url))
    try:
        send(transport)
    finally:
        transport.close()


def await_suppression(look: Callable[[], object] = lambda: None) -> Suppression:
    """Wait until an address is suppressed."""
    end = time.monotonic() + LONGEST_WAIT_SECONDS
    while time.monotonic() < end:
        look()
        if found := Suppression.objects.first():
            return found
        time.sleep(0.5)
    raise TimeoutError("Nothing came back.")


def check_left_out(suppressed: Suppression, first: Mailing, following: Mailing) -> None:
    """See that the reader bounced, alone, and that the next mailing goes to all others."""
    assert suppressed.reason == SuppressionReason.HARD_BOUNCE
    bounced = Delivery.objects.get(mailing=first, bounced_at__isnull=False)
    assert bounced.email == suppressed.email_normalised
    planned = Delivery.objects.filter(mailing=following)
    [skipped] = planned.filter(state=DeliveryState.SKIPPED)
    assert (skipped.email, skipped.skip_reason) == (bounced.email, "suppressed")
    assert planned.filter(state=DeliveryState.PENDING).count() == 19


def test_a_bounce_that_the_listener_reads_keeps_the_reader_out_of_the_next_mailing(
    relay, mailing, start, plan, send
):
    listener = Listener(host="127.0.0.1", port=free_port(), protocol="lmtp", domain=DOMAIN)
    listener.start()
    try:
        hand_over(send, relay(f"lmtp:inet:127.0.0.1:{listener.port}"))
        suppressed = await_suppression()
    finally:
        listener.stop()

    check_left_out(suppressed, mailing, plan(start()))


def test_a_bounce_in_a_mailbox_keeps_the_reader_out_of_the_next_mailing(
    folder, relay, mailing, start, plan, send, settings
):
    require(Path(IMAP_PROGRAM).exists(), "Dovecot")
    dovecot = start_dovecot(folder / "dovecot")
    settings.IMAP_URL = dovecot.url
    try:
        hand_over(send, relay("maildrop"))
        suppressed = await_suppression(lambda: call_command("read_mailbox", once=True))
    finally:
        dovecot.stop()

    check_left_out(suppressed, mailing, plan(start()))

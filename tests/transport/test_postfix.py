"""Real mail through a real Postfix, after a real log-in, into real Maildirs."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailer.transport.smtp.config import Security, SmtpConfig
from mailer.transport.smtp.pool import SmtpTransport
from mailer.types import OutcomeKind
from tests.conftest import require
from tests.fakes.postfix import PASSWORD, MailHost, can_start, start_mail_host
from tests.fakes.servers import wait_until

MESSAGES = 12


@pytest.fixture(scope="module")
def mail_host(certificates) -> Iterator[MailHost]:
    require(can_start(), "Postfix and Dovecot (postfix, dovecot-core), as root")
    # Not pytest's own folder: nobody but root may enter that one.
    folder = Path(tempfile.mkdtemp(prefix="mail", dir="/tmp"))
    host = start_mail_host(folder, chain_file=Path(certificates.ca_file).with_name("server.pem"))
    yield host
    host.stop()
    shutil.rmtree(folder)


def connect(host: MailHost, certificates, *, password: str = PASSWORD, chunks: bool = True):
    return SmtpTransport(
        SmtpConfig(
            host="127.0.0.1",
            port=host.port if chunks else host.port_without_chunks,
            security=Security.STARTTLS,
            username="ada",
            password=password,
            ca_file=certificates.ca_file,
            backoff_seconds=0.1,
        )
    )


def send_all(transport: SmtpTransport, messages: list) -> dict[int, object]:
    waiting, outcomes = list(messages), {}
    while waiting or transport.pending():
        while waiting and transport.room():
            transport.submit(waiting.pop(0))
        outcomes |= {outcome.delivery_id: outcome for outcome in transport.wait(10)}
    transport.close()
    return outcomes


def find_sessions(host: MailHost) -> list[str]:
    """Return what was said in each session that has ended, as Postfix counts it."""
    return [line for line in host.log().splitlines() if " mail=" in line]


@pytest.mark.parametrize(("user", "chunks"), [("chunked", True), ("piped", False)])
def test_messages_arrive_once_each_and_whole(mail_host, certificates, message, user, chunks):
    body = b"..stuffed\r\n" + b"x" * 70 + b"\r\n"
    content = [b"Subject: number %d\r\n\r\n" % number + body * 700 for number in range(MESSAGES)]
    messages = [
        message(number, recipient=f"{user}@people.example", content=content[number])
        for number in range(MESSAGES)
    ]
    messages.append(message(99, recipient="gone@people.example"))

    before = find_sessions(mail_host)

    outcomes = send_all(connect(mail_host, certificates, chunks=chunks), messages)

    assert outcomes.pop(99).reply.status == "5.1.1"
    assert [outcome.kind for outcome in outcomes.values()] == [OutcomeKind.ACCEPTED] * MESSAGES
    wait_until(lambda: len(mail_host.messages(user)) >= MESSAGES, "delivery")
    arrived = [mail.replace(b"\r\n", b"\n") for mail in mail_host.messages(user)]
    assert len(arrived) == MESSAGES
    for number in range(MESSAGES):
        (mail,) = [mail for mail in arrived if b"Subject: number %d\n" % number in mail]
        assert mail.endswith(b"\n\n" + body.replace(b"\r\n", b"\n").replace(b"..s", b".s") * 700)
    wait_until(lambda: len(find_sessions(mail_host)) > len(before), "Postfix's log")
    assert (" bdat=" in find_sessions(mail_host)[-1]) is chunks


def test_a_wrong_password_defers_and_quotes_the_server(mail_host, certificates, message):
    outcomes = send_all(connect(mail_host, certificates, password="sesame"), [message(1)])

    assert outcomes[1].kind is OutcomeKind.DEFERRED
    assert outcomes[1].reply.status == "5.7.8"

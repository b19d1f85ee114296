"""Servers that behave as told, and a transport that soon loses patience with them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mailer.transport.smtp.config import SmtpConfig
from mailer.transport.smtp.pool import SmtpTransport
from mailer.types import Outcome, OutgoingMessage
from tests.fakes.certificates import Certificates, make_certificates
from tests.fakes.smtp_server import ScriptedServer
from tests.fakes.transports import deliver

PATIENCE_SECONDS = 0.3


def make_message(number: int = 1, recipient: str = "ada@people.example", **fields: object):
    values = {
        "delivery_id": number,
        "sender": f"b-{number}@bounces.example",
        "recipient": recipient,
        "content": b"Subject: x\r\n\r\nHello\r\n",
    }
    return OutgoingMessage(**(values | fields))


@pytest.fixture
def message() -> Callable[..., OutgoingMessage]:
    return make_message


@pytest.fixture
def serve() -> Iterator[Callable[..., ScriptedServer]]:
    servers = []

    def serve(**script: object) -> ScriptedServer:
        servers.append(ScriptedServer(**script))
        return servers[-1]

    yield serve
    for server in servers:
        server.close()


@pytest.fixture
def connect() -> Callable[..., SmtpTransport]:
    def connect(server: ScriptedServer, **changes: object) -> SmtpTransport:
        config = SmtpConfig(
            host="127.0.0.1",
            port=server.port,
            connect_seconds=3 * PATIENCE_SECONDS,  # TLS and a machine that is busy
            command_seconds=PATIENCE_SECONDS,
            message_seconds=PATIENCE_SECONDS,
            backoff_seconds=0.01,
        )
        return SmtpTransport(dataclasses.replace(config, **changes))

    return connect


@pytest.fixture
def send(connect: Callable[..., SmtpTransport]) -> Callable[..., list[Outcome]]:
    """Send messages, one if none are given, and part."""

    def send(
        server: ScriptedServer, *messages: OutgoingMessage, **changes: object
    ) -> list[Outcome]:
        transport = connect(server, **changes)
        outcomes = list(deliver(transport, messages or [make_message()]))
        transport.close()
        return outcomes

    return send


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    folder: Path = tmp_path_factory.mktemp("certificates")
    return make_certificates(folder)

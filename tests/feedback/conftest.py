"""A mailing that was sent, and a listener on a port of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from mailer.feedback.apply import handle
from mailer.feedback.inbound import Listener
from mailer.feedback.keep import keep_mail
from mailer.models import Delivery, InboundMessage
from tests.fakes.reports import DOMAIN, send_to_two
from tests.fakes.servers import free_port
from tests.fakes.world import NOW


@pytest.fixture
def delivery(db: None) -> Delivery:
    return send_to_two()[0]


@pytest.fixture
def receive(db: None) -> Callable[..., InboundMessage]:
    """Keep a mail and handle it, as the listener does."""

    def receive(raw: bytes, *, to: str, now=NOW) -> InboundMessage:
        [number] = keep_mail(raw, sender="", recipients=[to], now=now)
        handle(number, now=now)
        return InboundMessage.objects.get(pk=number)

    return receive


@pytest.fixture(params=["smtp", "lmtp"])
def listener(request: pytest.FixtureRequest, transactional_db: None) -> Iterator[Listener]:
    listener = Listener(host="127.0.0.1", port=free_port(), protocol=request.param, domain=DOMAIN)
    listener.start()
    yield listener
    listener.stop()

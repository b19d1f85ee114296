"""A mailing that was sent, and a listener on a port of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from mailer.feedback.apply import handle
from mailer.feedback.inbound import Listener
from mailer.feedback.keep import keep_mail
from mailer.models import Delivery, DeliveryState, InboundMessage, Mailing
from tests.fakes.reports import DOMAIN
from tests.fakes.servers import free_port
from tests.fakes.world import NOW, join_many, make_edition, make_list, make_publication


def send_to_two() -> list[Delivery]:
    """Make two readers, and a mailing whose messages the world accepted."""
    group = make_list()
    places = join_many(2, group)
    edition = make_edition(make_publication(group))
    mailing = Mailing.objects.create(issue=edition.issue, created_at=NOW)
    return [
        Delivery.objects.create(
            mailing=mailing,
            subscriber=place.subscriber,
            list=group,
            email=place.subscriber.email,
            state=DeliveryState.ACCEPTED,
        )
        for place in places
    ]


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

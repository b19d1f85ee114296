"""A long way to the server costs as few round trips as the server's extensions allow."""

from __future__ import annotations

import pytest

from mailer.transport.smtp.config import SmtpConfig
from mailer.transport.smtp.pool import SmtpTransport
from mailer.transport.smtp.session import MOST_IN_FLIGHT, count_in_flight
from mailer.types import OutcomeKind, OutgoingMessage
from tests.fakes.distance import Distance

TRIP_SECONDS = 0.05
MESSAGES = 20
# The greeting, EHLO, and the first message's MAIL, RCPT and DATA.
BEFORE = 3


def send_far(port: int, *, connections: int, messages: int) -> tuple[list, int]:
    """Send messages over a long way; return their outcomes and the round trips it took."""
    with Distance(port, seconds=TRIP_SECONDS) as distance:
        config = SmtpConfig(host="127.0.0.1", port=distance.port, connections=connections)
        transport = SmtpTransport(config)
        outcomes, sent = [], 0
        while sent < messages or transport.pending():
            for _ in range(min(transport.room(), messages - sent)):
                sent += 1
                transport.submit(make(sent))
            outcomes += transport.wait(10)
        transport.close()
    # QUIT is no message's.
    return outcomes, distance.trips - 1


def make(number: int) -> OutgoingMessage:
    content = b"Subject: x\r\n\r\n" + b"far away\r\n" * 5_800
    address = f"r{number}@people.example"
    return OutgoingMessage(
        delivery_id=number, sender="b@bounces.example", recipient=address, content=content
    )


@pytest.mark.parametrize(
    ("features", "most_trips"),
    [
        ("250-hello\n250 PIPELINING", BEFORE + MESSAGES),
        # Five at once, for fifty milliseconds.
        ("250-hello\n250-PIPELINING\n250 CHUNKING", BEFORE + MESSAGES // 4),
    ],
)
def test_one_connection_waits_for_few_round_trips(serve, features, most_trips):
    server = serve(ehlo=features)

    outcomes, trips = send_far(server.port, connections=1, messages=MESSAGES)

    assert [outcome.kind for outcome in outcomes] == [OutcomeKind.ACCEPTED] * MESSAGES
    assert trips <= most_trips
    assert server.connections == 1


def test_connections_grow_where_the_way_is_long_and_up_to_the_limit(serve):
    server = serve(ehlo="250-hello\n250 PIPELINING")

    outcomes, _ = send_far(server.port, connections=4, messages=60)

    assert len(outcomes) == 60
    assert server.connections == 4


@pytest.mark.parametrize(("seconds", "letters"), [(0.0002, 1), (0.004, 1), (0.05, 5), (9, 8)])
def test_few_letters_are_without_their_replies_where_the_way_is_short(seconds, letters):
    assert count_in_flight(seconds) == letters <= MOST_IN_FLIGHT

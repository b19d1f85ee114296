"""Lanes for transports of the tests' own, with a real gate on a real Redis."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import redis

from mailer.dispatch.batches.journal import Journal
from mailer.dispatch.limits.gate import Gate
from mailer.dispatch.limits.rows import DEFAULT_ID, WHOLE, Limits
from mailer.dispatch.limits.throttle import Limit, Throttle
from mailer.dispatch.sending.send import Sender
from mailer.dispatch.servers.lane import Lane
from mailer.dispatch.servers.router import Relay, Router
from mailer.dispatch.watching.watch import Watch
from mailer.models import Transport as TransportRow
from mailer.transport.base import Transport
from mailer.transport.smtp.config import SmtpConfig

NO_LIMITS = Limits(transport_id=DEFAULT_ID, whole=Limit(scope=f"0:{WHOLE}", slowed_as=WHOLE))
RELAY = Relay(
    id=DEFAULT_ID, name="default", config=SmtpConfig.from_url("smtp://mail.example?tls=none")
)


@pytest.fixture
def make_lane(redis_url: str) -> Callable[..., Lane]:
    """Give what puts a transport behind a gate."""
    client = redis.Redis.from_url(redis_url)
    client.flushdb()

    def make_lane(
        transport: Transport,
        limits: Limits = NO_LIMITS,
        *,
        worker: str = "one",
        row: TransportRow | None = None,
    ) -> Lane:
        gate = Gate(throttle=Throttle(client, DEFAULT_ID), load=lambda: limits, worker=worker)
        relay = replace(RELAY, id=row.pk, name=row.name) if row else RELAY
        return Lane(relay=relay, transport=transport, gate=gate, router=Router())

    return make_lane


@pytest.fixture
def watch(redis_url: str) -> Watch:
    return Watch(redis.Redis.from_url(redis_url))


@pytest.fixture
def send(make_lane: Callable[..., Lane], watch: Watch, journal: Journal) -> Callable[..., Sender]:
    """Give what sends all that is to be had by a transport."""

    def send(transport: Transport, limits: Limits = NO_LIMITS, **choices: object) -> Sender:
        parts = {"journal": journal, "watch": watch, "worker": "one"} | choices
        sender = Sender(lane=make_lane(transport, limits), **parts)
        sender.run()
        return sender

    return send

"""A way out for messages: a chosen mail server, its connections, and the gate before them.

A worker process keeps one lane for each server that it was led to, with its connections,
from one task to the next.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

from mailer.dispatch.limits.gate import Gate
from mailer.dispatch.limits.providers import provider_of
from mailer.dispatch.servers.router import Relay, Router
from mailer.transport.base import Transport
from mailer.transport.smtp.config import SmtpConfig
from mailer.transport.smtp.pool import SmtpTransport
from mailer.types import Outcome, OutcomeKind, OutgoingMessage, Stage

# What ends at one of these says nothing of a message: there was no connection for it.
BEFORE_ANY_MESSAGE = frozenset({Stage.CONNECT, Stage.EHLO, Stage.TLS, Stage.AUTH})


@dataclass(slots=True)
class Lane:
    """Messages go in, within the limits; outcomes come out, and server and limits learn by them.

    ``is_down`` is set when no connection can be had: then others may be asked, or later.
    """

    relay: Relay
    transport: Transport
    gate: Gate
    router: Router
    is_down: bool = field(default=False, init=False)
    _is_proven: bool = field(default=False, init=False)
    _connections: int = field(default=1, init=False)
    _providers: dict[int, str] = field(default_factory=dict, init=False)

    def admit(self, delivery_id: int, address: str) -> float:
        """Return 0.0 if a message to the address may leave now, else after how many seconds.

        What was admitted has to be submitted, or dismissed. Raises LimitsUnavailable.
        """
        provider = provider_of(address)
        wait = self.gate.admit(provider)
        if wait <= 0:
            self._providers[delivery_id] = provider
        return wait

    def delay(self, address: str, position: int) -> float:
        """Return after how many seconds the message at ``position`` of those waiting may leave."""
        return self.gate.delay(provider_of(address), position)

    def dismiss(self, delivery_id: int) -> None:
        """Say that an admitted message was not handed over."""
        self.gate.finish(self._providers.pop(delivery_id))

    def room(self) -> int:
        """Return how many messages may be submitted now."""
        return 0 if self.is_down or not self.may_connect else self.transport.room()

    @property
    def may_connect(self) -> bool:
        """Tell whether we have a share of the connections that all workers have together."""
        return self._connections > 0

    def submit(self, message: OutgoingMessage) -> None:
        """Hand a message over that was admitted."""
        self.transport.submit(message)

    def pending(self) -> int:
        """Return how many messages were submitted and have no outcome yet."""
        return self.transport.pending()

    def wait(self, seconds: float) -> list[tuple[str, Outcome]]:
        """Return what is known after ``seconds`` at the latest: provider and outcome of each."""
        known = []
        for outcome in self.transport.wait(seconds):
            provider = self._providers.pop(outcome.delivery_id)
            self.gate.finish(provider)
            self.gate.report(provider, outcome)
            self.router.report_outcome(self.relay, outcome)
            self._prove(outcome)
            known.append((provider, outcome))
        return known

    def withdraw(self) -> list[int]:
        """Take back what was submitted and not begun, and return the deliveries' ids."""
        withdrawn = self.transport.withdraw()
        for delivery_id in withdrawn:
            self.dismiss(delivery_id)
        return withdrawn

    def abandon(self) -> None:
        """Hang up at once: what has not been handed over to its end must not be."""
        self.transport.abandon()

    def begin(self) -> None:
        """Take the server for reachable until it shows otherwise."""
        self.is_down = self._is_proven = False
        self._share_connections()

    def tick(self) -> None:
        """Do what is due several times a second. Raises LimitsUnavailable."""
        self.gate.tick()
        self._share_connections()

    def rest(self) -> None:
        """Hang up while nothing is sent, where connections are counted: others may need them."""
        if self.gate.limits_connections:
            self.transport.close()
            self.gate.close()

    def close(self) -> None:
        """Part with the server politely, and give back what was reserved."""
        self.gate.close()
        self.transport.close()

    def _share_connections(self) -> None:
        """Open no more connections than all workers together may have."""
        self._connections = self.gate.hold_connections(self.relay.config.connections)
        self.transport.limit(self._connections)

    def _prove(self, outcome: Outcome) -> None:
        """Learn from an outcome whether there is a connection; the first one is told."""
        if is_unreached(outcome):
            self.is_down = True
        elif not self._is_proven:
            self._is_proven = True
            self.router.report_connection(self.relay, True)


def is_unreached(outcome: Outcome) -> bool:
    """Say whether a message was not even offered to a server, as there was no connection."""
    return outcome.kind is OutcomeKind.DEFERRED and outcome.reply.stage in BEFORE_ANY_MESSAGE


@dataclass(slots=True)
class Lanes:
    """The lanes of a worker process, one a server, and the router that chooses among them."""

    router: Router = field(default_factory=Router)
    open_transport: Callable[[SmtpConfig], Transport] = SmtpTransport
    _lanes: dict[int, Lane] = field(default_factory=dict, init=False)

    def choose(self) -> Lane | None:
        """Return the lane for the next messages, or None if no server is to be had now."""
        relay = self.router.choose_transport()
        if relay is None:
            return None
        lane = self._lanes.get(relay.id)
        if lane is None or lane.relay != relay:
            if lane is not None:
                lane.close()
            lane = self._lanes[relay.id] = self._open(relay)
        lane.begin()
        return lane

    def close(self) -> None:
        """Close every lane."""
        for lane in self._lanes.values():
            lane.close()
        self._lanes.clear()

    def _open(self, relay: Relay) -> Lane:
        return Lane(
            relay=relay,
            transport=self.open_transport(relay.config),
            gate=Gate.open(relay.id),
            router=self.router,
        )


@cache
def process_lanes() -> Lanes:
    """Return the lanes of this process."""
    return Lanes()

"""What every transport promises."""

from __future__ import annotations

from typing import Protocol

from mailer.types import Outcome, OutgoingMessage


class Transport(Protocol):
    """A way for messages to leave, that says of each what became of it.

    - ACCEPTED: the server took responsibility (2yz to the whole message), nothing less.
    - FAILED: the server refused this message for good (5yz), or it can never be sent.
    - DEFERRED: refused for now (4yz), or not handed over at all; it may be tried again.
    - UNCERTAIN: the whole message was handed over and no reply came. It may have arrived.

    The caller submits messages while there is room, and waits for outcomes, in no order. Input
    and output take place within ``wait`` and ``close`` alone: between two calls the caller does
    its own work, while the network carries what was written.
    """

    def room(self) -> int:
        """Return how many more messages may be submitted now so that none waits long unsent."""
        ...  # pragma: no cover

    def submit(self, message: OutgoingMessage) -> None:
        """Take a message. One that can never be sent gets an outcome that says so."""
        ...  # pragma: no cover

    def wait(self, seconds: float) -> list[Outcome]:
        """Return all outcomes that are known; send until there is one, or the time is over.

        Returns nothing at once if nothing is pending.
        """
        ...  # pragma: no cover

    def pending(self) -> int:
        """Return how many messages were submitted and have no outcome yet."""
        ...  # pragma: no cover

    def withdraw(self) -> list[int]:
        """Take back the messages of whose content no octet was written; return their ids.

        They get no outcome: to the server it is as if they had never been submitted.
        """
        ...  # pragma: no cover

    def abandon(self) -> None:
        """Hang up at once, in mid-message too; what becomes of each message, ``wait`` tells."""
        ...  # pragma: no cover

    def limit(self, connections: int) -> None:
        """Open no more than so many connections from now on; those that are open stay."""
        ...  # pragma: no cover

    def close(self) -> None:
        """Part with the server politely, in bounded time."""
        ...  # pragma: no cover

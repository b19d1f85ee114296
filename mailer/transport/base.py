"""What every transport promises."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from mailer.types import Outcome, OutgoingMessage


class Transport(Protocol):
    """A way for messages to leave, that says of each what became of it.

    - ACCEPTED: the server took responsibility (2yz to the whole message), nothing less.
    - FAILED: the server refused this message for good (5yz), or it can never be sent.
    - DEFERRED: refused for now (4yz), or not handed over at all; it may be tried again.
    - UNCERTAIN: the whole message was handed over and no reply came. It may have arrived.
    """

    def send(self, messages: Iterable[OutgoingMessage]) -> Iterator[Outcome]:
        """Send messages and yield each outcome as soon as it is known.

        A message is taken from ``messages`` only when it can be sent now, so that whoever
        yields them may stop at any time and nothing waits unsent. An outcome is yielded
        before the next message is taken.
        """
        ...  # pragma: no cover

    def close(self) -> None:
        """Part with the server politely."""
        ...  # pragma: no cover

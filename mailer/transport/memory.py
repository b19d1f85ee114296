"""A transport that keeps messages instead of sending them: for previews and tests."""

from __future__ import annotations

from mailer.types import Outcome, OutcomeKind, OutgoingMessage, Reply, Stage

KEPT = Reply(code=250, text="kept", stage=Stage.DOT, status="2.0.0")
# Any number that is small and not one: callers must heed it.
ROOM = 8


class MemoryTransport:
    """Keep every message in ``messages``, in the order in which they came.

    A message is kept when it is waited for, and accepted then; until then it can be withdrawn.
    """

    def __init__(self) -> None:
        self.messages: list[OutgoingMessage] = []
        self._submitted: list[OutgoingMessage] = []

    def room(self) -> int:
        """Return how many more messages are taken before somebody waits."""
        return max(ROOM - len(self._submitted), 0)

    def submit(self, message: OutgoingMessage) -> None:
        """Take a message."""
        self._submitted.append(message)

    def wait(self, seconds: float) -> list[Outcome]:  # noqa: ARG002 - nothing takes time here
        """Keep and accept each message."""
        kept, self._submitted = self._submitted, []
        self.messages += kept
        return [
            Outcome(delivery_id=message.delivery_id, kind=OutcomeKind.ACCEPTED, reply=KEPT)
            for message in kept
        ]

    def pending(self) -> int:
        """Return how many messages wait to be kept."""
        return len(self._submitted)

    def withdraw(self) -> list[int]:
        """Forget the messages that were not kept."""
        withdrawn, self._submitted = self._submitted, []
        return [message.delivery_id for message in withdrawn]

    def abandon(self) -> None:
        """Do nothing: there is no server to hang up on."""

    def limit(self, connections: int) -> None:
        """Do nothing: there are no connections."""

    def close(self) -> None:
        """Do nothing: there is no server to part with."""

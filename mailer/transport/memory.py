"""A transport that keeps messages instead of sending them: for previews and tests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mailer.types import Outcome, OutcomeKind, OutgoingMessage, Reply, Stage

KEPT = Reply(code=250, text="kept", stage=Stage.DOT, status="2.0.0")


class MemoryTransport:
    """Keep every message in ``messages``, in the order in which they came."""

    def __init__(self) -> None:
        self.messages: list[OutgoingMessage] = []

    def send(self, messages: Iterable[OutgoingMessage]) -> Iterator[Outcome]:
        """Accept each message."""
        for message in messages:
            self.messages.append(message)
            yield Outcome(delivery_id=message.delivery_id, kind=OutcomeKind.ACCEPTED, reply=KEPT)

    def close(self) -> None:
        """Do nothing: there is no server to part with."""

"""A transport that does as its script says, message by message."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from mailer.transport.base import send_each
from mailer.types import Outcome, OutcomeKind, OutgoingMessage, Reply, Stage

ACCEPTED = Reply(code=250, text="queued", stage=Stage.DOT, status="2.0.0")
FULL = Reply(code=452, text="mailbox full", stage=Stage.RCPT, status="4.2.2")
NO_SUCH_USER = Reply(code=550, text="no such user", stage=Stage.RCPT, status="5.1.1")
NO_REPLY = Reply(code=0, text="the connection was lost", stage=Stage.DOT)

KINDS = {2: OutcomeKind.ACCEPTED, 4: OutcomeKind.DEFERRED, 5: OutcomeKind.FAILED}


class ScriptedTransport:
    """Answer each message with the reply that ``script`` gives for it, and keep the message.

    ``script`` may raise, as a process that dies does.
    """

    def __init__(self, script: Callable[[OutgoingMessage], Reply] = lambda _: ACCEPTED) -> None:
        self.script = script
        self.sent: list[OutgoingMessage] = []
        self.closed = False
        self._submitted: list[OutgoingMessage] = []

    def room(self) -> int:
        return 0 if self._submitted else 1

    def submit(self, message: OutgoingMessage) -> None:
        self._submitted.append(message)

    def wait(self, seconds: float) -> list[Outcome]:  # noqa: ARG002 - nothing takes time here
        """Send the first message of those that were submitted."""
        if not self._submitted:
            return []
        message = self._submitted.pop(0)
        self.sent.append(message)
        reply = self.script(message)
        kind = KINDS.get(reply.code // 100, OutcomeKind.UNCERTAIN)
        return [Outcome(delivery_id=message.delivery_id, kind=kind, reply=reply)]

    def pending(self) -> int:
        return len(self._submitted)

    def withdraw(self) -> list[int]:
        withdrawn, self._submitted = self._submitted, []
        return [message.delivery_id for message in withdrawn]

    def close(self) -> None:
        self.closed = True

    def send(self, messages: Iterable[OutgoingMessage]) -> Iterator[Outcome]:
        return send_each(self, messages)

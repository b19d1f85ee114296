"""A transport that does as its script says, message by message."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator

from mailer.transport.base import Transport
from mailer.types import Outcome, OutcomeKind, OutgoingMessage, Reply, Stage

ACCEPTED = Reply(code=250, text="queued", stage=Stage.DOT, status="2.0.0")
FULL = Reply(code=452, text="mailbox full", stage=Stage.RCPT, status="4.2.2")
NO_SUCH_USER = Reply(code=550, text="no such user", stage=Stage.RCPT, status="5.1.1")
SPAM = Reply(code=554, text="this looks like spam", stage=Stage.DOT, status="5.7.1")
UNREACHED = Reply(code=0, text="mail.example:25 can't be reached", stage=Stage.CONNECT)
UNFINISHED = Reply(code=0, text="we hung up", stage=Stage.DATA)
NO_REPLY = Reply(code=0, text="the connection was lost", stage=Stage.DOT)

KINDS = {2: OutcomeKind.ACCEPTED, 4: OutcomeKind.DEFERRED, 5: OutcomeKind.FAILED}


class ScriptedTransport:
    """Answer each message with the reply that ``script`` gives for it, and keep the message.

    ``script`` may raise, as a process that dies does, or return None for a server that is slow.
    At most ``width`` messages are taken at once; each ``wait`` answers the first of them.
    """

    def __init__(
        self,
        script: Callable[[OutgoingMessage], Reply | None] = lambda _: ACCEPTED,
        *,
        width: int = 1,
    ) -> None:
        self.script = script
        self.width = width
        self.sent: list[OutgoingMessage] = []
        self.closed = False
        self.abandoned = False
        self.limits: list[int] = []
        self._submitted: list[OutgoingMessage] = []
        self._has_begun = False

    def room(self) -> int:
        return self.width - len(self._submitted)

    def submit(self, message: OutgoingMessage) -> None:
        self._submitted.append(message)

    def wait(self, seconds: float) -> list[Outcome]:
        if not self._submitted:
            return []
        message = self._submitted[0]
        if not self._has_begun:
            self.sent.append(message)
        self._has_begun = True
        reply = self.script(message)
        if reply is None:
            time.sleep(seconds)
            return []
        self._submitted.pop(0)
        self._has_begun = False
        kind = KINDS.get(reply.code // 100, OutcomeKind.UNCERTAIN)
        if reply.stage in {Stage.CONNECT, Stage.DATA} and not reply.code:
            kind = OutcomeKind.DEFERRED
        return [Outcome(delivery_id=message.delivery_id, kind=kind, reply=reply)]

    def pending(self) -> int:
        return len(self._submitted)

    def withdraw(self) -> list[int]:
        begun = int(self._has_begun)
        unsent, self._submitted = self._submitted[begun:], self._submitted[:begun]
        return [message.delivery_id for message in unsent]

    def abandon(self) -> None:
        self.abandoned = True
        self.script = lambda _: UNFINISHED

    def limit(self, connections: int) -> None:
        self.limits.append(connections)

    def close(self) -> None:
        self.closed = True


def deliver(transport: Transport, messages: Iterable[OutgoingMessage]) -> Iterator[Outcome]:
    """Send messages one after the other, each taken when the one before is decided."""
    for message in messages:
        transport.submit(message)
        while transport.pending():
            yield from transport.wait(60)

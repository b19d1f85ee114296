"""A mail server spoken to one command at a time, over a connection that is kept.

What matters is knowing, when something breaks, how far the conversation had come: before a
message's final dot nothing was delivered; after it, without a reply, nobody knows. Whatever
breaks, the connection is given up with it, so that no reply can be taken for another's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mailer.transport.base import send_each
from mailer.transport.smtp.config import SmtpConfig
from mailer.transport.smtp.connection import Connection, ConversationError
from mailer.transport.smtp.envelope import (
    check_features,
    check_message,
    encode_domain,
    write_mail,
)
from mailer.transport.smtp.handshake import open_connection
from mailer.types import Outcome, OutcomeKind, OutgoingMessage, Reply, Stage

KINDS = {2: OutcomeKind.ACCEPTED, 4: OutcomeKind.DEFERRED, 5: OutcomeKind.FAILED}
FINAL_DOT = b".\r\n"
# Politeness has an end: a server that does not answer QUIT or RSET is left.
PARTING_SECONDS = 5.0


class SmtpTransport:
    """Send messages to one server, in order, over one connection at a time."""

    def __init__(self, config: SmtpConfig) -> None:
        self.config = config
        self._connection: Connection | None = None
        self._carried = 0
        self._submitted: list[OutgoingMessage] = []

    def send(self, messages: Iterable[OutgoingMessage]) -> Iterator[Outcome]:
        """Send each message and yield what became of it before the next one is taken."""
        return send_each(self, messages)

    def room(self) -> int:
        """Return 1 if no message waits, or 0."""
        return 0 if self._submitted else 1

    def submit(self, message: OutgoingMessage) -> None:
        """Take a message, to be sent when somebody waits for it."""
        self._submitted.append(message)

    def wait(self, seconds: float) -> list[Outcome]:  # noqa: ARG002 - a message is sent whole
        """Send the first message that was submitted."""
        return [self._deliver(self._submitted.pop(0))] if self._submitted else []

    def pending(self) -> int:
        """Return how many messages wait to be sent."""
        return len(self._submitted)

    def withdraw(self) -> list[int]:
        """Take back what was not begun."""
        withdrawn, self._submitted = self._submitted, []
        return [message.delivery_id for message in withdrawn]

    def close(self) -> None:
        """Say QUIT, if there is anybody to say it to."""
        if self._connection is not None:
            self._say("QUIT")
        self._drop()

    def _deliver(self, message: OutgoingMessage) -> Outcome:
        refusal = check_message(message)
        if refusal is not None:
            return _outcome(message, OutcomeKind.FAILED, refusal)
        if self._carried >= self.config.messages_per_connection:
            self.close()
        kept = self._connection is not None
        outcome = self._converse(message)
        if kept and outcome.reply.code == 0 and outcome.reply.stage is Stage.MAIL:
            # The server had closed a connection that we kept: that says nothing of the message.
            outcome = self._converse(message)
        return outcome

    def _converse(self, message: OutgoingMessage) -> Outcome:
        try:
            if self._connection is None:
                self._connection = open_connection(self.config)
            reply = self._transact(self._connection, message)
        except ConversationError as error:
            self._drop()
            return _outcome(message, _judge_end(error.reply), error.reply)
        except BaseException:
            # A worker was told to stop in mid-message: nobody can go on with what it leaves.
            self._drop()
            raise
        self._carried += 1
        return _outcome(message, KINDS[reply.code // 100], reply)

    def _transact(self, connection: Connection, message: OutgoingMessage) -> Reply:
        """Return the reply that decides: to the first command that is refused, or to the dot."""
        unsuitable = check_features(connection.features, message)
        if unsuitable is not None:
            return unsuitable
        seconds = self.config.command_seconds
        for stage, command, positive in (
            (Stage.MAIL, write_mail(connection.features, message), 2),
            (Stage.RCPT, f"RCPT TO:<{encode_domain(message.recipient)}>", 2),
            (Stage.DATA, "DATA", 3),
        ):
            answer = connection.ask(stage, command, seconds=seconds, positive=positive)
            if answer.kind != positive:
                self._reset()
                return answer.as_reply()
        return self._hand_over(connection, message)

    def _hand_over(self, connection: Connection, message: OutgoingMessage) -> Reply:
        # A write that fails has not passed the final dot to the system: nothing was delivered.
        seconds = self.config.message_seconds
        connection.refuse_unasked(Stage.DATA)
        connection.write(Stage.DATA, message.content + FINAL_DOT, seconds=seconds)
        return connection.read(Stage.DOT, seconds=seconds).as_reply()

    def _reset(self) -> None:
        """Clear the server's buffers after a refusal, which stands whatever comes of this."""
        if not self._say("RSET"):
            self._drop()

    def _say(self, command: str) -> bool:
        """Say something that concerns no message, and return whether the server agreed."""
        assert self._connection is not None
        seconds = min(self.config.command_seconds, PARTING_SECONDS)
        try:
            return self._connection.ask(Stage.MAIL, command, seconds=seconds).kind == 2
        except ConversationError:
            return False

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        self._carried = 0
        if connection is not None:
            connection.close()


def _judge_end(reply: Reply) -> OutcomeKind:
    """Return what an early end means; a 421 in the dot's place says that nothing was taken."""
    lost = reply.stage is Stage.DOT and reply.code == 0
    return OutcomeKind.UNCERTAIN if lost else OutcomeKind.DEFERRED


def _outcome(message: OutgoingMessage, kind: OutcomeKind, reply: Reply) -> Outcome:
    return Outcome(delivery_id=message.delivery_id, kind=kind, reply=reply)

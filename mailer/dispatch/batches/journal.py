"""The journal: what a worker began and what the server replied, written at once.

The ledger is written in bulk, so a worker that dies leaves replies that it had not recorded.
They stand in the journal of its batch, a Redis list, and are replayed before the batch is
given to anybody else: an accepted message is never sent again. A message that was begun and
has no reply may or may not have arrived; only that one is uncertain.

Lines are collected and handed to the kernel by ``flush``, all at once, before the messages'
first octets are. ``confirm`` reads Redis' answers before their last octets leave, and says so if
Redis did not keep what it got: a message that nobody has noted never ends.

If Redis loses the journal too, messages accepted within the last recording interval are
sent once more, with the same Message-ID. No message is lost by it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import redis
from django.conf import settings

from mailer.results.record import Attempt
from mailer.types import Outcome, OutcomeKind, Reply, Stage

# A journal outlives its batch's lease by far; then nobody can need it any more.
KEPT_SECONDS = 7 * 86400
TIMEOUT_SECONDS = 10
# Answers that may be waiting in the socket before they are read: far fewer than fill it.
MOST_UNREAD = 1_000
WORKER_DIED = Reply(code=0, text="the worker died before the server replied", stage=Stage.DOT)
_QUOTE = json.encoder.encode_basestring_ascii  # as the encoder itself writes a text


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalEntry:
    """One attempt as the journal knows it; ``outcome`` is None if no reply was written."""

    delivery_id: int
    attempt: int
    outcome: Outcome | None

    def as_attempt(self) -> Attempt:
        """Return it for the ledger; without a reply it is uncertain what became of it."""
        outcome = self.outcome or Outcome(
            delivery_id=self.delivery_id, kind=OutcomeKind.UNCERTAIN, reply=WORKER_DIED
        )
        return Attempt(number=self.attempt, outcome=outcome)


class Journal:
    """Write and replay the attempts of batches, over one Redis connection of its own.

    Each method raises redis.RedisError if Redis can't be reached, or did not keep a line.
    """

    def __init__(self, client: redis.Redis) -> None:
        self._connection: Any = client.connection_pool.get_connection()
        self._unread = 0
        self._lines: dict[int, list[bytes]] = {}
        self._lasting: set[int] = set()

    def open(self, batch_id: int) -> list[JournalEntry]:
        """Return the last entry of each delivery in the batch's journal, which stays."""
        self._lasting.discard(batch_id)
        last: dict[int, JournalEntry] = {}
        for line in self._ask(b"LRANGE", _key(batch_id), b"0", b"-1"):
            entry = _parse(json.loads(line))
            last[entry.delivery_id] = entry
        return list(last.values())

    def begin(self, batch_id: int, delivery_id: int, number: int) -> None:
        """Note that a message is about to be handed over, as this number of attempt."""
        self._lines.setdefault(batch_id, []).append(b"[%d,%d]" % (delivery_id, number))

    def withdraw(self, batch_id: int, delivery_id: int) -> None:
        """Note that a message was not handed over after all: there was no attempt."""
        self.begin(batch_id, delivery_id, 0)

    def finish(self, batch_id: int, attempt: Attempt) -> None:
        """Note what the server said to it."""
        self._lines.setdefault(batch_id, []).append(_format(attempt))

    def flush(self) -> None:
        """Hand what was noted to the kernel, on its way to Redis."""
        if not self._lines:
            return
        if self._unread > MOST_UNREAD:
            self.confirm()
        commands = []
        for batch_id, lines in self._lines.items():
            key = _key(batch_id)
            commands.append(_pack(b"RPUSH", key, *lines))
            if batch_id not in self._lasting:
                self._lasting.add(batch_id)
                commands.append(_pack(b"EXPIRE", key, b"%d" % KEPT_SECONDS))
        self._lines = {}
        self._unread += len(commands)
        self._send(b"".join(commands))

    def confirm(self) -> None:
        """Read what Redis answered to all that was written, and raise if it kept a line not."""
        refusal: redis.RedisError | None = None
        while self._unread:
            self._unread -= 1
            try:
                self._connection.read_response()
            except redis.ResponseError as error:
                refusal = error
        if refusal is not None:
            raise refusal

    def clear(self, batch_id: int) -> None:
        """Forget a batch whose attempts all stand in the ledger, while it is still held."""
        self._lines.pop(batch_id, None)
        self._ask(b"DEL", _key(batch_id))
        self._lasting.discard(batch_id)

    def close(self) -> None:
        """Give up the connection, with whatever it had not answered."""
        self._unread = 0
        self._connection.disconnect()

    def _ask(self, *words: bytes) -> Any:
        self.flush()
        self.confirm()
        self._send(_pack(*words))
        return self._connection.read_response()

    def _send(self, packed: bytes) -> None:
        try:
            self._connection.send_packed_command([packed])
        except redis.RedisError:
            self.close()
            raise


def open_journal() -> Journal:
    """Return a journal on the Redis server of the settings."""
    return Journal(redis.Redis.from_url(settings.REDIS_URL, socket_timeout=TIMEOUT_SECONDS))


def _key(batch_id: int) -> bytes:
    return b"masthead:journal:%d" % batch_id


def _pack(*words: bytes) -> bytes:
    """Return a command as Redis reads it: an array of bulk strings (RESP)."""
    parts = [b"*%d\r\n" % len(words)]
    parts += [b"$%d\r\n%b\r\n" % (len(word), word) for word in words]
    return b"".join(parts)


def _format(attempt: Attempt) -> bytes:
    """Return a line as JSON: written out here, it costs half of what an encoder takes."""
    outcome, reply = attempt.outcome, attempt.outcome.reply
    said = f"{reply.code},{_QUOTE(reply.text)},{_QUOTE(reply.stage)},{_QUOTE(reply.status)}"
    return f"[{outcome.delivery_id},{attempt.number},{_QUOTE(outcome.kind)},{said}]".encode()


def _parse(line: list[Any]) -> JournalEntry:
    delivery_id, attempt, *rest = line
    if not rest:
        return JournalEntry(delivery_id=delivery_id, attempt=attempt, outcome=None)
    kind, code, text, stage, status = rest
    reply = Reply(code=code, text=text, stage=Stage(stage), status=status)
    outcome = Outcome(delivery_id=delivery_id, kind=OutcomeKind(kind), reply=reply)
    return JournalEntry(delivery_id=delivery_id, attempt=attempt, outcome=outcome)

"""The journal: what a worker began and what the server replied, written at once.

The ledger is written in bulk, so a worker that dies leaves replies that it had not recorded.
They stand in the journal of its batch, a Redis list, and are replayed before the batch is
given to anybody else: an accepted message is never sent again. A message that was begun and
has no reply may or may not have arrived; only that one is uncertain.

A line is handed to the kernel before the message's first octet is, and nobody waits for
Redis' answer: a killed process' octets still arrive. ``confirm`` reads the answers a little
later, and says so if Redis did not keep what it was given.

If Redis loses the journal too, messages accepted within the last recording interval are
sent once more, with the same Message-ID. No message is lost by it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
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


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalEntry:
    """One attempt as the journal knows it; ``outcome`` is None if no reply was written."""

    delivery_id: int
    attempt: int
    outcome: Outcome | None


class Journal:
    """Write and replay the attempts of batches, over one Redis connection of its own.

    Each method raises redis.RedisError if Redis can't be reached, or did not keep a line.
    """

    def __init__(self, client: redis.Redis) -> None:
        self._connection: Any = client.connection_pool.get_connection()
        self._unread = 0

    def open(self, batch_id: int) -> list[JournalEntry]:
        """Return the last entry of each delivery in the batch's journal, which stays."""
        last: dict[int, JournalEntry] = {}
        for line in self._ask("LRANGE", _key(batch_id), 0, -1):
            entry = _parse(json.loads(line))
            last[entry.delivery_id] = entry
        return list(last.values())

    def begin(self, batch_id: int, attempts: Iterable[tuple[int, int]]) -> None:
        """Write that messages are about to be handed over: (delivery, number of attempt) each."""
        self._append(batch_id, [f"[{delivery_id},{number}]" for delivery_id, number in attempts])

    def finish(self, batch_id: int, attempts: Sequence[Attempt]) -> None:
        """Write what the server said to them."""
        self._append(batch_id, [_format(attempt) for attempt in attempts])

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
        self._ask("DEL", _key(batch_id))

    def close(self) -> None:
        """Give up the connection, with whatever it had not answered."""
        self._unread = 0
        self._connection.disconnect()

    def _append(self, batch_id: int, lines: list[str]) -> None:
        if not lines:
            return
        if self._unread > MOST_UNREAD:
            self.confirm()
        key = _key(batch_id)
        append = self._connection.pack_command("RPUSH", key, *lines)
        keep = self._connection.pack_command("EXPIRE", key, KEPT_SECONDS)
        self._send([*append, *keep])
        self._unread += 2

    def _ask(self, *words: Any) -> Any:
        self.confirm()
        self._send(self._connection.pack_command(*words))
        return self._connection.read_response()

    def _send(self, packed: list[bytes]) -> None:
        try:
            self._connection.send_packed_command(packed)
        except redis.RedisError:
            self.close()
            raise


def open_journal() -> Journal:
    """Return a journal on the Redis server of the settings."""
    return Journal(redis.Redis.from_url(settings.REDIS_URL, socket_timeout=TIMEOUT_SECONDS))


def _key(batch_id: int) -> str:
    return f"masthead:journal:{batch_id}"


def _format(attempt: Attempt) -> str:
    outcome, reply = attempt.outcome, attempt.outcome.reply
    words = [reply.code, reply.text, reply.stage, reply.status]
    return json.dumps([outcome.delivery_id, attempt.number, outcome.kind, *words])


def _parse(line: list[Any]) -> JournalEntry:
    delivery_id, attempt, *rest = line
    if not rest:
        return JournalEntry(delivery_id=delivery_id, attempt=attempt, outcome=None)
    kind, code, text, stage, status = rest
    reply = Reply(code=code, text=text, stage=Stage(stage), status=status)
    outcome = Outcome(delivery_id=delivery_id, kind=OutcomeKind(kind), reply=reply)
    return JournalEntry(delivery_id=delivery_id, attempt=attempt, outcome=outcome)

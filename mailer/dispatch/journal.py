"""The journal: what a worker began and what the server replied, written at once.

The ledger is written in bulk, so a worker that dies leaves replies that it had not recorded.
They stand in the journal of its batch, a Redis list, and are replayed before the batch is
given to anybody else: an accepted message is never sent again. A message that was begun and
has no reply may or may not have arrived; only that one is uncertain.

If Redis loses the journal too, messages accepted within the last recording interval are
sent once more, with the same Message-ID. No message is lost by it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import redis
from django.conf import settings

from mailer.types import Outcome, OutcomeKind, Reply, Stage

# A journal outlives its batch's lease by far; then nobody can need it any more.
KEPT_SECONDS = 7 * 86400


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalEntry:
    """One attempt as the journal knows it; ``outcome`` is None if no reply was written."""

    delivery_id: int
    attempt: int
    outcome: Outcome | None


class Journal:
    """Write and replay the attempts of batches, over one Redis connection."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client

    def begin(self, batch_id: int, delivery_id: int, attempt: int) -> None:
        """Write that a message is about to be handed over."""
        self._write(batch_id, [delivery_id, attempt])

    def finish(self, batch_id: int, attempt: int, outcome: Outcome) -> None:
        """Write what the server said to it."""
        reply = outcome.reply
        words = [reply.code, reply.text, reply.stage, reply.status]
        self._write(batch_id, [outcome.delivery_id, attempt, outcome.kind, *words])

    def read(self, batch_id: int) -> list[JournalEntry]:
        """Return the last entry of each delivery in the batch's journal."""
        last: dict[int, JournalEntry] = {}
        for line in self._client.lrange(_key(batch_id), 0, -1):
            entry = _parse(json.loads(line))
            last[entry.delivery_id] = entry
        return list(last.values())

    def clear(self, batch_id: int) -> None:
        """Forget a batch whose attempts all stand in the ledger."""
        self._client.delete(_key(batch_id))

    def _write(self, batch_id: int, line: list[Any]) -> None:
        key = _key(batch_id)
        with self._client.pipeline(transaction=False) as pipe:
            pipe.rpush(key, json.dumps(line))
            pipe.expire(key, KEPT_SECONDS)
            pipe.execute()


def open_journal() -> Journal:
    """Return a journal on the Redis server of the settings."""
    return Journal(redis.Redis.from_url(settings.REDIS_URL, socket_timeout=10))


def _key(batch_id: int) -> str:
    return f"masthead:journal:{batch_id}"


def _parse(line: list[Any]) -> JournalEntry:
    delivery_id, attempt, *rest = line
    if not rest:
        return JournalEntry(delivery_id=delivery_id, attempt=attempt, outcome=None)
    kind, code, text, stage, status = rest
    reply = Reply(code=code, text=text, stage=Stage(stage), status=status)
    outcome = Outcome(delivery_id=delivery_id, kind=OutcomeKind(kind), reply=reply)
    return JournalEntry(delivery_id=delivery_id, attempt=attempt, outcome=outcome)

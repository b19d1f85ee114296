"""Which workers are there: each Celery worker says so in Redis, for the queues that it hears."""

from __future__ import annotations

import logging
import time
from typing import Any

import redis
from celery.signals import heartbeat_sent, worker_shutting_down

from mailer.dispatch.queues import DEFAULT, SEND
from mailer.results.counters import connect

logger = logging.getLogger(__name__)

QUEUES = (DEFAULT, SEND)
# Celery's heart beats every two seconds; to be seen, less will do.
SAY_SECONDS = 10.0
# Who was not heard for so long is taken to be gone: five times it may have been busy.
SEEN_SECONDS = 60


class Presence:
    """Say that a worker is there, now and then, and never disturb it."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._next = 0.0

    def say(self, worker: str, queues: list[str]) -> None:
        """Say that the worker hears these queues, if that was not said just before."""
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + SAY_SECONDS
        try:
            at = _read_clock(self._client)
            for queue in queues:
                self._client.zadd(_key(queue), {worker: at})
                self._client.zremrangebyscore(_key(queue), 0, at - SEEN_SECONDS)
        except redis.RedisError as error:
            logger.debug("a worker can't say that it is there: %s", error)

    def leave(self, worker: str, queues: list[str]) -> None:
        """Say that the worker is going."""
        try:
            for queue in queues:
                self._client.zrem(_key(queue), worker)
        except redis.RedisError as error:
            logger.debug("a worker can't say that it goes: %s", error)


def count_workers(client: redis.Redis) -> dict[str, int]:
    """Return how many workers hear each queue. Raises redis.RedisError."""
    since = _read_clock(client) - SEEN_SECONDS
    found: list[Any] = [client.zcount(_key(queue), since, "+inf") for queue in QUEUES]
    return dict(zip(QUEUES, found, strict=True))


_presence: Presence | None = None


@heartbeat_sent.connect
def _say(sender: Any, **_: object) -> None:
    global _presence  # noqa: PLW0603 - one a process, made when a worker's heart first beats
    _presence = _presence or Presence(connect())
    _presence.say(sender.eventer.hostname, _queues(sender.eventer.app))


@worker_shutting_down.connect
def _leave(sender: str, **_: object) -> None:
    if _presence is not None:
        _presence.leave(sender, list(QUEUES))


def _queues(app: Any) -> list[str]:
    return [name for name in app.amqp.queues.consume_from if name in QUEUES]


def _read_clock(client: redis.Redis) -> float:
    """Return Redis' time in seconds: the workers' machines need not agree on theirs."""
    found: Any = client.time()
    return float(found[0])


def _key(queue: str) -> str:
    return f"masthead:workers:{queue}"

"""Counts that many processes add to and one page reads, in Redis; they never fail a send.

What a worker counts is kept in the process and written in bulk, at most once a second. If
Redis does not take it, it is kept for later: counts may come late, mail may not.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Mapping
from functools import cache
from typing import Any

import redis
from django.conf import settings

logger = logging.getLogger(__name__)

TOTALS_KEY = "masthead:counters"
RATE_KEY = "masthead:rate:{}"
# What is counted with the rate, too.
RATED = "outcomes:accepted"
WRITE_SECONDS = 1.0
# A server that did not take the counts is left alone for so long, and never waited for longer.
PATIENCE_SECONDS = 10.0
TIMEOUT_SECONDS = 1
RATE_WINDOW_SECONDS = 60
RATE_STEP_SECONDS = 10


class Counters:
    """Add to counts, and write them now and then."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._counts: Counter[str] = Counter()
        self._next_write = 0.0

    def add(self, name: str, amount: int = 1) -> None:
        """Add to a count, in this process alone for now."""
        self._counts[name] += amount

    def write(self, *, at_once: bool = False) -> None:
        """Add what was counted to the totals, if it is time to or ``at_once``."""
        now = time.monotonic()
        if not self._counts or (now < self._next_write and not at_once):
            return
        self._next_write = now + WRITE_SECONDS
        try:
            self._push()
        except redis.RedisError as error:
            logger.debug("counts are kept for later: %s", error)
            self._next_write = now + PATIENCE_SECONDS
            return
        self._counts.clear()

    def _push(self) -> None:
        # One transaction: a count that was half written would be added twice by the next try.
        with self._client.pipeline(transaction=True) as pipe:
            for name, amount in self._counts.items():
                pipe.hincrby(TOTALS_KEY, name, amount)
            if self._counts[RATED]:
                key = RATE_KEY.format(int(time.time()) // RATE_STEP_SECONDS)
                pipe.incrby(key, self._counts[RATED])
                pipe.expire(key, 2 * RATE_WINDOW_SECONDS)
            pipe.execute()


def read_totals(client: redis.Redis) -> Mapping[str, int]:
    """Return every count by its name. Raises redis.RedisError."""
    found: Any = client.hgetall(TOTALS_KEY)
    return {name.decode(): int(value) for name, value in found.items()}


def read_rate(client: redis.Redis, *, now: float) -> float:
    """Return the messages accepted a second, over the last whole minute. Raises RedisError."""
    last = int(now) // RATE_STEP_SECONDS
    steps = range(last - RATE_WINDOW_SECONDS // RATE_STEP_SECONDS, last)
    found: Any = client.mget([RATE_KEY.format(step) for step in steps])
    return sum(int(value or 0) for value in found) / RATE_WINDOW_SECONDS


@cache
def open_counters() -> Counters:
    """Return this process' counters on the Redis server of the settings."""
    return Counters(connect())


def connect() -> redis.Redis:
    """Return a connection that is given up soon: whoever asks has something better to do."""
    return redis.Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=TIMEOUT_SECONDS,
        socket_connect_timeout=TIMEOUT_SECONDS,
    )

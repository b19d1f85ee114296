"""Limits that all workers share: slots, permits and back-off, kept by Redis on its own clock.

Each verb is one Lua script, so that it happens at once; the scripts stand in ``lua/`` and say
what they do. If Redis was emptied, limits start anew. If it can't be reached, nothing may be
sent: every verb raises LimitsUnavailable then.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import redis
from django.conf import settings

from mailer.errors import LimitsUnavailable

# How late a slot may be used: a worker writes to the ledger in between, and must not lose its
# turn by it. So in any T seconds at most rate * (T + slack) + 1 messages leave. Below five a
# second the slack is half an interval, so that two never leave at once.
SLACK_SECONDS = 0.1
# Slots further ahead are not given away: who waits longer goes on with other messages, and a
# slot that nobody comes back for is lost.
HORIZON_SECONDS = 2.0
# A killed worker's connections and messages under way count as open for so long.
PERMIT_SECONDS = 30.0

# Refusals for now: the first pause is short, as most are over in seconds; a receiver that goes
# on refusing is left alone for minutes. One message in five seconds still finds out when it is
# over.
FIRST_PAUSE_SECONDS = 5.0
LONGEST_PAUSE_SECONDS = 600.0
LOWEST_PER_SECOND = 0.2
RECOVERY_STEP = 10
RECOVERY_FACTOR = 1.5
# What a receiver thought of us in the morning says nothing of the evening.
FORGOTTEN_SECONDS = 6 * 3_600

LUA = Path(__file__).with_name("lua")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """What one scope may get; None is no limit.

    ``scope`` names it among all; ``slowed_as`` among what its transport has slowed down,
    and is empty where that is another scope's matter.
    """

    scope: str
    slowed_as: str = ""
    per_second: float | None = None
    in_flight: int | None = None
    daily_cap: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Slots reserved at once: ``count`` of them, the first in ``wait_seconds``.

    With none, it is worth asking again in ``wait_seconds``. ``interval_seconds`` is 0 where no
    rate is set. ``day`` is the day (UTC, counted from 1970) that counted them; ``now_us`` is
    Redis' time.
    """

    count: int
    wait_seconds: float
    interval_seconds: float
    day: int
    now_us: int

    @property
    def slack_seconds(self) -> float:
        """How late each slot may be used."""
        return max(self.interval_seconds / 2, SLACK_SECONDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slowed:
    """A scope that is slowed down: its present and full rates, its pause and its end (Unix, ms)."""

    rate: float
    full_rate: float
    strikes: int
    paused_until_ms: float
    pause_ms: float


class Throttle:
    """The verbs over one Redis connection, for one transport."""

    def __init__(self, client: redis.Redis, transport_id: int) -> None:
        self._client = client
        self._slowed_key = f"masthead:limits:slowed:{transport_id}"
        self._slowed_keys = [self._slowed_key, f"masthead:limits:changed:{transport_id}"]
        self._scripts = {
            path.stem: client.register_script(path.read_text(encoding="utf-8"))
            for path in sorted(LUA.glob("*.lua"))
        }

    def reserve(self, limit: Limit, wanted: int, *, unused: int = 0, unused_day: int = 0) -> Block:
        """Reserve up to ``wanted`` slots, giving ``unused`` ones back to their day's cap."""
        cap = -1 if limit.daily_cap is None else limit.daily_cap
        count, wait_us, interval_us, day, now_us = self._run(
            "reserve",
            [f"masthead:limits:slots:{limit.scope}", self._slowed_key],
            [
                limit.per_second or 0,
                wanted,
                cap,
                limit.slowed_as,
                unused,
                unused_day,
                int(SLACK_SECONDS * 1e6),
                int(HORIZON_SECONDS * 1e6),
            ],
        )
        return Block(
            count=int(count),
            wait_seconds=int(wait_us) / 1e6,
            interval_seconds=float(interval_us) / 1e6,
            day=int(day),
            now_us=int(now_us),
        )

    def hold(self, scope: str, worker: str, wanted: int, *, limit: int) -> int:
        """Hold permits in place of those that the worker held, and return how many it got."""
        keys = [f"masthead:limits:held:{scope}", f"masthead:limits:leases:{scope}"]
        return int(self._run("hold", keys, [worker, wanted, limit, int(PERMIT_SECONDS * 1000)]))

    def slow(self, slowed_as: str, rate: float) -> Slowed:
        """Halve a scope's rate and pause it, unless it is paused already; return its state."""
        pauses = [int(FIRST_PAUSE_SECONDS * 1000), int(LONGEST_PAUSE_SECONDS * 1000)]
        values = [slowed_as, rate, LOWEST_PER_SECOND, *pauses, FORGOTTEN_SECONDS]
        return _read_slowed(json.loads(self._run("slow", self._slowed_keys, values)))

    def recover(self, slowed_as: str, accepted: int) -> None:
        """Count acceptances, which bring a slowed scope back step by step."""
        values = [slowed_as, accepted, RECOVERY_STEP, RECOVERY_FACTOR]
        self._run("recover", self._slowed_keys, values)

    def look(self, since_ms: int) -> tuple[int, dict[str, Slowed | None]]:
        """Return what was slowed down, or is so no more (None), since ``since_ms``.

        With it comes Redis' time, from which on the next look is to be. Small domains may
        be slowed down by the thousand: what has not changed is not told again.
        """
        now_ms, *found = self._run("look", self._slowed_keys, [since_ms])
        states = zip(found[::2], found[1::2], strict=True)
        changed = {
            name.decode(): _read_slowed(json.loads(state)) if state else None
            for name, state in states
        }
        return int(now_ms), changed

    def slowed(self) -> Mapping[str, Slowed]:
        """Return what is slowed down on this transport."""
        try:
            stored: Any = self._client.hgetall(self._slowed_key)
        except redis.RedisError as error:
            raise _unavailable(error) from error
        return {name.decode(): _read_slowed(json.loads(state)) for name, state in stored.items()}

    def _run(self, script: str, keys: Sequence[str], values: Sequence[Any]) -> Any:
        try:
            return self._scripts[script](keys=keys, args=values)
        except redis.RedisError as error:
            raise _unavailable(error) from error


def open_throttle(transport_id: int) -> Throttle:
    """Return a transport's throttle on the Redis server of the settings."""
    return Throttle(redis.Redis.from_url(settings.REDIS_URL, socket_timeout=10), transport_id)


def _read_slowed(state: dict[str, Any]) -> Slowed:
    return Slowed(
        rate=float(state["rate"]),
        full_rate=float(state["full_rate"]),
        strikes=int(state["strikes"]),
        paused_until_ms=float(state["paused_until_ms"]),
        pause_ms=float(state["pause_ms"]),
    )


def _unavailable(error: redis.RedisError) -> LimitsUnavailable:
    return LimitsUnavailable(f"Limits can't be kept, as Redis does not answer: {error}.")

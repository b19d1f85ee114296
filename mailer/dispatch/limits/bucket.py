"""What one worker process holds of one limit: slots that it reserved, permits that it leased.

Slots are reserved in blocks, so that a fast limit costs few calls. A block is as large as the
worker uses up within a part of the slack: a larger one would lapse in its hands, and others wait.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from mailer.dispatch.limits.throttle import PERMIT_SECONDS, Block, Limit, Throttle

LARGEST_BLOCK = 1_000
# A block used up within this part of the slack may be larger; with what reserving may have
# taken of the slack already, twice as large a one is still used in time.
USED_WITHIN = 0.25
# Where only a daily cap is set, a reserved part of it is kept so long: over midnight it
# must not be many.
CAP_ONLY_SECONDS = 5.0
# A refusal is believed for at most so long, as limits are changed and pauses end early.
BELIEVED_SECONDS = 1.0
# Permits come free when another worker's message ends, which nobody tells us.
PERMIT_POLL_SECONDS = 0.1
IDLE_PERMIT_SECONDS = 1.0
# Less would make a worker turn round and round.
SHORTEST_WAIT_SECONDS = 0.001
NOTHING = Block(count=0, wait_seconds=0, interval_seconds=0, day=0, now_us=0)


class Slots:
    """Reserved slots of one limit. ``clock`` is this process' monotonic one, in seconds.

    ``per_second`` is the rate that holds now: the limit's, or less while it is slowed down.
    """

    def __init__(self, limit: Limit, throttle: Throttle, clock: Callable[[], float]) -> None:
        self.limit = limit
        self.per_second = limit.per_second
        self._throttle = throttle
        self._clock = clock
        self._block = NOTHING
        self._left = 0
        self._next = self._received = 0.0
        self._wanted = 1
        self._unused = 0
        self._closed_until = self._asks_again_at = 0.0

    def wait(self) -> float:
        """Return the seconds until a slot is usable, reserving one if none is left."""
        now = self._clock()
        self._drop_lapsed(now)
        if not self._left and now >= self._asks_again_at:
            self._refill()
            now = self._clock()
        opens_at = self._next if self._left else self._closed_until
        return max(opens_at - now, 0.0 if self._left else SHORTEST_WAIT_SECONDS)

    def take(self) -> None:
        """Use a slot, after ``wait`` said that there is one."""
        self._left -= 1
        self._next += self._block.interval_seconds
        if not self._left and self._clock() - self._received <= self._slack * USED_WITHIN:
            self._wanted = min(self._wanted * 2, LARGEST_BLOCK)

    def delay(self, position: int) -> float:
        """Return about when the message at ``position`` of those that wait will have its slot."""
        opens_at = self._next if self._left else self._closed_until
        queue = position / self.per_second if self.per_second else 0.0
        return max(opens_at - self._clock(), 0.0) + queue

    def drop(self) -> None:
        """Forget what is reserved, as when the receiver has just asked for less."""
        self._unused += self._left
        self._left = 0
        self._asks_again_at = 0.0

    def give_back(self) -> None:
        """Give what was reserved and not used back to the day's cap."""
        self.drop()
        if self._unused and self.limit.daily_cap is not None:
            self._reserve(0)

    @property
    def _slack(self) -> float:
        return self._block.slack_seconds if self._block.interval_seconds else CAP_ONLY_SECONDS

    def _drop_lapsed(self, now: float) -> None:
        late = now - self._slack - self._next
        if not self._left or late <= 0:
            return
        interval = self._block.interval_seconds
        lapsed = min(math.ceil(late / interval), self._left) if interval else self._left
        self._left -= lapsed
        self._next += lapsed * interval
        self._unused += lapsed
        self._wanted = max(self._wanted // 2, 1)

    def _refill(self) -> None:
        block = self._reserve(self._wanted)
        # Read after the call, whose own time so makes a slot late and never early.
        now = self._clock()
        self._left, self._received = block.count, now
        self._next = now + block.wait_seconds
        if not block.count:
            self._closed_until = now + block.wait_seconds
            self._asks_again_at = now + min(block.wait_seconds, BELIEVED_SECONDS)

    def _reserve(self, wanted: int) -> Block:
        unused, self._unused = self._unused, 0
        self._block = self._throttle.reserve(
            self.limit, wanted, unused=unused, unused_day=self._block.day
        )
        return self._block


class Permits:
    """Leased permits of one scope: messages under way, or open connections."""

    def __init__(
        self, scope: str, limit: int, worker: str, throttle: Throttle, clock: Callable[[], float]
    ) -> None:
        self.scope, self.limit = scope, limit
        self._worker = worker
        self._throttle = throttle
        self._clock = clock
        self.in_use = self.held = 0
        self._renews_at = self._asks_again_at = self._busy_at = 0.0

    def wait(self) -> float:
        """Return 0 if one more may be under way, leasing a permit if need be; else seconds."""
        if self.in_use < self.held or self.ask(self.in_use + 1) > self.in_use:
            return 0.0
        return max(self._asks_again_at - self._clock(), SHORTEST_WAIT_SECONDS)

    def take(self) -> None:
        """Use a permit, after ``wait`` said that there is one."""
        self.in_use += 1
        self._busy_at = self._clock()

    def finish(self) -> None:
        """Say that one message is under way no more; its permit is kept for the next."""
        self.in_use = max(self.in_use - 1, 0)

    def ask(self, wanted: int) -> int:
        """Hold ``wanted`` permits, or as many as are free, asking in intervals; return these."""
        if self.held != wanted and self._clock() >= self._asks_again_at:
            self._hold(wanted)
            if self.held < wanted:
                self._asks_again_at = self._clock() + PERMIT_POLL_SECONDS
        return self.held

    def tick(self) -> None:
        """Renew the lease in time, and give back what has been idle for a while."""
        now = self._clock()
        idle = self.held > self.in_use and now - self._busy_at > IDLE_PERMIT_SECONDS
        if idle or (self.held and now >= self._renews_at):
            self._hold(self.in_use if idle else self.held)

    def give_back(self) -> None:
        """Let go of every permit, in use or not."""
        self.in_use = 0
        if self.held:
            self._hold(0)

    def _hold(self, wanted: int) -> None:
        self.held = self._throttle.hold(self.scope, self._worker, wanted, limit=self.limit)
        self._renews_at = self._clock() + PERMIT_SECONDS / 3

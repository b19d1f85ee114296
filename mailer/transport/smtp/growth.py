"""How many connections, and when to ask a server again that has turned us away."""

from __future__ import annotations

from mailer.transport.smtp.config import SmtpConfig
from mailer.transport.smtp.events import SERVICE_CLOSING
from mailer.types import Reply

# Another connection helps when letters wait although we do nothing but wait for the network.
# Fewer than these seconds of it are chance.
IDLE_SECONDS = 0.010
# By Little's law a letter's stay is our waiting for each outcome times the connections. Where it
# is shorter than this, a few connections keep the server busy, and a killed worker repeats less.
SHORT_STAY_SECONDS = 0.005
# With a second one, a turn of the sender carries two messages at nearly the price of one.
FEW = 2
# What was seen long ago says little of now.
MOST_OUTCOMES = 200
# A server that refused another connection is not asked for more for so long.
REST_SECONDS = 60.0
LONGEST_BACKOFF = 64  # times the first: half a minute as a rule


class Growth:
    """Decide, from what is noted, how many connections to open now."""

    def __init__(self, config: SmtpConfig) -> None:
        self._configured = self._most = config.connections
        self._backoff_seconds = config.backoff_seconds
        self._idle_seconds = 0.0
        self._outcomes = 0
        self._failures = 0
        self._retry_at = 0.0
        self._limit = config.connections
        self._limited_until = 0.0

    def limit(self, most: int) -> None:
        """Allow at most so many connections, and never more than were configured."""
        self._most = min(most, self._configured)

    def note_wait(self, seconds: float) -> None:
        """Remember that letters waited while we waited for the network."""
        self._idle_seconds += seconds

    def note_outcome(self, reply: Reply) -> None:
        """Remember an outcome. One in the server's own words shows that it works."""
        self._outcomes += 1
        if reply.code not in {0, SERVICE_CLOSING}:
            self._failures = 0
        if self._outcomes > MOST_OUTCOMES:
            self._forget()

    def note_failure(self, live: int, now: float) -> None:
        """Remember a connection that came to nothing, while ``live`` others stand."""
        if live:
            self._limit, self._limited_until = live, now + REST_SECONDS
            return
        self._forget()
        factor = min(2**self._failures, LONGEST_BACKOFF)
        self._retry_at = now + self._backoff_seconds * factor
        self._failures = min(self._failures + 1, LONGEST_BACKOFF)

    def allow(self, live: int, now: float) -> int:
        """Return how many connections to open, where letters wait and ``live`` ones stand."""
        if not live:
            return min(1, self._most) if now >= self._retry_at else 0
        limit = self._limit if now < self._limited_until else self._most
        stay_seconds = self._idle_seconds * live / max(self._outcomes, 1)
        is_busy = live >= FEW and stay_seconds < SHORT_STAY_SECONDS
        if self._idle_seconds < IDLE_SECONDS or is_busy:
            return 0
        self._forget()
        return max(min(1 + live // 2, limit - live), 0)

    def _forget(self) -> None:
        self._idle_seconds, self._outcomes = 0.0, 0

"""The outbox: messages that are merged before there is room for them, within the limits.

Who must wait for a limit is put aside for a moment, or given back to the ledger for longer,
and the next in the batch goes on.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice

from mailer.dispatch.batches.due import DueDelivery
from mailer.dispatch.batches.held import HeldBatch
from mailer.dispatch.limits.providers import provider_of
from mailer.dispatch.sending.recipients import make_message
from mailer.dispatch.servers.lane import Lane
from mailer.dispatch.watching.tally import tally_outcome
from mailer.errors import MessageError
from mailer.results.record import Attempt
from mailer.types import Outcome, OutcomeKind, OutgoingMessage, Reply, Stage

# Who is kept back for longer is given back to the ledger, and the worker goes on with others.
LONGEST_ASIDE_SECONDS = 5.0
# Messages that are merged before there is room for them, so that no connection waits for it.
AHEAD = 4


@dataclass(slots=True)
class Outbox:
    """Messages that are ready for a lane, the oldest first, each with its batch."""

    lane: Lane
    _ready: deque[tuple[HeldBatch, OutgoingMessage]] = field(default_factory=deque, init=False)

    def __len__(self) -> int:
        return len(self._ready)

    def fill(self, batches: Iterable[HeldBatch]) -> None:
        """Have as many messages ready as there will be room for. Raises LimitsUnavailable."""
        wanted = max(self.lane.room(), AHEAD) - len(self._ready)
        now = time.monotonic()
        for held in batches:
            held.recall(now)
            positions: Counter[str] = Counter()
            while wanted > 0 and held.waiting and held.may_send:
                due = held.waiting.popleft()
                seconds = self.lane.admit(due.pk, due.email)
                if seconds > 0:
                    self._keep_back(held, due, seconds, positions)
                elif self._merge(held, due):
                    wanted -= 1

    def look(self, count: int) -> Sequence[tuple[HeldBatch, OutgoingMessage]]:
        """Return the next ``count`` messages, or fewer, which stay."""
        return list(islice(self._ready, count))

    def submit(self, count: int) -> None:
        """Hand the next ``count`` messages over."""
        for _ in range(count):
            self.lane.submit(self._ready.popleft()[1])

    def empty(self) -> None:
        """Give every delivery back to its batch."""
        for held, message in self._ready:
            held.take_back(message.delivery_id)
            self.lane.dismiss(message.delivery_id)
        self._ready.clear()

    def _keep_back(
        self, held: HeldBatch, due: DueDelivery, seconds: float, positions: Counter[str]
    ) -> None:
        """Put a delivery aside for a moment, or give it back to the ledger for longer."""
        if seconds <= LONGEST_ASIDE_SECONDS:
            held.aside.append((time.monotonic() + seconds, due))
            return
        provider = provider_of(due.email)
        positions[provider] += 1
        later = self.lane.delay(due.email, positions[provider])
        held.postponed.append((due.pk, max(seconds, later)))

    def _merge(self, held: HeldBatch, due: DueDelivery) -> bool:
        """Make an admitted delivery's message ready, if it can be made."""
        try:
            message = make_message(due)
        except MessageError as error:
            held.finished.append(_unsendable(due, error))
            self.lane.dismiss(due.pk)
            return False
        held.underway[due.pk] = due
        self._ready.append((held, message))
        return True


def _unsendable(due: DueDelivery, error: MessageError) -> Attempt:
    reply = Reply(code=0, text=f"the message could not be made: {error}", stage=Stage.MAIL)
    outcome = Outcome(delivery_id=due.pk, kind=OutcomeKind.FAILED, reply=reply)
    tally_outcome(provider_of(due.email), outcome)
    return Attempt(number=due.attempts + 1, outcome=outcome)

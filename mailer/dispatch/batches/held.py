"""A batch while a worker holds it: who waits, who is under way, what is known but not recorded.

Every write to the ledger is made under the batch's lease, so a worker that has lost it
writes nothing more.
"""

from __future__ import annotations

import datetime as dt
import time
from collections import deque
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import redis
import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from structlog.stdlib import BoundLogger

from mailer.dispatch.batches.claim import extend_lease, release_batch
from mailer.dispatch.batches.due import DueDelivery
from mailer.dispatch.batches.journal import Journal
from mailer.dispatch.watching.tally import tally_replay
from mailer.models import Batch, BatchState, Mailing
from mailer.results.record import Attempt, record_attempts, record_postponed, record_skips
from mailer.types import Outcome
from subscribers.audience import Refusal, refuse, with_refusals

logger: BoundLogger = structlog.get_logger(__name__)

# A worker stops handing over at this part of its lease: what is left covers a stalled server.
LEASE_SHARE = 0.6
# A lease on which nothing was written is extended at this part of it.
EXTEND_SHARE = 0.2


@dataclass(slots=True, eq=False)
class HeldBatch:
    """A claimed batch: its due deliveries move from ``waiting`` over ``underway`` to ``finished``.

    ``aside`` are those that a limit keeps back for a moment: (from when, delivery);
    ``postponed`` those that it keeps back for longer: (delivery, seconds). ``judged`` are the
    outcomes, with their providers, that the watch has not seen. ``stopped`` is set when its
    mailing was paused, cancelled or ended: then nothing more of it is handed over. ``lost`` is
    set when its lease was: what still comes back of it is for whoever holds it now to find out.
    """

    batch: Batch
    mailing: Mailing = field(init=False)
    waiting: deque[DueDelivery] = field(default_factory=deque)
    underway: dict[int, DueDelivery] = field(default_factory=dict)
    finished: list[Attempt] = field(default_factory=list)
    judged: list[tuple[str, Outcome]] = field(default_factory=list)
    aside: list[tuple[float, DueDelivery]] = field(default_factory=list)
    postponed: list[tuple[int, float]] = field(default_factory=list)
    stopped: bool = False
    lost: bool = False
    held_since: float = field(init=False)
    log: BoundLogger = field(init=False)

    def __post_init__(self) -> None:
        self.mailing = self.batch.mailing
        self.log = logger.bind(mailing_id=self.mailing.pk, batch_id=self.batch.pk)
        self.held_since = time.monotonic()

    @property
    def is_done(self) -> bool:
        """Tell whether nothing is left to be handed over, or to come back."""
        return not self.waiting and not self.underway and not self.aside

    @property
    def may_send(self) -> bool:
        """Tell whether the lease is young enough to begin with another message."""
        age = time.monotonic() - self.held_since
        return not self.stopped and age < LEASE_SHARE * settings.LEASE_SECONDS

    @property
    def is_late(self) -> bool:
        """Tell whether the lease has run out, as after a long pause: others may hold it now."""
        return time.monotonic() - self.held_since > settings.LEASE_SECONDS

    def recall(self, now: float) -> None:
        """Let those wait again whose time aside is over at ``now`` (monotonic, in seconds)."""
        if self.aside:
            self.waiting.extend(due for since, due in self.aside if since <= now)
            self.aside = [each for each in self.aside if each[0] > now]

    def stop(self) -> None:
        """Hand over nothing more."""
        self.stopped = True
        self.waiting.clear()
        self.aside.clear()

    def take_back(self, delivery_id: int) -> None:
        """Let a delivery wait again of which no octet was sent, if its mailing goes on."""
        due = self.underway.pop(delivery_id)
        if not self.stopped:
            self.waiting.appendleft(due)

    def prepare(self, journal: Journal) -> None:
        """Replay what an earlier holder left, and read who may still be written to.

        Raises LeaseLost if the batch was taken over meanwhile.
        """
        self._replay(journal)
        due, refused = _judge(self.batch.deliveries.due())
        self.waiting.extend(due)
        self._skip(refused)

    def leave_out(self, departed: Collection[str] | None) -> None:
        """Skip those who wait and may not be written to any more: of these addresses, or of all.

        Raises LeaseLost.
        """
        waiting = {due.pk for due in self.waiting} | {due.pk for _, due in self.aside}
        if not waiting:
            return
        rows = self.batch.deliveries.due()
        if departed is not None:
            rows = rows.filter(email_normalised__in=departed)
        refused = {pk: why for pk, why in _judge(rows)[1].items() if pk in waiting}
        self.waiting = deque(due for due in self.waiting if due.pk not in refused)
        self.aside = [each for each in self.aside if each[1].pk not in refused]
        self._skip(refused)

    def record(self) -> None:
        """Write what is finished to the ledger and hold the batch on. Raises LeaseLost."""
        age = time.monotonic() - self.held_since
        if not (self.finished or self.postponed) and age < EXTEND_SHARE * settings.LEASE_SECONDS:
            return
        with transaction.atomic():
            extend_lease(self.batch)
            record_attempts(self.mailing, self.finished, now=_now())
            record_postponed(self.postponed, now=_now())
        self.finished, self.postponed = [], []
        self.held_since = time.monotonic()

    def release(self, journal: Journal) -> bool:
        """Record what is finished and give the batch back; return whether it is done for good.

        The journal is cleared before anybody else can write to it. One that can't be cleared
        does no harm: the ledger knows all that stands in it. Raises LeaseLost.
        """
        self.record()
        try:
            journal.clear(self.batch.pk)
        except redis.RedisError as error:
            self.log.warning("a journal stays", error=str(error))
        with transaction.atomic():
            state = release_batch(self.batch)
        self.log.info("a batch is given back", state=state.value)
        return state == BatchState.DONE

    def _skip(self, refused: Mapping[int, Refusal]) -> None:
        if refused:
            with transaction.atomic():
                extend_lease(self.batch)
                record_skips(refused, now=_now())

    def _replay(self, journal: Journal) -> None:
        """Record what an earlier holder of this batch did and could not record."""
        entries = journal.open(self.batch.pk)
        if not entries:
            return
        self.log.info("a journal is replayed", entries=len(entries))
        tally_replay(len(entries))
        self.finished += [entry.as_attempt() for entry in entries]
        self.record()
        journal.clear(self.batch.pk)


def _judge(rows: QuerySet[Any]) -> tuple[list[DueDelivery], dict[int, Refusal]]:
    """Part deliveries into those that may be sent and those that may not, each with why."""
    asked = with_refusals(rows, now=_now()).values_list(
        *DueDelivery._fields, "standing", "suppressed", "paused"
    )
    due, refused = [], {}
    for *fields, standing, suppressed, paused in asked:
        each = DueDelivery._make(fields)
        refusal = refuse(standing, suppressed, paused=bool(paused))
        if refusal is None:
            due.append(each)
        else:
            refused[each.pk] = refusal
    return due, refused


def _now() -> dt.datetime:
    return dt.datetime.now(tz=dt.UTC)

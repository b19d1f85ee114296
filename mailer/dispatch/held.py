"""A batch while a worker holds it: who waits, who is under way, what is known but not recorded.

Every write to the ledger is made under the batch's lease, so a worker that has lost it
writes nothing more.
"""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections import deque
from dataclasses import dataclass, field

import redis
from django.conf import settings
from django.db import transaction

from mailer.dispatch.claim import extend_lease, release_batch
from mailer.dispatch.due import DueDelivery
from mailer.dispatch.journal import Journal
from mailer.dispatch.tally import tally_replay
from mailer.models import Batch, BatchState, Mailing
from mailer.results.record import Attempt, record_attempts, record_skips
from mailer.types import Outcome, OutcomeKind, Reply, Stage
from subscribers.audience import find_refused

logger = logging.getLogger(__name__)

# A worker stops handing over at this part of its lease: what is left covers a stalled server.
LEASE_SHARE = 0.6
# A lease on which nothing was written is extended at this part of it.
EXTEND_SHARE = 0.2
WORKER_DIED = Reply(code=0, text="the worker died before the server replied", stage=Stage.DOT)


@dataclass(slots=True, eq=False)
class HeldBatch:
    """A claimed batch: its due deliveries move from ``waiting`` over ``underway`` to ``finished``.

    ``stopped`` is set when its mailing was paused, cancelled or ended: then nothing more of it
    is handed over. ``lost`` is set when its lease was: what still comes back of it is for
    whoever holds it now to find out.
    """

    batch: Batch
    mailing: Mailing = field(init=False)
    waiting: deque[DueDelivery] = field(default_factory=deque)
    underway: dict[int, DueDelivery] = field(default_factory=dict)
    finished: list[Attempt] = field(default_factory=list)
    stopped: bool = False
    lost: bool = False
    held_since: float = field(init=False)

    def __post_init__(self) -> None:
        self.mailing = self.batch.mailing
        self.held_since = time.monotonic()

    @property
    def is_done(self) -> bool:
        """Tell whether nothing is left to be handed over, or to come back."""
        return not self.waiting and not self.underway

    @property
    def may_send(self) -> bool:
        """Tell whether the lease is young enough to begin with another message."""
        age = time.monotonic() - self.held_since
        return not self.stopped and age < LEASE_SHARE * settings.LEASE_SECONDS

    @property
    def can_go_on(self) -> bool:
        """Tell whether there is something to do with it now, without the network's help."""
        return self.is_done or bool(self.waiting and self.may_send)

    def prepare(self, journal: Journal) -> None:
        """Replay what an earlier holder left, and read who may still be written to.

        Raises LeaseLost if the batch was taken over meanwhile.
        """
        self._replay(journal)
        fields = DueDelivery._fields
        due = [DueDelivery(*row) for row in self.batch.deliveries.due().values_list(*fields)]
        places = {
            row.pk: (row.subscriber_id or 0, row.list_id, row.email_normalised or row.email.lower())
            for row in due
        }
        refused = find_refused(places, now=_now())
        self.waiting.extend(row for row in due if row.pk not in refused)
        if refused:
            with transaction.atomic():
                extend_lease(self.batch)
                record_skips(refused, now=_now())

    def record(self) -> None:
        """Write what is finished to the ledger and hold the batch on. Raises LeaseLost."""
        age = time.monotonic() - self.held_since
        if not self.finished and age < EXTEND_SHARE * settings.LEASE_SECONDS:
            return
        with transaction.atomic():
            extend_lease(self.batch)
            record_attempts(self.mailing, self.finished, now=_now())
        self.finished = []
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
            logger.warning("batch %d: its journal stays: %s", self.batch.pk, error)
        with transaction.atomic():
            return release_batch(self.batch) == BatchState.DONE

    def _replay(self, journal: Journal) -> None:
        """Record what an earlier holder of this batch did and could not record."""
        entries = journal.open(self.batch.pk)
        if not entries:
            return
        logger.info("batch %d: replaying %d journalled", self.batch.pk, len(entries))
        tally_replay(len(entries))
        for entry in entries:
            outcome = entry.outcome or Outcome(
                delivery_id=entry.delivery_id, kind=OutcomeKind.UNCERTAIN, reply=WORKER_DIED
            )
            self.finished.append(Attempt(number=entry.attempt, outcome=outcome))
        self.record()
        journal.clear(self.batch.pk)


def _now() -> dt.datetime:
    return dt.datetime.now(tz=dt.UTC)

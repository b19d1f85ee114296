"""Sending: batches are claimed, merged, handed over, journalled, recorded and given back.

A sender holds a few batches at once, so that its connections never wait for the database
between two of them, and has the next messages merged before there is room for them. One step
after another: wait for the network; journal what came and what goes next in one write; hand
it over; every quarter of a second write the ledger and look whether a mailing was paused, or
a reader has left; claim; merge. No transaction is open while the network talks.
"""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import redis
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection

from mailer.dispatch.batches.claim import claim_batch
from mailer.dispatch.batches.held import LEASE_SHARE, HeldBatch
from mailer.dispatch.batches.journal import Journal
from mailer.dispatch.control.schedule import finish_mailings
from mailer.dispatch.sending.outbox import Outbox
from mailer.dispatch.servers.lane import Lane, is_unreached
from mailer.dispatch.watching.tally import tally_lost_lease, tally_outcome, write_tally
from mailer.dispatch.watching.watch import Watch, pause_troubled
from mailer.errors import LeaseLost
from mailer.models import Mailing, MailingState
from mailer.models.pulse import keep_beating
from mailer.results.record import Attempt
from mailer.types import Outcome
from subscribers.departures import Departures

logger = logging.getLogger(__name__)

# The ledger is written this often: rare enough to be cheap, often enough that progress is
# live and a pause takes hold within a second.
RECORD_SECONDS = 0.25
RECORD_AT_MOST = 500
# Nobody asks the database for a batch more often than this when there was none.
ASK_AGAIN_SECONDS = 0.5
# More would only wait in memory, and be held from other workers.
MOST_HELD = 8
# A task ends now and then, so that another server may be chosen for the next one.
LONGEST_RUN_SECONDS = 60
SENDING = frozenset({MailingState.PLANNING, MailingState.SENDING})


@dataclass(slots=True)
class Sender:
    """Send batches until none is to be had, or until told to stop.

    ``held`` are the batches in hand, the oldest first; ``outbox`` has the messages that wait
    for room; ``owners`` says whose batch a message in the transport belongs to.
    ``ledger_is_down`` is set while the database can't be written: then nothing is begun, and
    what comes back is kept. ``was_cut_short`` says after ``run`` that there may be more to send.
    """

    worker: str
    lane: Lane
    journal: Journal
    watch: Watch
    is_stopping: Callable[[], bool] = lambda: False
    held: dict[int, HeldBatch] = field(default_factory=dict, init=False)
    outbox: Outbox = field(init=False)
    owners: dict[int, HeldBatch] = field(default_factory=dict, init=False)
    departures: Departures = field(default_factory=Departures, init=False)
    ledger_is_down: bool = field(default=False, init=False)
    was_cut_short: bool = field(default=False, init=False)
    _has_finished: bool = field(default=False, init=False)
    _recorded: float = field(default=0.0, init=False)
    _asked: float = field(default=-ASK_AGAIN_SECONDS, init=False)

    def __post_init__(self) -> None:
        self.outbox = Outbox(self.lane)

    def run(self) -> None:
        """Send until none is to be had, and give back whatever is held then."""
        end = time.monotonic() + LONGEST_RUN_SECONDS
        self._recorded = time.monotonic()
        try:
            while self._go_on(end):
                self.outbox.fill(self.held.values())
                self._await_replies()
                self._hand_over()
                self._record_in_time()
                self._release_done()
        finally:
            self._let_go()

    def _go_on(self, end: float) -> bool:
        """Claim more if there is need for it, and tell whether there is anything to do."""
        if self.is_stopping() or self.lane.is_down or time.monotonic() > end:
            self.was_cut_short = True
            self._stop(self.held.values())
        elif self.lane.may_connect and not self.ledger_is_down:
            with self._watch_ledger():
                self._claim()
        return bool(self.held)

    def _claim(self) -> None:
        """Claim batches until there are messages enough for the connections there are."""
        while len(self.held) < MOST_HELD and self._count_waiting() <= self.lane.room():
            if time.monotonic() - self._asked < ASK_AGAIN_SECONDS:
                return
            batch = claim_batch(self.worker)
            if batch is None:
                self._asked = time.monotonic()
                return
            held = self.held[batch.pk] = HeldBatch(batch)
            with self._dropping_lost(held):
                held.prepare(self.journal)
            keep_beating()

    def _count_waiting(self) -> int:
        return sum(len(held.waiting) for held in self.held.values())

    def _await_replies(self) -> None:
        """Let the network work until replies come or something else is due."""
        patience = max(self._next_duty() - time.monotonic(), 0.0)
        if self.lane.pending():
            self._hang_up_if_late()
            # Redis answers while we merge: no message ends before its beginning is kept there.
            self.journal.confirm()
            self._note(self.lane.wait(0.0 if self._can_hand_over() else patience))
        elif not self._can_hand_over() and not any(each.is_done for each in self.held.values()):
            time.sleep(patience)

    def _hang_up_if_late(self) -> None:
        """End no message of a batch whose lease has run out: somebody else may have sent it."""
        late = [held for held in self.held.values() if held.is_late]
        if late:
            self.lane.abandon()
            self._stop(late)

    def _next_duty(self) -> float:
        """Return when the ledger is to be written, or the first that was put aside may go."""
        due = self._recorded + RECORD_SECONDS
        aside = (since for held in self.held.values() for since, _ in held.aside)
        return min(due, min(aside, default=due))

    def _can_hand_over(self) -> bool:
        return bool(self.outbox) and not self.ledger_is_down and self.lane.room() > 0

    def _note(self, known: list[tuple[str, Outcome]]) -> None:
        """Take outcomes in, for the journals of their batches, for the ledger and the watch."""
        for provider, outcome in known:
            pk = outcome.delivery_id
            held = self.owners.pop(pk)
            if held.lost:
                held.underway.pop(pk)
            elif is_unreached(outcome):
                held.take_back(pk)
                self.journal.withdraw(held.batch.pk, pk)
            else:
                tally_outcome(provider, outcome)
                attempt = Attempt(number=held.underway.pop(pk).attempts + 1, outcome=outcome)
                held.finished.append(attempt)
                held.judged.append((provider, outcome))
                self.journal.finish(held.batch.pk, attempt)

    def _hand_over(self) -> None:
        """Submit messages for which there is room, once the journal is on its way."""
        room = 0 if self.ledger_is_down else self.lane.room()
        going = self.outbox.look(room)
        for held, message in going:
            pk = message.delivery_id
            self.owners[pk] = held
            self.journal.begin(held.batch.pk, pk, held.underway[pk].attempts + 1)
        self.journal.flush()
        self.outbox.submit(len(going))

    def _record_in_time(self) -> None:
        """Write the ledger if it is time to, and see which mailings are to go on."""
        unrecorded = sum(len(held.finished) for held in self.held.values())
        if time.monotonic() - self._recorded < RECORD_SECONDS and unrecorded < RECORD_AT_MOST:
            return
        with self._watch_ledger():
            self.lane.tick()
            for held in list(self.held.values()):
                with self._dropping_lost(held):
                    held.record()
                self._watch_over(held)
            self._stop_those_not_sent()
            self._leave_out_departed()
            self._finish_mailings()
        self._recorded = time.monotonic()
        write_tally()

    def _watch_over(self, held: HeldBatch) -> None:
        """Pause the batch's mailing if too much of it is refused."""
        judged, held.judged = held.judged, []
        reason = self.watch.count(held.mailing, judged) if judged else None
        if reason is not None:
            pause_troubled(held.mailing, reason)

    def _stop_those_not_sent(self) -> None:
        """Stop the batches of mailings that are paused, cancelled or ended."""
        mailings = {held.mailing.pk for held in self.held.values()}
        going = set(
            Mailing.objects.filter(pk__in=mailings, state__in=SENDING).values_list("pk", flat=True)
        )
        self._stop(held for held in self.held.values() if held.mailing.pk not in going)

    def _leave_out_departed(self) -> None:
        """Write no more to who has left, or was suppressed, since their batch was claimed."""
        departed = self.departures.look()
        if departed is None or departed:
            for held in list(self.held.values()):
                with self._dropping_lost(held):
                    held.leave_out(departed)

    def _stop(self, batches: Iterable[HeldBatch]) -> None:
        """Hand over nothing more of these batches, also of what was submitted and not begun."""
        fresh = [held for held in batches if not held.stopped]
        if not fresh:
            return
        for held in fresh:
            held.stop()
        for delivery_id in self.lane.withdraw():
            owner = self.owners.pop(delivery_id)
            owner.take_back(delivery_id)
            self.journal.withdraw(owner.batch.pk, delivery_id)
        self.outbox.empty()

    def _release_done(self) -> None:
        if self.ledger_is_down:
            return
        for held in [each for each in self.held.values() if each.is_done]:
            with self._watch_ledger(), self._dropping_lost(held):
                self._watch_over(held)
                self._has_finished |= held.release(self.journal)
                del self.held[held.batch.pk]

    @contextmanager
    def _dropping_lost(self, held: HeldBatch) -> Iterator[None]:
        """Let go of a batch that was taken over: nothing more is written under its old token."""
        try:
            yield
        except LeaseLost:
            held.log.warning("a lease was lost")
            tally_lost_lease()
            self.lane.abandon()
            self._stop([held])
            held.lost = True
            self.held.pop(held.batch.pk, None)

    @contextmanager
    def _watch_ledger(self) -> Iterator[None]:
        """Bear a database that is down for a while; raise once a lease comes near its end."""
        try:
            yield
            self.ledger_is_down = False
        except (DatabaseError, InterfaceError):
            self.ledger_is_down = True
            connection.close()
            limit = LEASE_SHARE * settings.LEASE_SECONDS
            if any(time.monotonic() - each.held_since > limit for each in self.held.values()):
                raise

    def _let_go(self) -> None:
        """Await what is under way and give every batch back, whatever broke.

        What was accepted is recorded even if the journal broke; what can't be recorded
        stands in the journal, for whoever claims the batch next.
        """
        self._stop(self.held.values())
        self._flush_if_possible()
        while self.lane.pending():
            self._note(self.lane.wait(RECORD_SECONDS))
            self._flush_if_possible()
        for held in list(self.held.values()):
            try:
                self._has_finished |= held.release(self.journal)
            except (LeaseLost, DatabaseError, InterfaceError) as error:
                held.log.warning("a batch is left to its lease", error=str(error))
        self.held.clear()
        self._finish_mailings()
        self.lane.rest()
        write_tally(at_once=True)

    def _flush_if_possible(self) -> None:
        try:
            self.journal.flush()
        except redis.RedisError as error:
            logger.warning("The journal can't be written, the ledger will be: %s", error)

    def _finish_mailings(self) -> None:
        """End the mailings of which the last batch may have been among ours."""
        if self._has_finished:
            self._has_finished = False
            finish_mailings(now=dt.datetime.now(tz=dt.UTC))

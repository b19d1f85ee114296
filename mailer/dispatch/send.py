"""Sending: batches are claimed, merged, handed over, journalled, recorded and given back.

A sender holds a few batches at once, so that its connections never wait for the database
between two of them. One step after another: claim, hand over as many messages as there is
room for, wait for the network, journal what came, and every quarter of a second write the
ledger and look whether a mailing was paused. No transaction is open while the network talks.
"""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import redis
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection

from mailer.dispatch.claim import claim_batch
from mailer.dispatch.due import DueDelivery
from mailer.dispatch.held import LEASE_SHARE, HeldBatch
from mailer.dispatch.journal import Journal
from mailer.dispatch.recipients import make_message
from mailer.dispatch.schedule import finish_mailings
from mailer.dispatch.tally import tally_lost_lease, tally_outcome, write_tally
from mailer.errors import LeaseLost, MessageError
from mailer.models import Mailing, MailingState
from mailer.models.pulse import keep_beating
from mailer.results.record import Attempt
from mailer.transport.base import Transport
from mailer.types import Outcome, OutcomeKind, OutgoingMessage, Reply, Stage

logger = logging.getLogger(__name__)

# The ledger is written this often: rare enough to be cheap, often enough that progress is
# live and a pause takes hold within a second.
RECORD_SECONDS = 0.25
RECORD_AT_MOST = 500
# Nobody asks the database for a batch more often than this when there was none.
ASK_AGAIN_SECONDS = 0.5
# More would only wait in memory, and be held from other workers.
MOST_HELD = 8
# A task ends now and then, so that its queue's other calls are heard.
LONGEST_RUN_SECONDS = 300
SENDING = frozenset({MailingState.PLANNING, MailingState.SENDING})


@dataclass(slots=True)
class Sender:
    """Send batches until none is to be had, or until told to stop.

    ``held`` are the batches in hand, the oldest first; ``owners`` says whose batch a message
    under way belongs to. ``ledger_is_down`` is set while the database can't be written:
    then nothing is begun, and what comes back is kept. ``was_cut_short`` says after ``run``
    that there may be more to send.
    """

    worker: str
    transport: Transport
    journal: Journal
    is_stopping: Callable[[], bool] = lambda: False
    held: dict[int, HeldBatch] = field(default_factory=dict, init=False)
    owners: dict[int, HeldBatch] = field(default_factory=dict, init=False)
    ledger_is_down: bool = field(default=False, init=False)
    was_cut_short: bool = field(default=False, init=False)
    _has_finished: bool = field(default=False, init=False)
    _recorded: float = field(default=0.0, init=False)
    _asked: float = field(default=-ASK_AGAIN_SECONDS, init=False)

    def run(self) -> None:
        """Send until none is to be had, and give back whatever is held then."""
        end = time.monotonic() + LONGEST_RUN_SECONDS
        self._recorded = time.monotonic()
        try:
            while self._go_on(end):
                self._hand_over()
                self._await_replies()
                self._record_in_time()
                self._release_done()
        finally:
            self._let_go()

    def _go_on(self, end: float) -> bool:
        """Claim more if there is need for it, and tell whether there is anything to do."""
        if self.is_stopping() or time.monotonic() > end:
            self.was_cut_short = True
            self._stop(self.held.values())
        elif not self.ledger_is_down:
            self._claim()
        return bool(self.held)

    def _claim(self) -> None:
        """Claim batches until there are messages enough for the connections there are."""
        while len(self.held) < MOST_HELD and self._count_waiting() <= self.transport.room():
            if time.monotonic() - self._asked < ASK_AGAIN_SECONDS:
                return
            batch = claim_batch(self.worker)
            if batch is None:
                self._asked = time.monotonic()
                return
            held = HeldBatch(batch)
            try:
                held.prepare(self.journal)
            except LeaseLost:
                continue
            self.held[batch.pk] = held
            keep_beating()

    def _count_waiting(self) -> int:
        return sum(len(held.waiting) for held in self.held.values())

    def _hand_over(self) -> None:
        """Merge and submit as many messages as the transport has room for."""
        room = 0 if self.ledger_is_down else self.transport.room()
        for held in list(self.held.values()):
            if not room:
                return
            if held.waiting and held.may_send:
                room -= self._hand_over_some(held, room)

    def _hand_over_some(self, held: HeldBatch, room: int) -> int:
        """Submit up to ``room`` messages of one batch and return how many they were."""
        messages: list[OutgoingMessage] = []
        while held.waiting and len(messages) < room:
            due = held.waiting.popleft()
            try:
                messages.append(make_message(due))
            except MessageError as error:
                held.finished.append(_unsendable(due, error))
                continue
            held.underway[due.pk] = due
            self.owners[due.pk] = held
        begun = [(each.delivery_id, self._number(each.delivery_id)) for each in messages]
        self.journal.begin(held.batch.pk, begun)
        for message in messages:
            self.transport.submit(message)
        return len(messages)

    def _number(self, delivery_id: int) -> int:
        return self.owners[delivery_id].underway[delivery_id].attempts + 1

    def _await_replies(self) -> None:
        """Let the network work until replies come or the ledger's next writing is due."""
        patience = max(self._recorded + RECORD_SECONDS - time.monotonic(), 0.0)
        if self.transport.pending():
            self._note(self.transport.wait(patience), journalled=True)
        elif self.ledger_is_down or not any(held.can_go_on for held in self.held.values()):
            time.sleep(patience)

    def _note(self, outcomes: list[Outcome], *, journalled: bool) -> None:
        """Take outcomes in, and write them to the journals of their batches at once."""
        by_batch: dict[int, list[Attempt]] = defaultdict(list)
        for outcome in outcomes:
            held = self.owners.pop(outcome.delivery_id)
            due = held.underway.pop(outcome.delivery_id)
            if held.lost:
                continue
            tally_outcome(due.email, outcome)
            attempt = Attempt(number=due.attempts + 1, outcome=outcome)
            held.finished.append(attempt)
            by_batch[held.batch.pk].append(attempt)
        if journalled:
            for batch_id, attempts in by_batch.items():
                self.journal.finish(batch_id, attempts)

    def _record_in_time(self) -> None:
        """Write the ledger if it is time to, and see which mailings are to go on."""
        unrecorded = sum(len(held.finished) for held in self.held.values())
        if time.monotonic() - self._recorded < RECORD_SECONDS and unrecorded < RECORD_AT_MOST:
            return
        with self._watch_ledger():
            for held in list(self.held.values()):
                with self._dropping_lost(held):
                    held.record()
            self._stop_those_not_sent()
            self._finish_mailings()
        self._recorded = time.monotonic()
        self.journal.confirm()
        write_tally()

    def _stop_those_not_sent(self) -> None:
        """Stop the batches of mailings that are paused, cancelled or ended."""
        mailings = {held.mailing.pk for held in self.held.values()}
        going = set(
            Mailing.objects.filter(pk__in=mailings, state__in=SENDING).values_list("pk", flat=True)
        )
        self._stop(held for held in self.held.values() if held.mailing.pk not in going)

    def _stop(self, batches: Iterable[HeldBatch]) -> None:
        """Hand over nothing more of these batches, also of what was submitted and not begun."""
        fresh = [held for held in batches if not held.stopped]
        if not fresh:
            return
        for held in fresh:
            held.stopped = True
            held.waiting.clear()
        for delivery_id in self.transport.withdraw():
            owner = self.owners.pop(delivery_id)
            due = owner.underway.pop(delivery_id)
            if not owner.stopped:
                owner.waiting.appendleft(due)

    def _release_done(self) -> None:
        if self.ledger_is_down:
            return
        for held in [each for each in self.held.values() if each.is_done]:
            with self._watch_ledger(), self._dropping_lost(held):
                self._has_finished |= held.release(self.journal)
                del self.held[held.batch.pk]

    @contextmanager
    def _dropping_lost(self, held: HeldBatch) -> Iterator[None]:
        """Let go of a batch that was taken over: nothing more is written under its old token."""
        try:
            yield
        except LeaseLost:
            logger.warning("batch %d: the lease was lost", held.batch.pk)
            tally_lost_lease()
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
        while self.transport.pending():
            outcomes = self.transport.wait(RECORD_SECONDS)
            try:
                self._note(outcomes, journalled=True)
            except redis.RedisError:
                logger.warning("The journal can't be written: the ledger will be.")
        for held in list(self.held.values()):
            try:
                self._has_finished |= held.release(self.journal)
            except (LeaseLost, DatabaseError, InterfaceError) as error:
                logger.warning("batch %d is left to its lease: %s", held.batch.pk, error)
        self.held.clear()
        self._finish_mailings()
        write_tally(at_once=True)

    def _finish_mailings(self) -> None:
        """End the mailings of which the last batch may have been among ours."""
        if self._has_finished:
            self._has_finished = False
            finish_mailings(now=dt.datetime.now(tz=dt.UTC))


def _unsendable(due: DueDelivery, error: MessageError) -> Attempt:
    reply = Reply(code=0, text=f"the message could not be made: {error}", stage=Stage.MAIL)
    outcome = Outcome(delivery_id=due.pk, kind=OutcomeKind.FAILED, reply=reply)
    return Attempt(number=due.attempts + 1, outcome=outcome)

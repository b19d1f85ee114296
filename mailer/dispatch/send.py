"""Sending one batch: claim → audience once more → merge → transport → journal → ledger.

No database transaction is open while the transport talks. The ledger is written every
fraction of a second under the batch's lease; between two writes the journal knows more.
"""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from django.conf import settings
from django.db import transaction

from mailer.dispatch.claim import extend_lease, release_batch
from mailer.dispatch.freeze import load_frozen
from mailer.dispatch.journal import Journal
from mailer.dispatch.recipients import envelope_sender, slot_values
from mailer.dispatch.signers import load_signers
from mailer.errors import MessageError
from mailer.message.dkim import merge_signed
from mailer.models import Batch, Delivery, Mailing, MailingState
from mailer.results.record import Attempt, record_attempts, record_skips
from mailer.transport.base import Transport
from mailer.types import Outcome, OutcomeKind, OutgoingMessage, Reply, Stage
from subscribers.audience import find_refused

logger = logging.getLogger(__name__)

# The ledger is written this often: rare enough to be cheap, often enough that progress is
# live and a pause takes hold within a second.
RECORD_SECONDS = 0.25
RECORD_AT_MOST = 200
# A worker stops handing over at this part of its lease: what is left covers a stalled server.
LEASE_SHARE = 0.6
WORKER_DIED = Reply(code=0, text="the worker died before the server replied", stage=Stage.DOT)


@dataclass(slots=True)
class BatchSender:
    """Send what is due of one claimed batch, and give the batch back.

    ``finished`` fills with outcomes that the journal has and the ledger has not.
    """

    batch: Batch
    transport: Transport
    journal: Journal
    mailing: Mailing = field(init=False)
    finished: list[Attempt] = field(default_factory=list, init=False)
    held_since: float = field(init=False)
    stopped: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self.mailing = self.batch.mailing
        self.held_since = time.monotonic()

    def run(self) -> None:
        """Send the batch. Raises LeaseLost if it was taken over: then nothing more is written."""
        self._replay()
        deliveries = self._still_welcome()
        try:
            self._hand_over(deliveries)
        finally:
            # Also when Redis or the network broke: what is known is written, and the batch
            # is free for the next worker at once.
            self._record()
            with transaction.atomic():
                release_batch(self.batch)
        self.journal.clear(self.batch.pk)

    def _hand_over(self, deliveries: Sequence[Delivery]) -> None:
        attempts = {delivery.pk: delivery.attempts + 1 for delivery in deliveries}
        for outcome in self.transport.send(self._messages(deliveries)):
            number = attempts[outcome.delivery_id]
            self.finished.append(Attempt(number=number, outcome=outcome))
            self.journal.finish(self.batch.pk, number, outcome)

    def _replay(self) -> None:
        """Record what an earlier holder of this batch did and could not record."""
        for entry in self.journal.read(self.batch.pk):
            outcome = entry.outcome or Outcome(
                delivery_id=entry.delivery_id, kind=OutcomeKind.UNCERTAIN, reply=WORKER_DIED
            )
            self.finished.append(Attempt(number=entry.attempt, outcome=outcome))
        if self.finished:
            logger.info("batch %d: replaying %d journalled", self.batch.pk, len(self.finished))
            self._record()
        self.journal.clear(self.batch.pk)

    def _still_welcome(self) -> list[Delivery]:
        """Return the due deliveries, less people who left or were suppressed since planning."""
        due = list(self.batch.deliveries.due().select_related("frozen_edition"))
        people = [(row.subscriber_id or 0, row.list_id, row.email) for row in due]
        now = _now()
        refused = find_refused(people, now=now)
        keys = dict(zip((row.pk for row in due), ((s, li) for s, li, _ in people), strict=True))
        skips = [(row, *refused[keys[row.pk]]) for row in due if keys[row.pk] in refused]
        with transaction.atomic():
            extend_lease(self.batch)
            record_skips(skips, now=now)
        return [row for row in due if keys[row.pk] not in refused]

    def _messages(self, deliveries: Sequence[Delivery]) -> Iterator[OutgoingMessage]:
        """Yield one message at a time, recording in between; end early when told to stop."""
        recorded = time.monotonic()
        for delivery in deliveries:
            now = time.monotonic()
            if now - recorded > RECORD_SECONDS or len(self.finished) >= RECORD_AT_MOST:
                self._record()
                recorded = now
            if self.stopped or now - self.held_since > LEASE_SHARE * settings.LEASE_SECONDS:
                return
            number = delivery.attempts + 1
            try:
                message = self._merge(delivery)
            except MessageError as error:
                self.finished.append(Attempt(number=number, outcome=_unsendable(delivery, error)))
                continue
            self.journal.begin(self.batch.pk, delivery.pk, number)
            yield message

    def _merge(self, delivery: Delivery) -> OutgoingMessage:
        frozen = load_frozen(delivery.frozen_edition_id or 0)
        values = slot_values(delivery, domain=frozen.sender_domain, web_url=frozen.web_url)
        return OutgoingMessage(
            delivery_id=delivery.pk,
            sender=envelope_sender(delivery),
            recipient=delivery.email,
            content=merge_signed(
                frozen.signable,
                values,
                load_signers(frozen.sender_domain),
                signed_at=int(_now().timestamp()),
            ),
        )

    def _record(self) -> None:
        """Write finished attempts to the ledger under the lease, and see if we are to go on."""
        with transaction.atomic():
            extend_lease(self.batch)
            record_attempts(self.mailing, self.finished, now=_now())
        self.held_since = time.monotonic()
        self.finished.clear()
        state = Mailing.objects.values_list("state", flat=True).get(pk=self.mailing.pk)
        self.stopped = state not in {MailingState.PLANNING, MailingState.SENDING}


def _unsendable(delivery: Delivery, error: MessageError) -> Outcome:
    reply = Reply(code=0, text=f"the message could not be made: {error}", stage=Stage.MAIL)
    return Outcome(delivery_id=delivery.pk, kind=OutcomeKind.FAILED, reply=reply)


def _now() -> dt.datetime:
    return dt.datetime.now(tz=dt.UTC)

"""From kept mail to the ledger: each mail is read once, and all it says is written at once.

The delivery that an event speaks of is found by a signature that only our own mail carries:
the envelope address of ours (VERP), or our Message-ID in the returned copy. What a report
says about an address without one is kept and changes nothing.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Model

from mailer.errors import InvalidAddress, InvalidToken, UnreadableReport
from mailer.feedback.policy import weigh
from mailer.feedback.read import read_feedback
from mailer.message.identity import (
    read_bounce_address,
    read_message_id,
    read_unsubscribe_address,
)
from mailer.models import Delivery, Feedback, InboundMessage
from mailer.models.keys import identity_key
from mailer.types import FeedbackEvent, FeedbackKind
from subscribers.addresses import normalise

log = logging.getLogger(__name__)

NO_REPORT = "It is no report that we can read."
# A mail that makes our own code fail is tried again for as long; then a person must look.
GIVE_UP_AFTER = dt.timedelta(days=1)
LONGEST_PROBLEM = 500
LONGEST_DIAGNOSTIC = 1_000
LONGEST_RECIPIENT = 320
FAILURES = frozenset({FeedbackKind.BOUNCE, FeedbackKind.DELAY})


def handle(inbound_message_id: int, *, now: dt.datetime) -> bool:
    """Read a kept mail and apply what it says; return whether it had waited for that.

    All is written in one transaction. A second call, or one at the same time, does nothing.
    """
    with transaction.atomic():
        waiting = InboundMessage.objects.filter(pk=inbound_message_id, handled_at=None)
        if not waiting.update(handled_at=now, problem=""):
            return False
        message = InboundMessage.objects.get(pk=inbound_message_id)
        try:
            events = read_feedback(bytes(message.raw), envelope_recipient=message.recipient)
        except UnreadableReport as error:
            _note_problem(message, str(error))
            return True
        if not events:
            _note_problem(message, NO_REPORT)
        apply_events(events, source={"inbound_message": message}, now=now)
    return True


def handle_waiting(*, now: dt.datetime, limit: int = 100) -> int:
    """Handle mail that was kept and not handled, and return how many succeeded.

    Mail that failed before has its problem noted and comes last, so that it holds nothing
    else up. Errors of the database end the round: they are not the mail's fault.
    """
    waiting = InboundMessage.objects.filter(handled_at=None).order_by("problem", "id")
    done = 0
    for number in list(waiting.values_list("pk", flat=True)[:limit]):
        try:
            done += handle(number, now=now)
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:
            log.exception("Inbound mail %s could not be handled.", number)
            _put_off(number, error, now=now)
    return done


def apply_events(
    events: Sequence[FeedbackEvent], *, source: Mapping[str, Model], now: dt.datetime
) -> None:
    """Write down what one source says, under its field of Feedback, and draw the consequences."""
    found = [(event, find_delivery(event)) for event in events]
    speaking = _choose_speaking(found)
    for event, delivery in found:
        address = _normalise(delivery.email) if delivery else ""
        _keep(source, event, delivery, address, now=now)
        if delivery and address and event in speaking:
            weigh(delivery, address, event, now=now)


def _choose_speaking(
    found: Iterable[tuple[FeedbackEvent, Delivery | None]],
) -> list[FeedbackEvent]:
    """Return the events that count: those that name the delivery's own address, else all.

    Where a reader's mailbox forwards to several others and one of them is dead, the report
    may name the reader's own address as well, and then that is what counts.
    """
    known = [(event, delivery) for event, delivery in found if delivery]
    own = [
        event
        for event, delivery in known
        if event.recipient and _normalise(event.recipient) == _normalise(delivery.email)
    ]
    return own or [event for event, _ in known]


def find_delivery(event: FeedbackEvent) -> Delivery | None:
    """Return the delivery whose signature the event carries, or nothing."""
    named = read_signatures(event)
    return next(filter(None, (Delivery.objects.filter(pk=pk).first() for pk in named)), None)


def read_signatures(event: FeedbackEvent) -> list[int]:
    """Return the numbers of the deliveries that the event names by a signature of ours."""
    named = []
    for value, read in (
        (event.bounce_address, read_bounce_address),
        (event.bounce_address, read_unsubscribe_address),
        (event.message_id, read_message_id),
    ):
        with suppress(InvalidToken):
            named.append(read(value, identity_key()))
    return named


def _keep(
    source: Mapping[str, Model],
    event: FeedbackEvent,
    delivery: Delivery | None,
    address: str,
    *,
    now: dt.datetime,
) -> None:
    """Write an event down under our own address; another one that the report names stands by."""
    named = _clean(event.recipient, LONGEST_RECIPIENT)
    elsewhere = bool(address and named) and _normalise(named) != address
    diagnostic = f"{named}: {event.diagnostic}" if elsewhere else event.diagnostic
    Feedback.objects.create(
        **source,
        delivery=delivery,
        kind=event.kind,
        permanent=event.permanent,
        recipient=address or named,
        status=event.status,
        reason=event.reason if event.kind in FAILURES else "",
        diagnostic=_clean(diagnostic, LONGEST_DIAGNOSTIC),
        at=now,
    )


def _clean(text: str, longest: int) -> str:
    """Return text that any database takes: no NUL, no lone surrogate, one space for many."""
    text = text.encode("utf-8", "replace").decode().replace("\0", "")
    return " ".join(text.split())[:longest]


def _normalise(email: str) -> str:
    """Return the form of an address to compare; what is none compares as nothing."""
    try:
        return normalise(email)
    except InvalidAddress:
        return ""


def _note_problem(message: InboundMessage, problem: str) -> None:
    message.problem = _clean(problem, LONGEST_PROBLEM)
    message.save(update_fields=["problem"])


def _put_off(number: int, error: Exception, *, now: dt.datetime) -> None:
    """Say what went wrong; give a mail up that has failed for too long."""
    waiting = InboundMessage.objects.filter(pk=number, handled_at=None)
    waiting.update(problem=_clean(f"{type(error).__name__}: {error}", LONGEST_PROBLEM))
    waiting.filter(received_at__lt=now - GIVE_UP_AFTER).update(handled_at=now)

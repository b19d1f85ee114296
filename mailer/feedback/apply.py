"""What a report changes: the ledger, suppressions and subscriptions. Each report once.

A report is believed only if it came to an address, or quotes a Message-ID, that we signed:
whoever has not seen our mail can't make either, so a forged bounce harms nobody.
"""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from mailer.errors import InvalidAddress, InvalidToken, UnreadableReport
from mailer.feedback.read import read_feedback
from mailer.message.identity import (
    read_bounce_address,
    read_message_id,
    read_unsubscribe_address,
)
from mailer.models import Delivery, Feedback, InboundMessage
from mailer.models.keys import identity_key
from mailer.results.record import record_unsubscribe
from mailer.types import FeedbackEvent, FeedbackKind, Reason
from subscribers import consent, suppression
from subscribers.addresses import normalise
from subscribers.consent import Evidence
from subscribers.models import SuppressionReason

SOFT_WINDOW = dt.timedelta(days=30)
SOFT_DAYS = 5  # so many days with a soft bounce within the window, and we stop for a while
SOFT_REST = dt.timedelta(days=30)
# These speak of the sender or the message; a reader is not blamed for them.
NOT_THE_READER = frozenset(
    {Reason.SPAM, Reason.BLOCKED, Reason.AUTHENTICATION, Reason.CONTENT, Reason.RATE}
)


def handle_waiting(*, now: dt.datetime, limit: int = 100) -> int:
    """Handle mail that was kept and not handled yet, the oldest first; return how many."""
    waiting = InboundMessage.objects.filter(handled_at=None).order_by("id")[:limit]
    numbers = list(waiting.values_list("pk", flat=True))
    for number in numbers:
        handle(number, now=now)
    return len(numbers)


def handle(inbound_message_id: int, *, now: dt.datetime) -> None:
    """Read one kept mail and apply what it says, unless that has been done."""
    with transaction.atomic():
        taken = InboundMessage.objects.filter(pk=inbound_message_id, handled_at=None).update(
            handled_at=now
        )
        if not taken:
            return
        mail = InboundMessage.objects.get(pk=inbound_message_id)
        try:
            events = _read(mail)
        except UnreadableReport as error:
            InboundMessage.objects.filter(pk=mail.pk).update(problem=str(error)[:500])
            return
        for event in events:
            apply(event, now=now, mail=mail)


def apply(event: FeedbackEvent, *, now: dt.datetime, mail: InboundMessage | None = None) -> None:
    """Note an event and change what it changes, if it is about a delivery of ours."""
    delivery = _find_delivery(event)
    Feedback.objects.create(
        delivery=delivery,
        inbound_message=mail,
        kind=event.kind,
        permanent=event.permanent,
        recipient=event.recipient[:320],
        status=event.status,
        reason=event.reason,
        diagnostic=event.diagnostic[:1000],
        at=now,
    )
    if delivery is not None and event.kind in VERBS:
        VERBS[event.kind](event, delivery, now)


def _read(mail: InboundMessage) -> list[FeedbackEvent]:
    """Return a mail's events; one to an unsubscribe address says so whatever is in it."""
    try:
        number = read_unsubscribe_address(mail.recipient, identity_key())
    except InvalidToken:
        return [_addressed(event, mail.recipient) for event in read_feedback(bytes(mail.raw))]
    event = FeedbackEvent(
        recipient="", kind=FeedbackKind.UNSUBSCRIBE, bounce_address=mail.recipient
    )
    return [event] if Delivery.objects.filter(pk=number).exists() else []


def _addressed(event: FeedbackEvent, address: str) -> FeedbackEvent:
    return FeedbackEvent(
        recipient=event.recipient,
        kind=event.kind,
        permanent=event.permanent,
        status=event.status,
        reason=event.reason,
        diagnostic=event.diagnostic,
        bounce_address=address,
        message_id=event.message_id,
    )


def _find_delivery(event: FeedbackEvent) -> Delivery | None:
    """Return the delivery by the address the report came to, else by the returned Message-ID."""
    for read, value in (
        (read_bounce_address, event.bounce_address),
        (read_unsubscribe_address, event.bounce_address),
        (read_message_id, event.message_id),
    ):
        try:
            return Delivery.objects.filter(pk=read(value, identity_key())).first()
        except InvalidToken:
            continue
    return None


def _bounce(event: FeedbackEvent, delivery: Delivery, now: dt.datetime) -> None:
    Delivery.objects.filter(pk=delivery.pk, bounced_at=None).update(bounced_at=now)
    if event.permanent:
        _suppress(delivery, SuppressionReason.HARD_BOUNCE, now)
    elif event.reason not in NOT_THE_READER and _soft_days(delivery, now) >= SOFT_DAYS:
        _suppress(delivery, SuppressionReason.SOFT_BOUNCES, now, rest=SOFT_REST)


def _soft_days(delivery: Delivery, now: dt.datetime) -> int:
    """Return on how many days of the window a person's mail bounced softly: once a day counts."""
    rows = Feedback.objects.filter(
        delivery__subscriber=delivery.subscriber,
        kind=FeedbackKind.BOUNCE,
        permanent=False,
        at__gt=now - SOFT_WINDOW,
    ).exclude(reason__in=NOT_THE_READER)
    return len({moment.date() for moment in rows.values_list("at", flat=True)})


def _complain(_: FeedbackEvent, delivery: Delivery, now: dt.datetime) -> None:
    Delivery.objects.filter(pk=delivery.pk, complained_at=None).update(complained_at=now)
    _suppress(delivery, SuppressionReason.COMPLAINT, now)
    _leave(delivery, "complaint", now)


def _unsubscribe(_: FeedbackEvent, delivery: Delivery, now: dt.datetime) -> None:
    if _leave(delivery, "mail to the unsubscribe address", now):
        record_unsubscribe(delivery.pk, now=now)


VERBS = {
    FeedbackKind.BOUNCE: _bounce,
    FeedbackKind.COMPLAINT: _complain,
    FeedbackKind.UNSUBSCRIBE: _unsubscribe,
}


def _leave(delivery: Delivery, method: str, now: dt.datetime) -> bool:
    return consent.unsubscribe(
        subscriber_id=delivery.subscriber_id or 0,
        list_id=delivery.list_id,
        evidence=Evidence(method=method),
        now=now,
    )


def _suppress(
    delivery: Delivery,
    reason: SuppressionReason,
    now: dt.datetime,
    rest: dt.timedelta | None = None,
) -> None:
    try:
        address = normalise(delivery.email)
    except InvalidAddress:
        return
    suppression.suppress(
        address,
        reason=reason,
        origin=f"delivery:{delivery.pk}",
        now=now,
        expires_at=now + rest if rest else None,
    )

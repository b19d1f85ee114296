"""What a bounce costs a reader: when an address is no longer written to, and for how long.

Nothing here believes a report about an address: a report only ever speaks of the delivery
whose signature it carries, and what is suppressed is that delivery's own address.
"""

from __future__ import annotations

import datetime as dt

from django.db.models import Min, QuerySet

from mailer.models import Delivery, Feedback
from mailer.results.record import record_unsubscribe
from mailer.results.refusals import Refusal, report_refusal
from mailer.types import FeedbackEvent, FeedbackKind, Reason
from subscribers import consent, suppression
from subscribers.consent import Evidence
from subscribers.models import SuppressionReason

# A dead address known from words alone needs a second witness: another delivery's bounce.
SECOND_WITNESS_WITHIN = dt.timedelta(days=30)
# A bulletin may be weekly or monthly: five failing days in half a year, then a month's rest.
# The first message after the rest is the probe: if it fails as well, the rest begins anew.
SOFT_DAYS = 5
SOFT_WINDOW = dt.timedelta(days=180)
SOFT_REST = dt.timedelta(days=30)
# Failures that say something about the reader's mailbox. The others (spam, block,
# authentication, rate, content, size) are about us, and never count against a reader.
READERS_OWN = frozenset(
    {
        Reason.UNKNOWN_ADDRESS,
        Reason.UNKNOWN_DOMAIN,
        Reason.DISABLED,
        Reason.MAILBOX_FULL,
        Reason.SYSTEM,
        Reason.NETWORK,
        Reason.UNKNOWN,
    }
)


def weigh(delivery: Delivery, address: str, event: FeedbackEvent, *, now: dt.datetime) -> None:
    """Draw the consequences of an event that is kept already; ``address`` is normalised."""
    if event.kind is FeedbackKind.BOUNCE:
        Delivery.objects.filter(pk=delivery.pk, bounced_at=None).update(bounced_at=now)
        _weigh_bounce(delivery, address, event, now=now)
    elif event.kind is FeedbackKind.COMPLAINT:
        Delivery.objects.filter(pk=delivery.pk, complained_at=None).update(complained_at=now)
        _suppress(delivery, address, SuppressionReason.COMPLAINT, now=now)
        _take_off(delivery, "complaint", now=now)
    elif event.kind is FeedbackKind.UNSUBSCRIBE:
        record_unsubscribe(delivery.pk, now=now)
        _take_off(delivery, "mail", now=now)


def _weigh_bounce(
    delivery: Delivery, address: str, event: FeedbackEvent, *, now: dt.datetime
) -> None:
    if event.reason not in READERS_OWN:
        refusal = Refusal(delivery=delivery, reason=event.reason, words=event.diagnostic)
        report_refusal(refusal, now=now)
        return
    if event.permanent and (event.structured or _has_second_witness(address, now=now)):
        _suppress(delivery, address, SuppressionReason.HARD_BOUNCE, now=now)
    elif _count_failing_days(address, now=now) >= SOFT_DAYS:
        _suppress(delivery, address, SuppressionReason.SOFT_BOUNCES, now=now, rest=SOFT_REST)


def _has_second_witness(address: str, *, now: dt.datetime) -> bool:
    """Tell whether bounces of two deliveries say that the address is dead."""
    said = _bounces(address).filter(permanent=True, at__gt=now - SECOND_WITNESS_WITHIN)
    return said.values("delivery").distinct().count() >= 2


def _count_failing_days(address: str, *, now: dt.datetime) -> int:
    """Return on how many days the address failed.

    Each day counts once however many messages failed, and each delivery once however often
    its report comes.
    """
    failed = _bounces(address).filter(reason__in=READERS_OWN, at__gt=now - SOFT_WINDOW)
    firsts = failed.values("delivery").annotate(first=Min("at")).values_list("first", flat=True)
    return len({first.astimezone(dt.UTC).date() for first in firsts})


def _bounces(address: str) -> QuerySet[Feedback]:
    """Return the bounces of our deliveries to an address, free of Meta's order for grouping."""
    return Feedback.objects.filter(
        recipient=address, kind=FeedbackKind.BOUNCE, delivery__isnull=False
    ).order_by()


def _suppress(
    delivery: Delivery,
    address: str,
    reason: SuppressionReason,
    *,
    now: dt.datetime,
    rest: dt.timedelta | None = None,
) -> None:
    suppression.suppress(
        address,
        reason=reason,
        origin=f"delivery:{delivery.pk}",
        now=now,
        expires_at=now + rest if rest else None,
    )


def _take_off(delivery: Delivery, method: str, *, now: dt.datetime) -> None:
    """Unsubscribe the reader from the list that the delivery was for, if they still exist."""
    if delivery.subscriber_id is not None:
        consent.unsubscribe(
            subscriber_id=delivery.subscriber_id,
            list_id=delivery.list_id,
            evidence=Evidence(method=method),
            now=now,
        )

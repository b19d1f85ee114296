"""The ledger as figures: what became of a mailing, with sums that must add up."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db.models import Count, Q

from mailer.models import Delivery, DeliveryState, Mailing


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A mailing in figures.

    ``audience`` counts subscriptions: everybody on the mailing's lists. What came back
    (bounced, complained, unsubscribed) counts deliveries that had been accepted, or were
    left through their links.
    """

    audience: int
    skipped: dict[str, int] = field(default_factory=dict)
    accepted: int = 0
    deferred_then_accepted: int = 0
    failed: int = 0
    uncertain: int = 0
    waiting: int = 0
    bounced: int = 0
    complained: int = 0
    unsubscribed: int = 0

    @property
    def adds_up(self) -> bool:
        """Tell whether each of the audience is in exactly one state."""
        told = self.accepted + self.failed + self.uncertain + self.waiting
        return self.audience == told + sum(self.skipped.values())


def summarise(mailing: Mailing) -> Report:
    """Count a mailing's deliveries by what became of them."""
    deliveries = Delivery.objects.filter(mailing=mailing)
    state = DeliveryState
    figures = deliveries.aggregate(
        audience=Count("id"),
        accepted=Count("id", filter=Q(state=state.ACCEPTED)),
        deferred_then_accepted=Count("id", filter=Q(state=state.ACCEPTED, deferrals__gt=0)),
        failed=Count("id", filter=Q(state=state.FAILED)),
        uncertain=Count("id", filter=Q(state=state.UNCERTAIN)),
        waiting=Count("id", filter=Q(state__in=(state.PENDING, state.DEFERRED))),
        bounced=Count("bounced_at"),
        complained=Count("complained_at"),
        unsubscribed=Count("unsubscribed_at"),
    )
    reasons = (
        deliveries.filter(state=state.SKIPPED)
        .values_list("skip_reason")
        .annotate(total=Count("id"))
        .order_by("skip_reason")
    )
    return Report(skipped=dict(reasons), **figures)

"""Rules about sets of mailings, batches and deliveries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Count, Q
from django.db.models.functions import Now

if TYPE_CHECKING:
    from mailer.models.delivery import Delivery
    from mailer.models.mailing import Batch, Mailing
else:
    Delivery = Batch = Mailing = models.Model

UNFINISHED_STATES = ("pending", "deferred")


class MailingQuerySet(models.QuerySet["Mailing"]):
    """Choose mailings."""

    def due(self) -> Self:
        """Return those whose time has come, by the database's clock."""
        return self.filter(state="scheduled", scheduled_at__lte=Now())


class BatchQuerySet(models.QuerySet["Batch"]):
    """Choose batches."""

    def claimable(self) -> Self:
        """Return those that a worker may claim now, the longest due first."""
        return self.filter(
            state="ready", not_before__lte=Now(), mailing__state__in=("planning", "sending")
        ).order_by("not_before", "id")

    def abandoned(self) -> Self:
        """Return those whose worker let the lease run out."""
        return self.filter(state="claimed", lease_expires_at__lt=Now())


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    """Choose deliveries."""

    def unfinished(self) -> Self:
        """Return those that are still to be tried."""
        return self.filter(state__in=UNFINISHED_STATES)

    def due(self) -> Self:
        """Return those that may be tried now: one that waits for nothing has no next attempt."""
        may_go = Q(next_attempt_at=None) | Q(next_attempt_at__lte=Now())
        return self.unfinished().filter(may_go).order_by("id")

    def count_by_state(self) -> dict[str, int]:
        """Return how many there are in each state that occurs."""
        rows = self.values_list("state").annotate(total=Count("id")).order_by("state")
        return dict(rows)

"""Rules about sets of mailings, batches and deliveries."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Self

from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models import Case, Count, Exists, F, OuterRef, Q, When
from django.db.models.functions import Coalesce, Now

if TYPE_CHECKING:
    from mailer.models.delivery import Delivery
    from mailer.models.mailing import Batch, FrozenEdition, Mailing
    from mailer.models.pulse import Pulse
else:
    Delivery = Batch = FrozenEdition = Mailing = Pulse = models.Model

UNFINISHED_STATES = ("pending", "deferred")

# While a mailing is in one of these its issue is published, for its readers have the link or
# are about to get it.
PUBLISHED_STATES = ("planning", "sending", "paused", "sent")
# In these a message has left, or may have: somebody holds its link, whatever became of the rest.
LEFT_STATES = ("accepted", "uncertain")


def too_late() -> Any:
    """Return the moment, on the database's clock, before which what was due must ask first."""
    return Now() - dt.timedelta(seconds=settings.LATE_SECONDS)


class MailingQuerySet(models.QuerySet["Mailing"]):
    """Choose mailings."""

    def due(self) -> Self:
        """Return those whose time has come, by the database's clock, and not long ago."""
        return self.filter(state="scheduled", starts_at__lte=Now(), starts_at__gt=too_late())

    def overdue(self) -> Self:
        """Return those whose time came so long ago that they must ask before they start."""
        return self.filter(state="scheduled", starts_at__lte=too_late())

    def past_deadline(self) -> Self:
        """Return those being sent whose deadline has passed while their messages could not leave.

        Batches are due, nobody holds one, and nothing became of any delivery for so long.
        """
        batches: Any = apps.get_model("mailer", "Batch")
        deliveries: Any = apps.get_model("mailer", "Delivery")
        own = batches.objects.filter(mailing=OuterRef("pk"))
        decided = deliveries.objects.filter(mailing=OuterRef("pk"), decided_at__gt=too_late())
        latest_start = Now() - dt.timedelta(seconds=settings.DEADLINE_SECONDS)
        return self.annotate(deadline_since=Coalesce("deadline_from", "started_at")).filter(
            Exists(own.filter(state="ready", not_before__lte=Now())),
            ~Exists(own.filter(state="claimed")),
            ~Exists(decided),
            state="sending",
            deadline_since__lte=latest_start,
        )


class FrozenEditionQuerySet(models.QuerySet["FrozenEdition"]):
    """Choose frozen editions."""

    def published(self) -> Self:
        """Return what everybody may read: frozen for a public list, and on its way or sent.

        A mailing that was cancelled or held keeps its web version once a message has left. Of
        several for one edition the last correction comes first, and else what was sent first.
        """
        deliveries: Any = apps.get_model("mailer", "Delivery")
        lists: Any = apps.get_model("subscribers", "List")
        mailing = OuterRef("mailing")
        has_left = deliveries.objects.filter(mailing=mailing, state__in=LEFT_STATES)
        is_public = lists.objects.filter(mailing=mailing, public=True)
        published = self.filter(
            Q(mailing__state__in=PUBLISHED_STATES) | Exists(has_left), Exists(is_public), variant=""
        )
        is_correction = When(mailing__following="accepted", then=-F("id"))
        return published.annotate(
            precedence=Case(is_correction, default=F("id"), output_field=models.BigIntegerField())
        ).order_by("precedence")


class BatchQuerySet(models.QuerySet["Batch"]):
    """Choose batches."""

    def claimable(self) -> Self:
        """Return those that a worker may claim now, the longest due first.

        None while the pulse is stale: what was under way then has to ask first.
        """
        pulse: Any = apps.get_model("mailer", "Pulse")
        return self.filter(
            ~Exists(pulse.objects.stale()),
            state="ready",
            not_before__lte=Now(),
            mailing__state__in=("planning", "sending"),
        ).order_by("not_before", "id")

    def opening(self) -> Self:
        """Return those of a wave whose time has come, and not long ago."""
        return self.filter(state="waiting", due_at__lte=Now(), due_at__gt=too_late())

    def overdue(self) -> Self:
        """Return those of a wave whose time came so long ago that the mailing must ask."""
        return self.filter(state="waiting", due_at__lte=too_late())

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


class PulseQuerySet(models.QuerySet["Pulse"]):
    """Choose pulses."""

    def stale(self) -> Self:
        """Return the pulse if it is older than what is far too late."""
        return self.filter(beaten_at__lt=too_late())

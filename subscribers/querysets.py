"""Rules about sets of people, subscriptions and suppressions."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, NoReturn, Self

from django.db import models
from django.db.models import Q

if TYPE_CHECKING:
    from subscribers.models import ConsentRecord, Subscriber, Subscription, Suppression
else:
    ConsentRecord = Subscriber = Subscription = Suppression = models.Model


class SubscriberQuerySet(models.QuerySet["Subscriber"]):
    """Choose people."""

    def with_address(self, email_normalised: str) -> Self:
        """Return the person who has this normalised address, if anybody has."""
        return self.filter(email_normalised=email_normalised)


class SubscriptionQuerySet(models.QuerySet["Subscription"]):
    """Choose subscriptions."""

    def confirmed(self) -> Self:
        """Return those that may be written to."""
        return self.filter(state="confirmed")


class ConsentQuerySet(models.QuerySet["ConsentRecord"]):
    """Add evidence and read it. It is neither changed nor deleted: then it would prove nothing."""

    def of_person(self, person: Subscriber, email_normalised: str) -> Self:
        """Return what is kept of a person, also from before they were deleted and came again.

        And what names their address of somebody who had it once. Asked for in parts, each of
        which has an index.
        """
        moved = self.filter(email=email_normalised, action="address_changed")
        had_it = set(moved.exclude(subscriber=None).values_list("subscriber_id", flat=True))
        named = Q(subscriber=None) | Q(subscriber__in=sorted(had_it))
        return self.filter(Q(subscriber=person) | Q(named, email=email_normalised))

    def forget(self, mark: str) -> int:
        """Put a mark in the place of the address, as an erased person may ask for."""
        return super().update(email=mark, ip_address=None, subscriber=None)

    def update(self, **_: Any) -> NoReturn:
        """Refuse."""
        raise PermissionError("Evidence of consent is added, never changed.")

    def bulk_update(self, *_: Any, **__: Any) -> NoReturn:
        """Refuse."""
        raise PermissionError("Evidence of consent is added, never changed.")

    def delete(self) -> NoReturn:
        """Refuse."""
        raise PermissionError("Evidence of consent is added, never deleted.")


class SuppressionQuerySet(models.QuerySet["Suppression"]):
    """Choose suppressions."""

    def in_force(self, *, now: dt.datetime) -> Self:
        """Return those that have not run out at ``now``."""
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=now))

    def of_domains(self) -> Self:
        """Return those that hold for a whole domain."""
        return self.filter(email_normalised__startswith="@")

    def covering(self, list_id: int) -> Self:
        """Return those that hold for every list or for this one."""
        return self.filter(Q(list=None) | Q(list_id=list_id))

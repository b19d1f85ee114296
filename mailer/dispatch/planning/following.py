"""A mailing that follows another: to those whom it failed to reach, or with a correction.

Its audience is a part of the other's ledger, and is planned like any audience: who has left
since, or must not be written to any more, is left out with the reason, and the sums add up.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from mailer.errors import NotReady
from mailer.models import Delivery, DeliveryState, Following, Mailing, MailingState

OVER = (MailingState.SENT, MailingState.CANCELLED)
# What has reached somebody, or may have.
REACHED = (DeliveryState.ACCEPTED, DeliveryState.UNCERTAIN)


def follow(mailing: Mailing, what: Following, *, now: dt.datetime) -> Mailing:
    """Make a draft to a part of a mailing's readers. Raises NotReady if there is nobody."""
    if mailing.state not in OVER:
        raise NotReady("It is not over yet: wait until it is sent, or cancel it.")
    with transaction.atomic():
        draft = Mailing.objects.create(
            issue=mailing.issue,
            follows=mailing,
            following=what,
            time_zone=mailing.time_zone,
            created_at=now,
        )
        draft.lists.set(mailing.lists.all())
        if not count_followed(draft):
            raise NotReady("There is nobody left to whom it would go.")
    return draft


def find_followed(mailing: Mailing) -> QuerySet[Any] | None:
    """Return the ids of the people among whom a mailing has its audience, or None for all.

    Of the failed, those are left out whom another attempt has reached meanwhile.
    """
    if mailing.follows_id is None:
        return None
    own = Delivery.objects.filter(mailing_id=mailing.follows_id, subscriber__isnull=False)
    if mailing.following == Following.ACCEPTED:
        return own.filter(state=DeliveryState.ACCEPTED).values("subscriber_id")
    reached = Delivery.objects.filter(
        mailing__follows_id=mailing.follows_id,
        mailing__following=Following.FAILED,
        subscriber_id=OuterRef("subscriber_id"),
        state__in=REACHED,
    ).exclude(mailing_id=mailing.pk)
    failed = own.filter(~Exists(reached), state=DeliveryState.FAILED)
    return failed.values("subscriber_id")


def count_followed(mailing: Mailing) -> int:
    """Return how many people a following mailing has its audience among."""
    people = find_followed(mailing)
    return people.distinct().count() if people is not None else 0

"""Forgetting who never confirmed: an address that its owner did not give us is not ours to keep."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from subscribers.erasure import mark_of
from subscribers.models import (
    ConsentAction,
    ConsentRecord,
    SignUp,
    Subscriber,
    Subscription,
    SubscriptionState,
)

# In one run; what is over it waits for the next.
AT_ONCE = 1_000


def forget_unconfirmed(*, before: dt.datetime) -> int:
    """Take places off that nobody confirmed since ``before``; return how many.

    Whoever is on no list any more is deleted, and the evidence keeps a mark in the place of
    their address. Nothing is suppressed: they may come back whenever they like. Who had left the
    list before somebody asked for it again has left it still, so that no import brings them back.
    """
    stale = Subscription.objects.filter(
        state=SubscriptionState.UNCONFIRMED, changed_at__lt=before
    ).order_by("pk")[:AT_ONCE]
    places = list(stale.values_list("pk", "subscriber"))
    for place, person in places:
        _take_off(place, person, before=before)
    return len(places)


def _take_off(place: int, person: int, *, before: dt.datetime) -> None:
    """Look once more, as they may have confirmed meanwhile, and delete."""
    with transaction.atomic():
        owner = Subscriber.objects.select_for_update().filter(pk=person).first()
        still = Subscription.objects.filter(
            pk=place, state=SubscriptionState.UNCONFIRMED, changed_at__lt=before
        )
        found = still.select_related("list").first()
        if owner is None or found is None:
            return
        left = ConsentRecord.objects.filter(
            subscriber=owner, list_slug=found.list.slug, action=ConsentAction.UNSUBSCRIBED
        ).last()
        if left is not None:
            still.update(state=SubscriptionState.UNSUBSCRIBED, changed_at=left.at)
            return
        found.delete()
        if owner.subscriptions.exists():
            return
        address = owner.email_normalised
        ConsentRecord.objects.of_person(owner, address).forget(mark_of(address))
        SignUp.objects.filter(email_normalised=address).delete()
        owner.delete()

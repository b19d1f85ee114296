"""Joining, confirming and leaving: verbs, each leaving evidence (GDPR Art. 7(1))."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import transaction

from subscribers.addresses import normalise
from subscribers.models import (
    ConsentAction,
    ConsentRecord,
    List,
    Subscriber,
    Subscription,
    SubscriptionState,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """How a person said what they said: the way, from where, under which text.

    ``basis`` states the legal ground where people were imported.
    """

    method: str
    ip_address: str | None = None
    form_version: str = ""
    basis: str = ""


def subscribe(
    email: str, group: List, *, evidence: Evidence, now: dt.datetime, **details: str
) -> Subscription:
    """Put a person on a list: confirmed at once, or unconfirmed where opt-in is double.

    ``details`` are the name, language, country and time zone of somebody new. A confirmed
    subscription stays as it is. Raises InvalidAddress.
    """
    address = normalise(email)
    state = SubscriptionState.UNCONFIRMED if group.double_opt_in else SubscriptionState.CONFIRMED
    with transaction.atomic():
        person, _ = Subscriber.objects.get_or_create(
            email_normalised=address,
            defaults={"email": email.strip(), "created_at": now} | details,
        )
        place, made = Subscription.objects.get_or_create(
            subscriber=person, list=group, defaults={"state": state, "changed_at": now}
        )
        if not made and place.state == SubscriptionState.UNSUBSCRIBED:
            _move(place, state, now=now)
        _note(person, group, ConsentAction.SUBSCRIBED, evidence, now=now)
    return place


def confirm(place: Subscription, *, evidence: Evidence, now: dt.datetime) -> None:
    """Confirm a subscription that awaits it; one that was left is not revived."""
    with transaction.atomic():
        if place.state == SubscriptionState.UNCONFIRMED:
            _move(place, SubscriptionState.CONFIRMED, now=now)
            _note(place.subscriber, place.list, ConsentAction.CONFIRMED, evidence, now=now)


def unsubscribe(*, subscriber_id: int, list_id: int, evidence: Evidence, now: dt.datetime) -> bool:
    """Take a person off a list; return whether that changed anything."""
    with transaction.atomic():
        changed = (
            Subscription.objects.filter(subscriber_id=subscriber_id, list_id=list_id)
            .exclude(state=SubscriptionState.UNSUBSCRIBED)
            .update(state=SubscriptionState.UNSUBSCRIBED, changed_at=now)
        )
        if changed:
            place = Subscription.objects.select_related("subscriber", "list").get(
                subscriber_id=subscriber_id, list_id=list_id
            )
            _note(place.subscriber, place.list, ConsentAction.UNSUBSCRIBED, evidence, now=now)
    return bool(changed)


def resubscribe(*, subscriber_id: int, list_id: int, evidence: Evidence, now: dt.datetime) -> bool:
    """Undo an unsubscription on the reader's own word; return whether that changed anything."""
    with transaction.atomic():
        changed = Subscription.objects.filter(
            subscriber_id=subscriber_id, list_id=list_id, state=SubscriptionState.UNSUBSCRIBED
        ).update(state=SubscriptionState.CONFIRMED, changed_at=now)
        if changed:
            place = Subscription.objects.select_related("subscriber", "list").get(
                subscriber_id=subscriber_id, list_id=list_id
            )
            _note(place.subscriber, place.list, ConsentAction.SUBSCRIBED, evidence, now=now)
    return bool(changed)


def _move(place: Subscription, state: SubscriptionState, *, now: dt.datetime) -> None:
    place.state, place.changed_at = state, now
    place.save(update_fields=["state", "changed_at"])


def _note(
    person: Subscriber, group: List, action: ConsentAction, evidence: Evidence, *, now: dt.datetime
) -> None:
    ConsentRecord.objects.create(
        subscriber=person,
        email=person.email_normalised,
        list_slug=group.slug,
        action=action,
        method=evidence.method,
        basis=evidence.basis,
        form_version=evidence.form_version,
        ip_address=evidence.ip_address,
        at=now,
    )

"""Joining, confirming and leaving: verbs, each leaving evidence (GDPR Art. 7(1)).

A state is changed by one conditional UPDATE, and only the one that changed it leaves a
record: of two clicks at the same moment one is evidence, and a late confirmation does not
bring back somebody who has left meanwhile.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from django.db import transaction

from subscribers.addresses import normalise
from subscribers.models import (
    ConsentAction,
    ConsentRecord,
    LeavingReason,
    List,
    Subscriber,
    Subscription,
    SubscriptionState,
)
from subscribers.names import clean_name
from subscribers.querysets import SubscriptionQuerySet

# An old link, forwarded to somebody else, must not bring back a person who has left.
UNDO_WINDOW = dt.timedelta(days=1)

CONFIRMED, UNCONFIRMED, UNSUBSCRIBED = (
    SubscriptionState.CONFIRMED,
    SubscriptionState.UNCONFIRMED,
    SubscriptionState.UNSUBSCRIBED,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """How a person said what they said: the way, from where, under which text.

    ``form_version`` names the wording that they saw; ``basis`` states the legal ground where
    people were imported.
    """

    method: str
    ip_address: str | None = None
    form_version: str = ""
    basis: str = ""


def subscribe(
    email: str,
    group: List,
    *,
    evidence: Evidence,
    now: dt.datetime,
    must_confirm: bool = False,
    **details: str,
) -> Subscription:
    """Put a person on a list: confirmed at once, or unconfirmed where opt-in is double.

    Who has left comes back only by confirming, and so does everybody if ``must_confirm``.
    ``details`` are the name, language, country and time zone of somebody new; those of a known
    person stay. A confirmed subscription stays as it is. Raises InvalidAddress.
    """
    address = normalise(email)
    if "name" in details:
        details["name"] = clean_name(details["name"])
    state = UNCONFIRMED if group.double_opt_in or must_confirm else CONFIRMED
    with transaction.atomic():
        person, _ = Subscriber.objects.get_or_create(
            email_normalised=address,
            defaults={"email": email.strip(), "created_at": now} | details,
        )
        place, made = Subscription.objects.get_or_create(
            subscriber=person, list=group, defaults={"state": state, "changed_at": now}
        )
        if not made:
            # Anybody can fill in a form with somebody else's address.
            _move(place, {UNSUBSCRIBED}, UNCONFIRMED, now=now)
        note(place, ConsentAction.SUBSCRIBED, evidence, now=now)
    return place


def confirm(place: Subscription, *, evidence: Evidence, now: dt.datetime) -> bool:
    """Confirm a subscription that awaits it; return whether it did.

    One that was left is not revived, even if it was left after ``place`` was read.
    """
    with transaction.atomic():
        changed = _move(place, {UNCONFIRMED}, CONFIRMED, now=now)
        if changed:
            note(place, ConsentAction.CONFIRMED, evidence, now=now)
    return changed


def unsubscribe(*, subscriber_id: int, list_id: int, evidence: Evidence, now: dt.datetime) -> bool:
    """Take a person off a list; return whether that changed anything."""
    place = _find(subscriber_id, list_id)
    return place is not None and _leave(place, evidence, now=now)


def unsubscribe_everywhere(*, subscriber_id: int, evidence: Evidence, now: dt.datetime) -> int:
    """Take a person off every list; return how many they were on."""
    places = Subscription.objects.filter(subscriber_id=subscriber_id)
    with transaction.atomic():
        left = [_leave(place, evidence, now=now) for place in _complete(places)]
    return sum(left)


def resubscribe(*, subscriber_id: int, list_id: int, evidence: Evidence, now: dt.datetime) -> bool:
    """Undo an unsubscription of the last day on the reader's word; return whether it did."""
    place = _find(subscriber_id, list_id)
    if place is None or place.changed_at < now - UNDO_WINDOW or not _had_confirmed(place):
        return False
    with transaction.atomic():
        changed = _move(place, {UNSUBSCRIBED}, CONFIRMED, now=now)
        if changed:
            note(place, ConsentAction.SUBSCRIBED, evidence, now=now)
    return changed


def give_reason(reason: LeavingReason, *, subscriber_id: int, list_id: int) -> bool:
    """Keep why a person has left a list; return whether they have."""
    places = Subscription.objects.filter(subscriber_id=subscriber_id, list_id=list_id)
    return bool(places.filter(state=UNSUBSCRIBED).update(left_because=reason))


def count_others(place: Subscription) -> int:
    """Return how many other lists the person is on."""
    others = Subscription.objects.filter(subscriber_id=place.subscriber_id)
    return others.exclude(pk=place.pk).exclude(state=UNSUBSCRIBED).count()


def find_left_together(*, subscriber_id: int, list_id: int) -> list[int]:
    """Return the lists that a person left in the same moment as this one, itself among them."""
    place = _find(subscriber_id, list_id)
    if place is None or place.state != UNSUBSCRIBED:
        return []
    together = Subscription.objects.filter(
        subscriber_id=subscriber_id, state=UNSUBSCRIBED, changed_at=place.changed_at
    )
    return list(together.order_by("list").values_list("list", flat=True))


def _had_confirmed(place: Subscription) -> bool:
    """Tell whether there is evidence that they were on the list: an undo must not confirm."""
    proofs = {ConsentAction.CONFIRMED, ConsentAction.IMPORTED}
    if not place.list.double_opt_in:
        proofs.add(ConsentAction.SUBSCRIBED)
    records = ConsentRecord.objects.filter(subscriber=place.subscriber, list_slug=place.list.slug)
    return records.filter(action__in=proofs).exists()


def _complete(places: SubscriptionQuerySet) -> SubscriptionQuerySet:
    return places.select_related("subscriber", "list").order_by("list")


def _find(subscriber_id: int, list_id: int) -> Subscription | None:
    places = Subscription.objects.filter(subscriber_id=subscriber_id, list_id=list_id)
    return _complete(places).first()


def _leave(place: Subscription, evidence: Evidence, *, now: dt.datetime) -> bool:
    with transaction.atomic():
        changed = _move(place, {CONFIRMED, UNCONFIRMED}, UNSUBSCRIBED, now=now)
        if changed:
            note(place, ConsentAction.UNSUBSCRIBED, evidence, now=now)
    return changed


def _move(
    place: Subscription,
    old: Collection[SubscriptionState],
    new: SubscriptionState,
    *,
    now: dt.datetime,
) -> bool:
    """Change a state if the database still has one of the old ones; return whether it had."""
    rows = Subscription.objects.filter(pk=place.pk, state__in=old)
    changed = rows.update(state=new, changed_at=now)
    if changed:
        place.state, place.changed_at = new, now
    return bool(changed)


def note(
    place: Subscription, action: ConsentAction, evidence: Evidence, *, now: dt.datetime
) -> None:
    """Keep a line of evidence about a person and a list."""
    ConsentRecord.objects.create(
        subscriber=place.subscriber,
        email=place.subscriber.email_normalised,
        list_slug=place.list.slug,
        action=action,
        method=evidence.method,
        basis=evidence.basis,
        form_version=evidence.form_version,
        ip_address=evidence.ip_address,
        at=now,
    )

"""Changing an address: the new mailbox confirms, and the old one is told and may refuse."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from subscribers import consent
from subscribers.addresses import find_mailbox, normalise
from subscribers.consent import Evidence
from subscribers.joining import CONFIRM_WITHIN, has_had_letter
from subscribers.models import (
    AddressChange,
    ConsentAction,
    Notice,
    NoticeKind,
    Subscriber,
    SubscriptionState,
)
from subscribers.suppression import find_held

# The form sends to an address that its user names: three wishes a day are enough for typing
# errors, and too few to trouble anybody.
MOST_A_DAY = 3
DAY = dt.timedelta(days=1)
# For so long the reader of the old mailbox can take the change back.
UNDO_WITHIN = dt.timedelta(days=7)


def ask_change(person: Subscriber, email: str, *, now: dt.datetime) -> AddressChange | None:
    """Write down that a person wants to be written to elsewhere, and the letters about it.

    Returns None, and does nothing, if it is their address already or they asked too often.
    Who else has the address is neither looked up nor told. Raises InvalidAddress.
    """
    address = normalise(email)
    asked = person.address_changes.filter(asked_at__gt=now - DAY).count()
    if address == person.email_normalised or asked >= MOST_A_DAY:
        return None
    with transaction.atomic():
        change = AddressChange.objects.create(
            subscriber=person,
            old_email=person.email,
            email=email.strip(),
            email_normalised=address,
            asked_at=now,
        )
        suppressed = find_held(address, now=now)
        if not suppressed and not has_had_letter(address, now=now):
            _owe(NoticeKind.NEW_ADDRESS, change, change.email, now=now)
        _owe(NoticeKind.OLD_ADDRESS, change, person.email, now=now)
    return change


def is_stale(change: AddressChange, *, now: dt.datetime) -> bool:
    """Tell whether a change can't be confirmed any more."""
    return bool(change.refused_at) or change.asked_at < now - CONFIRM_WITHIN


def complete_change(change: AddressChange, *, evidence: Evidence, now: dt.datetime) -> bool:
    """Write to the new address from now on; return whether it is so.

    If somebody is known by it already, they are the same person: they join what the other one
    was on, and the other one leaves.
    """
    if is_stale(change, now=now):
        return False
    with transaction.atomic():
        rows = AddressChange.objects.filter(pk=change.pk, done_at=None, refused_at=None)
        if not rows.update(done_at=now):
            return AddressChange.objects.filter(pk=change.pk, refused_at=None).exists()
        person = Subscriber.objects.select_for_update().get(pk=change.subscriber_id)
        other = Subscriber.objects.filter(email_normalised=change.email_normalised).first()
        if other is None:
            _rename(person, change.email, evidence, now=now)
        elif other != person:
            _merge(person, other, evidence, now=now)
    return True


def refuse_change(change: AddressChange, *, evidence: Evidence, now: dt.datetime) -> bool:
    """Keep the old address, or go back to it, on the word of its reader; say whether it is so."""
    if change.refused_at:
        return True
    if change.done_at and change.done_at < now - UNDO_WITHIN:
        return False
    with transaction.atomic():
        AddressChange.objects.filter(pk=change.pk).update(refused_at=now)
        person = Subscriber.objects.select_for_update().get(pk=change.subscriber_id)
        old = normalise(change.old_email)
        taken = Subscriber.objects.filter(email_normalised=old).exclude(pk=person.pk).exists()
        if change.done_at and person.email_normalised == change.email_normalised and not taken:
            _rename(person, change.old_email, evidence, now=now)
    return True


def _rename(person: Subscriber, email: str, evidence: Evidence, *, now: dt.datetime) -> None:
    """Change an address, and keep evidence under both: what was agreed to holds for the new one."""
    places = list(person.subscriptions.select_related("subscriber", "list"))
    for place in places:
        place.subscriber = person
        consent.note(place, ConsentAction.ADDRESS_CHANGED, evidence, now=now)
    person.email, person.email_normalised = email, normalise(email)
    person.save(update_fields=["email", "email_normalised"])
    for place in places:
        consent.note(place, ConsentAction.ADDRESS_CHANGED, evidence, now=now)


def _merge(old: Subscriber, new: Subscriber, evidence: Evidence, *, now: dt.datetime) -> None:
    """Let one person go on as another who is known already, on all lists that they are on."""
    confirmed = old.subscriptions.filter(state=SubscriptionState.CONFIRMED)
    for place in confirmed.select_related("list"):
        joined = consent.subscribe(new.email, place.list, evidence=evidence, now=now)
        consent.confirm(joined, evidence=evidence, now=now)
    consent.unsubscribe_everywhere(subscriber_id=old.pk, evidence=evidence, now=now)


def _owe(kind: NoticeKind, change: AddressChange, email: str, *, now: dt.datetime) -> None:
    person = change.subscriber
    Notice.objects.create(
        kind=kind,
        subscriber=person,
        change=change,
        email=email,
        email_normalised=normalise(email),
        mailbox=find_mailbox(normalise(email)),
        language=person.language or "en",
        lists=list(person.subscriptions.order_by("list").values_list("list", flat=True)),
        created_at=now,
        due_at=now,
    )

"""Somebody put on a list by the institution itself: at its desk, or by a program of its own."""

from __future__ import annotations

import datetime as dt

from django.db.models import Q

from mailer.errors import SilentAddress, SuppressedAddress
from subscribers import consent
from subscribers.addresses import normalise
from subscribers.consent import Evidence
from subscribers.erasure import find_erased, mark_of
from subscribers.joining import owe, owe_welcome
from subscribers.models import (
    ConsentAction,
    ConsentRecord,
    List,
    NoticeKind,
    Subscriber,
    Subscription,
    SubscriptionState,
)
from subscribers.suppression import find_held

# Letters by which a program asks somebody to confirm one list: the first may have been lost.
MOST_UNANSWERED = 2


def check_address(email: str, *, now: dt.datetime, group: List | None = None) -> str:
    """Return an address in its one form.

    Raises InvalidAddress, and SuppressedAddress for one that no list, or not this one, may
    write to.
    """
    address = normalise(email)
    scopes = {None, group.pk if group else None}
    if any(scope in scopes for scope, _note in find_held(address, now=now)):
        raise SuppressedAddress("This address is suppressed: look at why, and lift that first.")
    return address


def add_person(
    email: str,
    group: List,
    *,
    evidence: Evidence,
    now: dt.datetime,
    again: bool = True,
    **details: str,
) -> Subscription:
    """Put somebody on a list, with the letter that is due: to confirm, or of welcome.

    ``again`` sends the letter once more to who was asked to confirm already: somebody at a desk may
    want that, a program that says the same each night may not. ``details`` and errors are those of
    ``consent.subscribe`` and ``check_address``; without ``again``, SilentAddress is raised for who
    was asked often enough.
    """
    address = check_address(email, now=now, group=group)
    # Who asked to be forgotten comes back on their own word alone.
    must_confirm = bool(find_erased([address]))
    if not again and (group.double_opt_in or must_confirm):
        _refuse_silent(address, group)
    place = consent.subscribe(
        email,
        group,
        evidence=evidence,
        now=now,
        must_confirm=must_confirm,
        **details,
    )
    language = place.subscriber.language
    fresh = place.changed_at == now
    if place.state == SubscriptionState.UNCONFIRMED and (fresh or again):
        owe(NoticeKind.CONFIRM, [place], language=language, now=now)
    elif fresh:
        owe_welcome([place], language=language, now=now)
    return place


def count_unanswered(address: str, group: List) -> int:
    """Return how many letters asked an address to confirm a list, since it last did so.

    Also those to somebody who was forgotten since: their evidence has a mark in the place of
    the address.
    """
    person = Subscriber.objects.with_address(address).first()
    whose = Q(subscriber=None, email__in=[address, mark_of(address)])
    records = ConsentRecord.objects.filter(whose | Q(subscriber=person) if person else whose)
    records = records.filter(list_slug=group.slug)
    answer = records.filter(action=ConsentAction.CONFIRMED).last()
    letters = records.filter(action=ConsentAction.CONFIRMATION_SENT)
    return letters.filter(pk__gt=answer.pk if answer else 0).count()


def _refuse_silent(address: str, group: List) -> None:
    """Raise SilentAddress for who would be asked anew, as their place was taken away."""
    places = Subscription.objects.filter(subscriber__email_normalised=address, list=group)
    if not places.exists() and (asked := count_unanswered(address, group)) >= MOST_UNANSWERED:
        raise SilentAddress(f"They were asked {asked} times to confirm, and did not answer.")

"""Somebody put on a list by the institution itself: at its desk, or by a program of its own."""

from __future__ import annotations

import datetime as dt

from mailer.errors import SuppressedAddress
from subscribers import consent
from subscribers.addresses import normalise
from subscribers.consent import Evidence
from subscribers.erasure import find_erased
from subscribers.joining import owe, owe_welcome
from subscribers.models import List, NoticeKind, Subscription, SubscriptionState
from subscribers.suppression import find_held


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

    ``again`` sends the letter once more to who was asked to confirm already. ``details`` and
    errors are those of ``consent.subscribe`` and ``check_address``.
    """
    address = check_address(email, now=now, group=group)
    place = consent.subscribe(
        email,
        group,
        evidence=evidence,
        now=now,
        # Who asked to be forgotten comes back on their own word alone.
        must_confirm=bool(find_erased([address])),
        **details,
    )
    language = place.subscriber.language
    fresh = place.changed_at == now
    if place.state == SubscriptionState.UNCONFIRMED and (fresh or again):
        owe(NoticeKind.CONFIRM, [place], language=language, now=now)
    elif fresh:
        owe_welcome([place], language=language, now=now)
    return place

"""The audience of a mailing: who is on its lists, and who of them is left out, and why."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from mailer.errors import InvalidAddress
from mailer.types import Recipient
from subscribers.addresses import normalise
from subscribers.models import Subscriber, Subscription, SubscriptionState
from subscribers.segments import members
from subscribers.suppression import find_suppressed

Refusal = tuple[str, str]
Suppressed = dict[str, list[tuple[int | None, str]]]
BY_STATE = {
    SubscriptionState.UNCONFIRMED: ("unconfirmed", ""),
    SubscriptionState.UNSUBSCRIBED: ("unsubscribed", ""),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AudienceEntry:
    """A person on a list of the mailing; ``skip`` says why they are left out, if they are."""

    recipient: Recipient
    skip: str = ""
    note: str = ""


def read_slice(
    *,
    list_ids: Sequence[int],
    rule: dict[str, Any] | None,
    after: int,
    size: int,
    now: dt.datetime,
) -> list[AudienceEntry]:
    """Return the next people's subscriptions, in the order of people, an entry each.

    At most ``size`` people whose number is above ``after``. A person on several lists is
    written to through the first of ``list_ids`` that may; the others are duplicates. Takes
    the same few queries whatever the size.
    """
    on_lists = Subscription.objects.filter(list_id__in=list_ids)
    people = list(
        Subscriber.objects.filter(pk__gt=after, pk__in=on_lists.values("subscriber"))
        .order_by("pk")
        .values_list("pk", flat=True)[:size]
    )
    places = (
        on_lists.filter(subscriber_id__in=people)
        .select_related("subscriber")
        .order_by("subscriber_id")
    )
    grouped: dict[int, list[Subscription]] = defaultdict(list)
    for place in places:
        grouped[place.subscriber_id].append(place)
    order = {list_id: index for index, list_id in enumerate(list_ids)}
    suppressed = find_suppressed(
        [own[0].subscriber.email_normalised for own in grouped.values()], now=now
    )
    inside = set(people) if rule is None else _choose(people, rule)
    entries: list[AudienceEntry] = []
    for person_id in people:
        own = sorted(grouped[person_id], key=lambda place: order[place.list_id])
        entries += _judge(own, suppressed, outside=person_id not in inside)
    return entries


def _choose(people: Sequence[int], rule: dict[str, Any]) -> set[int]:
    return set(members(rule).filter(pk__in=people).values_list("pk", flat=True))


def _judge(
    places: Sequence[Subscription], suppressed: Suppressed, *, outside: bool
) -> list[AudienceEntry]:
    """Return a person's entries: the first list that may write to them does."""
    entries = []
    reached = False
    for place in places:
        skip, note = _refuse(place, suppressed)
        if not skip and outside:
            skip = "not_in_segment"
        if not skip and reached:
            skip = "duplicate"
        reached = reached or not skip
        entries.append(AudienceEntry(recipient=_recipient(place), skip=skip, note=note))
    return entries


def _refuse(place: Subscription, suppressed: Suppressed) -> Refusal:
    """Return why a subscription may not be written to, or two empty texts."""
    by_state = BY_STATE.get(SubscriptionState(place.state))
    if by_state is not None:
        return by_state
    return _find_reason(place.subscriber.email_normalised, place.list_id, suppressed)


def _find_reason(email: str, list_id: int, suppressed: Suppressed) -> Refusal:
    for scope, reason in suppressed.get(email, ()):
        if scope in {None, list_id}:
            return ("suppressed", reason)
    return ("", "")


def _recipient(place: Subscription) -> Recipient:
    person = place.subscriber
    return Recipient(
        subscriber_id=person.pk,
        list_id=place.list_id,
        email=person.email,
        name=person.name,
        language=person.language,
        time_zone=person.time_zone,
    )


def find_refused(
    people: Collection[tuple[int, int, str]], *, now: dt.datetime
) -> dict[tuple[int, int], Refusal]:
    """Return who of (person, list, address) may no longer be written to, and why.

    Asked once more when a batch is claimed: somebody who leaves during a send must win.
    """
    found = Subscription.objects.filter(
        subscriber_id__in=[person for person, _, _ in people]
    ).select_related("subscriber")
    places = {(place.subscriber_id, place.list_id): place for place in found}
    addresses = {place.subscriber.email_normalised for place in places.values()}
    suppressed = find_suppressed(addresses | {_known(email) for _, _, email in people}, now=now)
    refused: dict[tuple[int, int], Refusal] = {}
    for person_id, list_id, email in people:
        place = places.get((person_id, list_id))
        refusal = _refuse(place, suppressed) if place else ("unsubscribed", "no longer known")
        if not refusal[0]:
            # Where the person has a new address since planning, it is the planned one that counts.
            refusal = _find_reason(_known(email), list_id, suppressed)
        if refusal[0]:
            refused[person_id, list_id] = refusal
    return refused


def _known(email: str) -> str:
    try:
        return normalise(email)
    except InvalidAddress:
        return email.lower()

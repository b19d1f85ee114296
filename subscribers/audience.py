"""The audience of a mailing: who is on its lists, and who of them is left out, and why."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery

from mailer.types import Recipient
from subscribers.models import Subscriber, Subscription, SubscriptionState, Suppression
from subscribers.segments import members
from subscribers.suppression import find_suppressed

Refusal = tuple[str, str]
Suppressed = dict[str, list[tuple[int | None, str]]]
BY_STATE = {
    SubscriptionState.UNCONFIRMED: ("unconfirmed", ""),
    SubscriptionState.UNSUBSCRIBED: ("unsubscribed", ""),
}
GONE = ("unsubscribed", "no longer known")


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
        email_normalised=person.email_normalised,
        name=person.name,
        language=person.language,
        time_zone=person.time_zone,
    )


def with_refusals(rows: QuerySet[Any], *, now: dt.datetime) -> QuerySet[Any]:
    """Return rows of the caller's own kind with what may have come between: one query asks all.

    The rows have ``subscriber_id``, ``list_id`` and ``email_normalised``, the address that was
    planned: it is the one that would be written to, whatever the person's address is now.
    They gain ``standing``, the subscription's present state, and ``suppressed``, a
    suppression's reason; each is None if there is none. ``refuse`` judges them.
    """
    place = Subscription.objects.filter(
        subscriber_id=OuterRef("subscriber_id"), list_id=OuterRef("list_id")
    )
    suppressions = Suppression.objects.in_force(now=now).filter(
        Q(list=None) | Q(list_id=OuterRef("list_id")),
        email_normalised=OuterRef("email_normalised"),
    )
    annotated: QuerySet[Any] = rows.annotate(
        standing=Subquery(place.values("state")[:1]),
        suppressed=Subquery(suppressions.order_by("id").values("reason")[:1]),
    )
    return annotated


def refuse(standing: str | None, suppressed: str | None) -> Refusal | None:
    """Return why somebody may no longer be written to, or None if they still may.

    Asked once more when a batch is claimed: somebody who leaves during a send must win.
    """
    if standing is None:
        return GONE
    if standing != SubscriptionState.CONFIRMED:
        return BY_STATE[SubscriptionState(standing)]
    return ("suppressed", suppressed) if suppressed else None

"""The audience of a mailing: who is on its lists, and who of them is left out, and why."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from django.db.models import OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import StrIndex, Substr

from mailer.types import Recipient
from subscribers.models import Subscriber, Subscription, SubscriptionState, Suppression
from subscribers.segments import compile_rule
from subscribers.suppression import (
    DOMAIN_MARK,
    LONGEST_NOTE,
    NOTE,
    domain_of,
    find_suppressed_among,
)

Refusal = tuple[str, str]
Refused = dict[int, Refusal]
Named = tuple[str, dict[str, Any]]  # a rule behind its name
Suppressed = dict[str, list[tuple[int | None, str]]]
BY_STATE = {
    SubscriptionState.UNCONFIRMED: ("unconfirmed", ""),
    SubscriptionState.UNSUBSCRIBED: ("unsubscribed", ""),
}
PAUSED = ("paused", "")
GONE = ("unsubscribed", "no longer known")
OUTSIDE = ("not_in_segment", "")
NOT_REFUSED = ("", "")


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
    among: QuerySet[Any] | None = None,
    without: Sequence[Named] = (),
) -> list[AudienceEntry]:
    """Return the next people's subscriptions, in the order of people, an entry each.

    With ``among``, a query for people's ids, nobody else is looked at. Whom a rule of ``without``
    selects is left out, and the name that stands before it noted.

    Those of the people above ``after`` who have the first ``size`` subscriptions, with all of
    theirs. A person on several lists is written to through the first of ``list_ids`` that may;
    the others are duplicates. Takes the same few queries whatever the size.
    """
    on_lists = Subscription.objects.filter(list_id__in=list_ids, subscriber_id__gt=after)
    if among is not None:
        on_lists = on_lists.filter(subscriber_id__in=among)
    ids = on_lists.order_by("subscriber_id").values_list("subscriber_id", flat=True)[:size]
    last = max(ids, default=None)
    if last is None:
        return []
    people = Subscriber.objects.filter(pk__gt=after, pk__lte=last)
    rows = on_lists.filter(subscriber_id__lte=last).order_by("subscriber_id")
    suppressed = find_suppressed_among(people, now=now)
    inside = None if rule is None else _choose(people, rule)
    excluded = _exclude(people, without)
    order = {list_id: index for index, list_id in enumerate(list_ids)}
    entries: list[AudienceEntry] = []
    for person_id, own in groupby(rows.values_list(*_PLACE_FIELDS), key=itemgetter(0)):
        places = sorted(map(_Place._make, own), key=lambda place: order[place.list_id])
        kept_out = excluded.get(person_id, NOT_REFUSED)
        if inside is not None and person_id not in inside:
            kept_out = OUTSIDE
        entries += _judge(places, suppressed, kept_out=kept_out, today=now.date())
    return entries


class _Place(NamedTuple):
    """A subscription and its person, as lean as can be: a slice has thousands."""

    subscriber_id: int
    list_id: int
    state: str
    email: str
    email_normalised: str
    name: str
    language: str
    time_zone: str
    paused_until: dt.date | None


_PLACE_FIELDS = (
    *("subscriber_id", "list_id", "state"),
    *(f"subscriber__{name}" for name in _Place._fields[3:]),
)


def _choose(people: QuerySet[Subscriber], rule: dict[str, Any]) -> set[int]:
    return set(people.filter(compile_rule(rule)).values_list("pk", flat=True))


def _exclude(people: QuerySet[Subscriber], without: Sequence[Named]) -> Refused:
    """Return who is left out on purpose, each by the first rule that selects them."""
    found: Refused = {}
    for name, rule in without:
        for person_id in _choose(people, rule):
            found.setdefault(person_id, ("excluded", name[:LONGEST_NOTE]))
    return found


def _judge(
    places: Sequence[_Place], suppressed: Suppressed, *, kept_out: Refusal, today: dt.date
) -> list[AudienceEntry]:
    """Return a person's entries: the first list that may write to them does.

    ``kept_out`` says why none may, though nothing is wrong with their places.
    """
    entries = []
    reached = False
    for place in places:
        skip, note = _refuse(place, suppressed)
        if not skip and place.paused_until and place.paused_until > today:
            skip, note = PAUSED
        if not skip:
            skip, note = kept_out
        if not skip and reached:
            skip = "duplicate"
        reached = reached or not skip
        entries.append(AudienceEntry(recipient=_recipient(place), skip=skip, note=note))
    return entries


def _refuse(place: _Place, suppressed: Suppressed) -> Refusal:
    """Return why a subscription may not be written to, or two empty texts."""
    if place.state != SubscriptionState.CONFIRMED:
        return BY_STATE[SubscriptionState(place.state)]
    for named in (place.email_normalised, domain_of(place.email_normalised)):
        for scope, note in suppressed.get(named, ()):
            if scope in {None, place.list_id}:
                return ("suppressed", note)
    return NOT_REFUSED


def _recipient(place: _Place) -> Recipient:
    return Recipient(
        subscriber_id=place.subscriber_id,
        list_id=place.list_id,
        email=place.email,
        email_normalised=place.email_normalised,
        name=place.name,
        language=place.language,
        time_zone=place.time_zone,
    )


def with_refusals(rows: QuerySet[Any], *, now: dt.datetime) -> QuerySet[Any]:
    """Return rows of the caller's own kind with what may have come between: one query asks all.

    The rows have ``subscriber_id``, ``list_id`` and ``email_normalised``, the address that was
    planned: it is the one that would be written to, whatever the person's address is now.
    They gain ``standing``, the subscription's present state, and ``suppressed``, what
    names a suppression; each is None if there is none; and ``paused``. ``refuse`` judges them.
    """
    place = Subscription.objects.filter(
        subscriber_id=OuterRef("subscriber_id"), list_id=OuterRef("list_id")
    )
    in_force = Suppression.objects.in_force(now=now)
    address = OuterRef("email_normalised")
    named: list[Any] = [address]
    if in_force.of_domains().exists():  # mostly there are none, and the question costs less
        named.append(Substr(address, StrIndex(address, Value(DOMAIN_MARK))))
    suppressions = in_force.filter(
        Q(list=None) | Q(list_id=OuterRef("list_id")), email_normalised__in=named
    )
    annotated: QuerySet[Any] = rows.annotate(
        standing=Subquery(place.values("state")[:1]),
        paused=Q(subscriber__paused_until__gt=now.date()),
        suppressed=Subquery(suppressions.order_by("id").values(note=NOTE)[:1]),
    )
    return annotated


def refuse(standing: str | None, suppressed: str | None, *, paused: bool = False) -> Refusal | None:
    """Return why somebody may no longer be written to, or None if they still may.

    Asked once more when a batch is claimed: somebody who leaves during a send must win.
    """
    if standing is None:
        return GONE
    if standing != SubscriptionState.CONFIRMED:
        return BY_STATE[SubscriptionState(standing)]
    if suppressed:
        return ("suppressed", suppressed)
    return PAUSED if paused else None

"""Choosing people and reading them as records, in slices: memory stays flat at a million."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import F, OuterRef, Subquery

from mailer.errors import InvalidRule
from subscribers.flags import flag
from subscribers.models import List, Segment, Subscriber, Subscription, SubscriptionState
from subscribers.querysets import SubscriberQuerySet
from subscribers.segments import members

SLICE_ROWS = 2_000
MOST_ATTRIBUTES = 200  # columns; beyond that, JSON lines have them all
FIELDS = ("email", "name", "language", "country", "time_zone", "created_at")
OF_A_LIST = ("state", "changed_at")

Record = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Whom to export: everybody, or those on a list, in a state there, in a segment.

    With ``among`` it is those people; the list then only says whose state is told of.
    """

    group: List | None = None
    state: str = ""
    segment: Segment | None = None
    among: SubscriberQuerySet | None = None


def choose_people(choice: Choice) -> SubscriberQuerySet:
    """Return the people that a choice names. Raises InvalidRule."""
    if choice.among is not None:
        return choice.among.order_by("pk")
    people = Subscriber.objects.all() if choice.segment is None else members(choice.segment)
    if choice.state and choice.group is None:
        raise InvalidRule("A state is one on a list: name the list too.")
    if choice.group is None:
        return people.order_by("pk")
    places = Subscription.objects.filter(list=choice.group)
    if choice.state:
        if choice.state not in SubscriptionState.values:
            known = ", ".join(SubscriptionState.values)
            raise InvalidRule(f"State {choice.state[:40]!r} is unknown: write one of {known}.")
        places = places.filter(state=choice.state)
    return people.filter(pk__in=places.values("subscriber")).order_by("pk")


def find_attributes(people: SubscriberQuerySet) -> list[str]:
    """Return the names of all attributes that these people have, in the alphabet's order."""
    inner, parameters = (
        people.order_by().annotate(kept=F("attributes")).values("kept").query.sql_with_params()
    )
    keys = (
        "jsonb_object_keys(p.kept) AS k(key)"
        if connection.vendor == "postgresql"
        else "json_each(p.kept) AS k"
    )
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT DISTINCT k.key FROM ({inner}) p, {keys}", parameters)  # noqa: S608
        return sorted(name for (name,) in cursor.fetchall())


def read_people(choice: Choice) -> Iterator[Record]:
    """Yield the chosen people with their attributes, and their place where a list is named."""
    people = choose_people(choice)
    columns: tuple[str, ...] = (*FIELDS, "attributes")
    if choice.group is not None:
        own = Subscription.objects.filter(subscriber=OuterRef("pk"), list=choice.group)
        people = people.annotate(
            state=Subquery(own.values("state")), changed_at=Subquery(own.values("changed_at"))
        )
        columns += OF_A_LIST
    for record in _read_slices(people, columns):
        record["flags"] = " ".join(flag(record.pop("email_normalised")))
        yield {name: _write(value) for name, value in record.items()}


def _read_slices(people: SubscriberQuerySet, columns: tuple[str, ...]) -> Iterator[Record]:
    """Yield rows by their numbers, slice by slice: no transaction is open in between."""
    after = 0
    while True:
        rows = list(
            people.filter(pk__gt=after).values("pk", "email_normalised", *columns)[:SLICE_ROWS]
        )
        for row in rows:
            after = row.pop("pk")
            yield row
        if len(rows) < SLICE_ROWS:
            return


def _write(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.datetime) else value

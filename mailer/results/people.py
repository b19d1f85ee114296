"""How many are on lists and in segments: figures that pages keep, as a million rows take long."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections import Counter
from collections.abc import Iterable
from typing import Any

from django.db.models import Count, Exists, OuterRef
from django.db.models.functions import TruncMonth

from subscribers.models import List, Segment, Subscription, SubscriptionState
from subscribers.segments import members

BETWEEN = "/"
Months = dict[str, int]


def name_lists(lists: Iterable[List]) -> str:
    """Return what a figure about some lists is called."""
    return "-".join(str(each.pk) for each in lists)


def count_states(about: str) -> dict[str, dict[str, int]]:
    """Return how many are in each state, by list; ``about`` is what ``name_lists`` returns."""
    ids = _read_lists(about)
    rows = (
        Subscription.objects.filter(list_id__in=ids)
        .values_list("list_id", "state")
        .annotate(people=Count("pk"))
        .order_by()
    )
    found: dict[int, Counter[str]] = {pk: Counter() for pk in ids}
    for list_id, state, people in rows:
        found[list_id][state] = people
    return {str(pk): dict(counts) for pk, counts in found.items()}


def name_growth(group: List, since: dt.date) -> str:
    """Return what the figure of a list's growth since a day is called."""
    return f"{group.pk}{BETWEEN}{since}"


def count_growth(about: str) -> dict[str, Months]:
    """Return who joined a list and who left it, by month, since a day."""
    list_id, day = about.split(BETWEEN)
    start = dt.datetime.combine(dt.date.fromisoformat(day), dt.time(), tzinfo=dt.UTC)
    rows = (
        Subscription.objects.filter(list_id=int(list_id), changed_at__gte=start)
        .exclude(state=SubscriptionState.UNCONFIRMED)
        .annotate(month=TruncMonth("changed_at", tzinfo=dt.UTC))
        .values_list("month", "state")
        .annotate(people=Count("pk"))
        .order_by()
    )
    found: dict[str, Months] = {"joined": {}, "left": {}}
    for month, state, people in rows:
        column = "joined" if state == SubscriptionState.CONFIRMED else "left"
        found[column][month.date().isoformat()] = people
    return found


def name_segment(segment: Segment, lists: Iterable[List]) -> str:
    """Return what the figure of a segment's people on some lists is called."""
    return BETWEEN.join([str(segment.pk), name_lists(lists), hash_rule(segment.rule)])


def hash_rule(rule: Any) -> str:
    """Return what tells one rule from another."""
    return hashlib.sha256(json.dumps(rule, sort_keys=True).encode()).hexdigest()[:16]


def count_members(about: str) -> int | None:
    """Return how many on the lists are in a segment; none if it has another rule by now.

    Raises InvalidRule if its rule can't be asked for.
    """
    segment_id, lists, rule = about.split(BETWEEN)
    segment = Segment.objects.filter(pk=int(segment_id)).first()
    if segment is None or hash_rule(segment.rule) != rule:
        return None
    places = Subscription.objects.filter(list_id__in=_read_lists(lists), subscriber=OuterRef("pk"))
    return int(members(segment).filter(Exists(places)).count())


def _read_lists(about: str) -> list[int]:
    return [int(each) for each in about.split("-") if each]

"""How many are on a list, and how it grew: one look at the list's rows, not at each page anew."""

from __future__ import annotations

import datetime as dt
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from django.core.cache import cache
from django.db.models import Count
from django.db.models.functions import TruncMonth

from subscribers.models import List, Subscription, SubscriptionState

# A list that took longer than this is not counted again for a while: nobody decides by a figure
# that is ten minutes old, and a million rows take most of a second.
SLOW_SECONDS = 0.1
KEPT_SECONDS = 600
SHOWN_MONTHS = 12
CHART_HEIGHT = 120
COLUMN_WIDTH = 14
MONTH_WIDTH = 40

Counts = Mapping[str, int]
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """A month of a list: who joined in it and is still there, who left in it, how high they draw.

    Heights are in units of the chart, whose tallest column has ``CHART_HEIGHT``.
    """

    first: dt.date
    joined: int
    left: int
    joined_height: int
    left_height: int
    place: int

    @property
    def joined_x(self) -> int:
        """Return where the column of those who joined begins."""
        return self.place * MONTH_WIDTH

    @property
    def left_x(self) -> int:
        """Return where the column of those who left begins."""
        return self.place * MONTH_WIDTH + COLUMN_WIDTH + 2

    @property
    def joined_y(self) -> int:
        """Return the top of the one column."""
        return CHART_HEIGHT - self.joined_height

    @property
    def left_y(self) -> int:
        """Return the top of the other."""
        return CHART_HEIGHT - self.left_height


def count_states(lists: Iterable[List]) -> dict[int, Counts]:
    """Return how many are in each state, by list."""
    ids = [each.pk for each in lists]
    key = f"people:states:{'-'.join(map(str, ids))}"
    return _remember(key, lambda: _count_states(ids))


def _count_states(ids: list[int]) -> dict[int, Counts]:
    rows = (
        Subscription.objects.filter(list_id__in=ids)
        .values_list("list_id", "state")
        .annotate(people=Count("pk"))
        .order_by()
    )
    found: dict[int, Counter[str]] = {pk: Counter() for pk in ids}
    for list_id, state, people in rows:
        found[list_id][state] = people
    return {pk: dict(counts) for pk, counts in found.items()}


def read_growth(group: List, *, today: dt.date) -> list[Month]:
    """Return the last months of a list, the oldest first."""
    months = _list_months(today)
    key = f"people:growth:{group.pk}:{months[0]}"
    joined, left = _remember(key, lambda: _count_months(group, months[0]))
    tallest = max([*(joined.get(each, 0) for each in months), *left.values(), 1])
    return [
        Month(
            first=month,
            joined=joined.get(month, 0),
            left=left.get(month, 0),
            joined_height=-(-joined.get(month, 0) * CHART_HEIGHT // tallest),
            left_height=-(-left.get(month, 0) * CHART_HEIGHT // tallest),
            place=place,
        )
        for place, month in enumerate(months)
    ]


def _count_months(group: List, since: dt.date) -> tuple[dict[dt.date, int], dict[dt.date, int]]:
    start = dt.datetime.combine(since, dt.time(), tzinfo=dt.UTC)
    rows = (
        Subscription.objects.filter(list=group, changed_at__gte=start)
        .exclude(state=SubscriptionState.UNCONFIRMED)
        .annotate(month=TruncMonth("changed_at", tzinfo=dt.UTC))
        .values_list("month", "state")
        .annotate(people=Count("pk"))
        .order_by()
    )
    joined: dict[dt.date, int] = {}
    left: dict[dt.date, int] = {}
    for month, state, people in rows:
        column = joined if state == SubscriptionState.CONFIRMED else left
        column[month.date()] = people
    return joined, left


def _list_months(today: dt.date) -> list[dt.date]:
    months = [today.replace(day=1)]
    while len(months) < SHOWN_MONTHS:
        months.append((months[-1] - dt.timedelta(days=1)).replace(day=1))
    return months[::-1]


def _remember(key: str, count: Callable[[], Found]) -> Found:
    kept: Found | None = cache.get(key)
    if kept is not None:
        return kept
    began = time.monotonic()
    found = count()
    if time.monotonic() - began > SLOW_SECONDS:
        cache.set(key, found, KEPT_SECONDS)
    return found

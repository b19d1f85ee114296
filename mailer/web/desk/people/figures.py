"""How many are on a list, and how it grew."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mailer.results.counting import GROWTH, STATES
from mailer.results.people import name_growth, name_lists
from mailer.web.desk.figures import look_up
from subscribers.models import List

SHOWN_MONTHS = 12
CHART_HEIGHT = 120
COLUMN_WIDTH = 14
MONTH_WIDTH = 40

Counts = Mapping[str, int]


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
    found = look_up(STATES, name_lists(lists)).value
    return {int(pk): counts for pk, counts in found.items()}


def read_growth(group: List, *, today: dt.date) -> list[Month]:
    """Return the last months of a list, the oldest first."""
    months = _list_months(today)
    found = look_up(GROWTH, name_growth(group, months[0])).value
    joined, left = (_read_days(found[name]) for name in ("joined", "left"))
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


def _read_days(months: Mapping[str, int]) -> dict[dt.date, int]:
    return {dt.date.fromisoformat(day): people for day, people in months.items()}


def _list_months(today: dt.date) -> list[dt.date]:
    months = [today.replace(day=1)]
    while len(months) < SHOWN_MONTHS:
        months.append((months[-1] - dt.timedelta(days=1)).replace(day=1))
    return months[::-1]

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

Counts = Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """A month of a list: who joined in it and is still there, and who left in it."""

    first: dt.date
    joined: int
    left: int


def count_states(lists: Iterable[List]) -> dict[int, Counts]:
    """Return how many are in each state, by list."""
    found = look_up(STATES, name_lists(lists)).value
    return {int(pk): counts for pk, counts in found.items()}


def read_growth(group: List, *, today: dt.date) -> list[Month]:
    """Return the last months of a list, the oldest first."""
    months = _list_months(today)
    found = look_up(GROWTH, name_growth(group, months[0])).value
    joined, left = (_read_days(found[name]) for name in ("joined", "left"))
    return [
        Month(first=month, joined=joined.get(month, 0), left=left.get(month, 0)) for month in months
    ]


def _read_days(months: Mapping[str, int]) -> dict[dt.date, int]:
    return {dt.date.fromisoformat(day): people for day, people in months.items()}


def _list_months(today: dt.date) -> list[dt.date]:
    months = [today.replace(day=1)]
    while len(months) < SHOWN_MONTHS:
        months.append((months[-1] - dt.timedelta(days=1)).replace(day=1))
    return months[::-1]

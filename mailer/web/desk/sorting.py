"""What a list is searched for, and its orders: a page offers a few by a word, and no others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A column, in ``words``, and whether its largest value comes first.

    Unless it ``has_ties`` no two rows have the same value; where they may, the older comes first.
    """

    words: str | Promise
    column: str = "pk"
    descending: bool = False
    has_ties: bool = False

    def sort(self, rows: QuerySet[Row, Row], *, backwards: bool = False) -> QuerySet[Row, Row]:
        """Return rows in this order, or in the contrary one."""
        falls = self.descending != backwards
        signs = [f"{'-' if falls else ''}{self.column}"]
        if self.has_ties:
            signs.append("-pk" if backwards else "pk")
        return rows.order_by(*signs)


NEWEST = Order(words=_("newest first"), descending=True)
OLDEST = Order(words=_("oldest first"))
LONGEST_SEARCH = 100
BY_AGE: dict[str, Order] = {"new": NEWEST, "old": OLDEST}


def read_search(asked: Mapping[str, str]) -> str:
    """Return what ``q`` of a query looks for; no database takes a NUL in a text."""
    return asked.get("q", "").replace("\0", "").strip()[:LONGEST_SEARCH]


def choose_order(asked: Mapping[str, str], offered: Mapping[str, Order]) -> tuple[Order, str]:
    """Return the order that ``sort`` of a query names, and its word; the first one otherwise."""
    word = asked.get("sort", "")
    chosen = word if word in offered else next(iter(offered))
    return offered[chosen], chosen


def offer(offered: Mapping[str, Order], chosen: str) -> dict[str, Any]:
    """Return what a page needs to offer its orders."""
    return {"orders": [(word, each.words) for word, each in offered.items()], "sort": chosen}

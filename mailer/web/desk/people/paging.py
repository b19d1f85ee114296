"""Pages by key: the next one begins after the last row seen, however many rows there are.

No page counts what it does not show, and none skips over rows to come to its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

from django.db.models import Model, Q, QuerySet

PAGE_SIZE = 50
LONGEST_KEY = 320
LARGEST_ID = 2**63 - 1

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A column that is unique, and whether its largest value comes first."""

    column: str
    descending: bool = False


NEWEST = Order(column="pk", descending=True)
OLDEST = Order(column="pk")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyedPage(Generic[Row]):
    """Some rows; the queries of the pages beside it, empty where there is none."""

    rows: list[Row] = field(default_factory=list)
    earlier: str = ""
    later: str = ""


def cut_page(
    rows: QuerySet[Row, Row], asked: Mapping[str, str], *, order: Order = NEWEST
) -> KeyedPage[Row]:
    """Return the page that ``after`` or ``before`` of a query ask for, or the first."""
    bound = _read_bound(asked, order)
    backwards = _read_key(asked, "before", order) is not None
    falls = order.descending != backwards
    if bound is not None:
        rows = rows.filter(**{f"{order.column}__{bound[0]}": bound[1]})
    found = list(rows.order_by(f"{'-' if falls else ''}{order.column}")[: PAGE_SIZE + 1])
    has_more = len(found) > PAGE_SIZE
    shown = found[:PAGE_SIZE]
    if backwards:
        shown.reverse()
    kept = {name: text for name, text in asked.items() if name not in {"after", "before"} and text}
    has_earlier = has_more if backwards else bound is not None
    has_later = True if backwards else has_more
    return KeyedPage(
        rows=shown,
        earlier=_link(kept, "before", shown[0], order) if shown and has_earlier else "",
        later=_link(kept, "after", shown[-1], order) if shown and has_later else "",
    )


def read_bound(asked: Mapping[str, str], order: Order, *, column: str) -> Q:
    """Return the page's bound for a column of another table that has the same numbers.

    Without it PostgreSQL reads that table from its end to come to the page.
    """
    found = _read_bound(asked, order) if order.column == "pk" else None
    return Q(**{f"{column}__{found[0]}": found[1]}) if found else Q()


def _read_bound(asked: Mapping[str, str], order: Order) -> tuple[str, str | int] | None:
    """Return on which side of which key the page is; none for the first."""
    after, before = _read_key(asked, "after", order), _read_key(asked, "before", order)
    key = after if before is None else before
    falls = order.descending != (before is not None)
    return None if key is None else ("lt" if falls else "gt", key)


def _read_key(asked: Mapping[str, str], name: str, order: Order) -> str | int | None:
    text = asked.get(name, "")[:LONGEST_KEY].replace("\0", "")
    if order.column != "pk":
        return text or None
    is_number = text.isascii() and text.isdecimal()
    return min(int(text), LARGEST_ID) if is_number and len(text) < 20 else None


def _link(kept: dict[str, str], name: str, row: Model, order: Order) -> str:
    return "?" + urlencode(kept | {name: str(_value(row, order.column))})


def _value(row: Model, column: str) -> Any:
    return getattr(row, column)

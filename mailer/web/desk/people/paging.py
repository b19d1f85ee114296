"""Pages by key: the next one begins after the last row seen, however many rows there are.

No page counts what it does not show, and none skips over rows to come to its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar
from urllib.parse import urlencode

from django.db.models import Model, Q, QuerySet

from mailer.web.desk.sorting import NEWEST, Order

PAGE_SIZE = 50
LONGEST_KEY = 350  # an address, and a number behind it
LARGEST_ID = 2**63 - 1
TIE = "~"  # between a value that several rows may have, and the number of one

Key = str | int

Row = TypeVar("Row", bound=Model)


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
    if bound is not None:
        rows = rows.filter(_beyond(bound, order, backwards=backwards))
    found = list(order.sort(rows, backwards=backwards)[: PAGE_SIZE + 1])
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


def _beyond(bound: tuple[str, Key], order: Order, *, backwards: bool) -> Q:
    """Return the condition of rows beyond a key; of those that share its value by their numbers."""
    side, key = bound
    if not order.has_ties:
        return Q(**{f"{order.column}__{side}": key})
    value, _, number = str(key).rpartition(TIE)
    beside = Q(**{f"pk__{'lt' if backwards else 'gt'}": int(number)})
    # The first half is what an index can be asked.
    return Q(**{f"{order.column}__{side}e": value}) & (
        Q(**{f"{order.column}__{side}": value}) | beside
    )


def _read_bound(asked: Mapping[str, str], order: Order) -> tuple[str, Key] | None:
    """Return on which side of which key the page is; none for the first."""
    after, before = _read_key(asked, "after", order), _read_key(asked, "before", order)
    key = after if before is None else before
    falls = order.descending != (before is not None)
    return None if key is None else ("lt" if falls else "gt", key)


def _read_key(asked: Mapping[str, str], name: str, order: Order) -> Key | None:
    text = asked.get(name, "")[:LONGEST_KEY].replace("\0", "")
    if order.has_ties:
        value, tie, number = text.rpartition(TIE)
        known = _read_number(number) if tie else None
        return None if known is None else f"{value}{TIE}{known}"
    if order.column != "pk":
        return text or None
    return _read_number(text)


def _read_number(text: str) -> int | None:
    is_number = text.isascii() and text.isdecimal()
    return min(int(text), LARGEST_ID) if is_number and len(text) < 20 else None


def _link(kept: dict[str, str], name: str, row: Model, order: Order) -> str:
    key = str(getattr(row, order.column))
    if order.has_ties:
        key = f"{key}{TIE}{row.pk}"
    return "?" + urlencode(kept | {name: key})

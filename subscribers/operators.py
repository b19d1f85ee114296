"""What a rule can ask of a field: a table of operators for each kind of field.

A test is given the column, the value as the rule has it, and the value's place in the tree for
the error, and returns a condition of the ORM. Conditions are true or false, never unknown, so
that a rule and its negation divide people in two.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Left
from django.db.models.lookups import (
    Exact,
    GreaterThan,
    GreaterThanOrEqual,
    IContains,
    In,
    LessThan,
    Regex,
)

from mailer.errors import InvalidRule
from subscribers.engagement import find_engaged
from subscribers.models import Subscription

LONGEST_VALUE = 500
FIRST_YEAR, LAST_YEAR = 1900, 2200  # both engines and Python can count around these
MOST_ISSUES = 100  # two years of a weekly bulletin
ISO_DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}"

Test = Callable[[Any, Any, str], Q]


# ------------------------------------------------------------------ tests of a text


def _equals(column: Any, value: Any, path: str) -> Q:
    return Q(Exact(column, read_text(value, path)))


def _in(column: Any, value: Any, path: str) -> Q:
    return Q(In(column, _texts(value, path)))


def _equals_folded(column: Any, value: Any, path: str) -> Q:
    return Q(Exact(column, read_text(value, path).lower()))


def _in_folded(column: Any, value: Any, path: str) -> Q:
    return Q(In(column, [text.lower() for text in _texts(value, path)]))


def _contains(column: Any, value: Any, path: str) -> Q:
    return Q(IContains(column, read_text(value, path)))


def _is_set(column: Any, value: Any, path: str) -> Q:
    _refuse_value(value, path)
    return ~Q(Exact(column, ""))


def _before_day(column: Any, value: Any, path: str) -> Q:
    return _is_day(column) & Q(LessThan(Left(column, 10), _day(value, path).isoformat()))


def _after_day(column: Any, value: Any, path: str) -> Q:
    return _is_day(column) & Q(GreaterThan(Left(column, 10), _day(value, path).isoformat()))


def _is_day(column: Any) -> Q:
    """Return whether a text begins with an ISO date; other texts are neither before nor after."""
    return Q(Regex(column, ISO_DAY))


# ------------------------------------------------------------------ tests of an instant


def _before(column: Any, value: Any, path: str) -> Q:
    return Q(LessThan(column, _instant(value, path)))


def _after(column: Any, value: Any, path: str) -> Q:
    """Return "later than": a day alone is over when the next one begins."""
    instant = _instant(value, path)
    if _is_day_alone(value):
        return Q(GreaterThanOrEqual(column, instant + dt.timedelta(days=1)))
    return Q(GreaterThan(column, instant))


# ------------------------------------------------------------------ tests of the lists


def _on_list(_: Any, value: Any, path: str) -> Q:
    return _on_lists(None, [value], path)


def _on_lists(_: Any, value: Any, path: str) -> Q:
    places = Subscription.objects.confirmed().filter(list__slug__in=_texts(value, path))
    return _has(places)


def _on_any_list(_: Any, value: Any, path: str) -> Q:
    _refuse_value(value, path)
    return _has(Subscription.objects.confirmed())


def _has(rows: QuerySet[Any, Any]) -> Q:
    """Return whether a person has any of these rows.

    Not IN: its contrary, over a million rows, is compared one by one on PostgreSQL.
    """
    return Q(Exists(rows.filter(subscriber=OuterRef("pk"))))


def joined(slug: str) -> dict[str, Test]:
    """Return the tests of when somebody joined a list that they are still on, confirmed."""

    def when(test: Test) -> Test:
        def ask(_: Any, value: Any, path: str) -> Q:
            there = Subscription.objects.confirmed().filter(list__slug=slug)
            return _has(there.filter(test(F("changed_at"), value, path)))

        return ask

    return {name: when(test) for name, test in INSTANT.items()}


# ------------------------------------------------------------------ tests of what was read


def engaged(word: str, publication: str) -> dict[str, Test]:
    """Return the tests of who received, opened or clicked lately."""

    def in_last(_: Any, value: Any, path: str) -> Q:
        if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= MOST_ISSUES:
            raise InvalidRule(f"{path}: write of how many issues, from 1 to {MOST_ISSUES}.")
        return _has(find_engaged(word, value, publication))

    return {"in_last": in_last}


TEXT: dict[str, Test] = {
    "equals": _equals,
    "in": _in,
    "contains": _contains,
    "is_set": _is_set,
}
EMAIL: dict[str, Test] = TEXT | {"equals": _equals_folded, "in": _in_folded}
ATTRIBUTE: dict[str, Test] = TEXT | {"before": _before_day, "after": _after_day}
INSTANT: dict[str, Test] = {"before": _before, "after": _after}
LIST: dict[str, Test] = {"equals": _on_list, "in": _on_lists, "is_set": _on_any_list}


# ------------------------------------------------------------------ values


def read_text(value: Any, path: str) -> str:
    """Return a value as the text that is compared; a number is one too."""
    if isinstance(value, bool):
        return str(value).lower()  # as both engines write JSON's true
    if not isinstance(value, str | int | float):
        raise InvalidRule(f"{path} is missing or is no text.")
    try:
        text = str(value)
        text.encode()
    except ValueError as error:  # half a surrogate pair, or a number of 5,000 digits
        raise InvalidRule(f"{path} is no text that can be kept.") from error
    if "\0" in text or len(text) > LONGEST_VALUE:
        raise InvalidRule(f"{path} is longer than {LONGEST_VALUE} characters or has a NUL.")
    return text


def _texts(value: Any, path: str) -> list[str]:
    if not isinstance(value, list) or not value:
        raise InvalidRule(f"{path} is no list of texts: write at least one.")
    return [read_text(each, f"{path}[{index}]") for index, each in enumerate(value)]


def _refuse_value(value: Any, path: str) -> None:
    if value is not None:
        raise InvalidRule(f"{path}: is_set takes no value; for the contrary put it inside not.")


def _instant(value: Any, path: str) -> dt.datetime:
    """Return a date, or a date and time, as an instant; in UTC where it names no zone."""
    text = read_text(value, path)
    try:
        instant = dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidRule(f"{path} is no date: write it as 2026-03-14.") from error
    if not FIRST_YEAR <= instant.year <= LAST_YEAR:
        raise InvalidRule(f"{path}: a year lies between {FIRST_YEAR} and {LAST_YEAR}.")
    return instant if instant.tzinfo else instant.replace(tzinfo=dt.UTC)


def _day(value: Any, path: str) -> dt.date:
    if not _is_day_alone(value):
        raise InvalidRule(f"{path}: attributes are compared by the day: write 2026-03-14.")
    return _instant(value, path).date()


def _is_day_alone(value: Any) -> bool:
    return isinstance(value, str) and len(value) == len("2026-03-14")

"""Segments: a rule tree, kept as JSON, compiled to a condition of the ORM. Never SQL text.

``{"all": [rules]}``, ``{"any": [rules]}``, ``{"not": rule}`` or a test:
``{"field": "country", "operator": "in", "value": ["NO", "SE"]}``. Fields are those of a
person, or ``attributes.NAME``.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

from django.db.models import Q
from django.db.models.fields.json import KeyTextTransform

from mailer.errors import InvalidRule
from subscribers.models import Subscriber
from subscribers.querysets import SubscriberQuerySet

FIELDS = frozenset({"email", "name", "language", "country", "time_zone", "created_at"})
DATE_FIELDS = frozenset({"created_at"})
_ATTRIBUTE = re.compile(r"attributes\.([A-Za-z0-9][A-Za-z0-9-]*(?:_[A-Za-z0-9-]+)*)")
DEEPEST = 20  # a person can't read a deeper one, and the database's parser has a bound
MOST_RULES = 500
MOST_VALUES = 1_000
LONGEST_VALUE = 500


def validate_rule(rule: Any) -> None:
    """Raise InvalidRule, naming the place, if a rule tree is not well formed."""
    _Compiler().compile(rule, "rule", 1)


def members(rule: Any) -> SubscriberQuerySet:
    """Return the people whom a rule selects. Raises InvalidRule."""
    compiler = _Compiler()
    condition = compiler.compile(rule, "rule", 1)
    values = {_alias(name): KeyTextTransform(name, "attributes") for name in compiler.attributes}
    return Subscriber.objects.alias(**values).filter(condition)


class _Compiler:
    def __init__(self) -> None:
        self.count = 0
        self.attributes: set[str] = set()

    def compile(self, rule: Any, path: str, depth: int) -> Q:
        self.count += 1
        if depth > DEEPEST or self.count > MOST_RULES:
            raise InvalidRule(f"{path}: the rule is too large; split it into segments.")
        if not isinstance(rule, dict):
            raise InvalidRule(f"{path} is no rule: write an object.")
        for name in ("all", "any", "not"):
            if name in rule:
                return self._group(name, rule, path, depth)
        return self._test(rule, path)

    def _group(self, name: str, rule: dict[str, Any], path: str, depth: int) -> Q:
        if len(rule) != 1:
            raise InvalidRule(f"{path} has more than {name!r}: put the rest inside.")
        inner = rule[name]
        if name == "not":
            return ~self.compile(inner, f"{path}.not", depth + 1)
        if not isinstance(inner, list) or not inner:
            raise InvalidRule(f"{path}.{name} is no list of rules: write at least one.")
        parts = [
            self.compile(each, f"{path}.{name}[{index}]", depth + 1)
            for index, each in enumerate(inner)
        ]
        result = parts[0]
        for part in parts[1:]:
            result = result & part if name == "all" else result | part
        return result

    def _test(self, rule: dict[str, Any], path: str) -> Q:
        unknown = rule.keys() - {"field", "operator", "value"}
        if unknown:
            raise InvalidRule(f"{path} has unknown {sorted(map(str, unknown))}.")
        column = self._column(rule.get("field"), path)
        operator = rule.get("operator")
        if not isinstance(operator, str) or operator not in OPERATORS:
            raise InvalidRule(f"{path}.operator is unknown: known are {', '.join(OPERATORS)}.")
        is_date = rule.get("field") in DATE_FIELDS
        return OPERATORS[operator](column, rule.get("value"), f"{path}.value", is_date)

    def _column(self, name: Any, path: str) -> str:
        if isinstance(name, str) and name in FIELDS:
            return name
        match = _ATTRIBUTE.fullmatch(name) if isinstance(name, str) and len(name) < 80 else None
        if match is None:
            known = ", ".join(sorted(FIELDS))
            raise InvalidRule(f"{path}.field is unknown: known are {known}, attributes.NAME.")
        self.attributes.add(match[1])
        return _alias(match[1])


def _alias(name: str) -> str:
    """Return a name for an attribute's value that no lookup of the ORM can be read into."""
    return "attribute_" + name.encode().hex()


def _equals(column: str, value: Any, path: str, is_date: bool) -> Q:
    if is_date:
        raise InvalidRule(f"{path}: compare a date by before and after.")
    return Q(**{column: _text(value, path)})


def _in(column: str, value: Any, path: str, is_date: bool) -> Q:
    if not isinstance(value, list) or not value or len(value) > MOST_VALUES or is_date:
        raise InvalidRule(f"{path} is no list of 1 to {MOST_VALUES} texts.")
    return Q(**{f"{column}__in": [_text(each, path) for each in value]})


def _contains(column: str, value: Any, path: str, is_date: bool) -> Q:
    if is_date:
        raise InvalidRule(f"{path}: compare a date by before and after.")
    return Q(**{f"{column}__icontains": _text(value, path)})


def _before(column: str, value: Any, path: str, is_date: bool) -> Q:
    return Q(**{f"{column}__lt": _date(value, path, is_date)})


def _after(column: str, value: Any, path: str, is_date: bool) -> Q:
    return Q(**{f"{column}__gt": _date(value, path, is_date)})


def _is_set(column: str, value: Any, path: str, is_date: bool) -> Q:
    if value not in (None, True):
        raise InvalidRule(f"{path}: is_set takes no value; put it inside not.")
    empty = Q(**{f"{column}__isnull": True})
    return ~empty if is_date else ~(empty | Q(**{column: ""}))


OPERATORS: dict[str, Callable[[str, Any, str, bool], Q]] = {
    "equals": _equals,
    "in": _in,
    "contains": _contains,
    "before": _before,
    "after": _after,
    "is_set": _is_set,
}


def _text(value: Any, path: str) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise InvalidRule(f"{path} is no text.")
    text = str(value)
    if "\0" in text or len(text) > LONGEST_VALUE:
        raise InvalidRule(f"{path} is longer than {LONGEST_VALUE} characters or has a NUL.")
    return text


def _date(value: Any, path: str, is_date: bool) -> dt.datetime | str:
    """Return an instant for a date field; an attribute's dates compare as ISO texts."""
    try:
        instant = dt.datetime.fromisoformat(_text(value, path))
    except ValueError as error:
        raise InvalidRule(f"{path} is no date: write it as 2026-03-14.") from error
    if not is_date:
        return _text(value, path)
    return instant if instant.tzinfo else instant.replace(tzinfo=dt.UTC)

"""Segments: a rule tree, kept as JSON, compiled to a condition of the ORM. Never SQL text.

``{"all": [rules]}``, ``{"any": [rules]}``, ``{"not": rule}`` or a test:
``{"field": "country", "operator": "in", "value": ["NO", "SE"]}``. What a field is says which
operators it knows; docs/segments.md has the whole table.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.db.models import F, Q
from django.db.models.expressions import Combinable

from mailer.errors import InvalidRule
from subscribers.attributes import is_attribute_name, read_attribute
from subscribers.engagement import WORDS
from subscribers.models import Segment, Subscriber
from subscribers.operators import (
    ATTRIBUTE,
    EMAIL,
    INSTANT,
    LIST,
    TEXT,
    Test,
    engaged,
    joined,
    read_text,
)
from subscribers.querysets import SubscriberQuerySet

DEEPEST = 20  # a person can't read a deeper one, and the database's parser has a bound
MOST_TESTS = 200  # SQLite takes an expression 1,000 deep, and a test of a date is two of it
MOST_VALUES = 5_000  # in all lists of a rule together: a statement has few parameters to give
ATTRIBUTE_PREFIX = "attributes."
SEGMENT = "segment"
SLUG = re.compile(r"[A-Za-z0-9_-]{1,63}")


def compile_rule(rule: Any, *, name: str = "") -> Q:
    """Return the condition that a rule tree states. Raises InvalidRule, naming the place.

    ``name`` is that of the segment whose rule it is: it can't be asked for inside.
    """
    return _Compiler(names=[name] if name else []).compile(rule, "", 1)


def validate_rule(rule: Any, *, name: str = "") -> None:
    """Raise InvalidRule, naming the place in the tree, if a rule is not well formed."""
    compile_rule(rule, name=name)


def members(of: Segment | dict[str, Any]) -> SubscriberQuerySet:
    """Return the people whom a segment or a rule selects. Raises InvalidRule."""
    if isinstance(of, Segment):
        return Subscriber.objects.filter(compile_rule(of.rule, name=of.name))
    return Subscriber.objects.filter(compile_rule(of))


def count(of: Segment | dict[str, Any]) -> int:
    """Return how many people a segment or a rule selects now. Raises InvalidRule."""
    return members(of).count()


def find_fields(rule: Any) -> list[str]:
    """Return the fields that a rule asks for, by name; of what is no rule, those that it names."""
    found: set[str] = set()
    waiting = [rule]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            waiting += each.values()
            found |= {each["field"]} if isinstance(each.get("field"), str) else set()
        elif isinstance(each, list):
            waiting += each
    return sorted(found)


@dataclass(slots=True)
class _Compiler:
    """Compile one tree, counting what it holds; ``names`` are the segments that it is inside of."""

    names: list[str] = field(default_factory=list)
    tests: int = 0
    values: int = 0

    def compile(self, rule: Any, path: str, depth: int) -> Q:
        if depth > DEEPEST:
            raise InvalidRule(f"{path}: the rule is deeper than {DEEPEST}; split it.")
        if not isinstance(rule, dict):
            raise InvalidRule(f"{path or 'The rule'} is no rule: write an object.")
        for name in ("all", "any", "not"):
            if name in rule:
                return self._group(name, rule, path, depth)
        if rule.get("field") == SEGMENT:
            return self._other(rule, path, depth)
        return self._test(rule, path)

    def _group(self, name: str, rule: dict[str, Any], path: str, depth: int) -> Q:
        place, inner = _join(path, name), rule[name]
        if len(rule) != 1:
            raise InvalidRule(f"{place}: nothing else may stand beside {name!r}; put it inside.")
        if name == "not":
            return ~self.compile(inner, place, depth + 1)
        if not isinstance(inner, list) or not inner:
            raise InvalidRule(f"{place} is no list of rules: write at least one.")
        parts = [
            self.compile(each, f"{place}[{index}]", depth + 1) for index, each in enumerate(inner)
        ]
        return Q(*parts, _connector=Q.AND if name == "all" else Q.OR)

    def _other(self, rule: dict[str, Any], path: str, depth: int) -> Q:
        """Return the condition of another segment, whose own may name others, but none of these."""
        if rule.keys() != {"field", "operator", "value"} or rule["operator"] != "equals":
            raise InvalidRule(f"{path or 'The rule'}: a segment takes equals and the other's name.")
        name = read_text(rule["value"], _join(path, "value"))
        if name in self.names:
            circle = " → ".join([*self.names, name])
            raise InvalidRule(f"{_join(path, 'value')} leads in a circle: {circle}.")
        found = Segment.objects.filter(name=name).first()
        if found is None:
            raise InvalidRule(f"{_join(path, 'value')} names no segment: write the name of one.")
        self.names.append(found.name)
        condition = self.compile(found.rule, f"{_join(path, 'value')}({found.name})", depth + 1)
        self.names.pop()
        return condition

    def _test(self, rule: dict[str, Any], path: str) -> Q:
        unknown = rule.keys() - {"field", "operator", "value"}
        if unknown:
            named = ", ".join(repr(each) for each in sorted(map(str, unknown)))
            raise InvalidRule(f"{path or 'The rule'} has unknown {named[:200]}.")
        value = rule.get("value")
        self._count(value, path)
        operators, column = _find_field(rule.get("field"), _join(path, "field"))
        operator = rule.get("operator")
        if not isinstance(operator, str) or operator not in operators:
            known = ", ".join(operators)
            raise InvalidRule(f"{_join(path, 'operator')} is not one that this field has: {known}.")
        return operators[operator](column, value, _join(path, "value"))

    def _count(self, value: Any, path: str) -> None:
        self.tests += 1
        self.values += len(value) if isinstance(value, list) else 1
        if self.tests > MOST_TESTS or self.values > MOST_VALUES:
            limits = f"{MOST_TESTS} tests and {MOST_VALUES} values"
            raise InvalidRule(f"{path or 'The rule'}: a rule has at most {limits}; split it.")


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


# A field's name in a rule: its operators, and the column it is about.
FIELDS: dict[str, tuple[dict[str, Test], str]] = {
    "email": (EMAIL, "email_normalised"),
    "name": (TEXT, "name"),
    "language": (TEXT, "language"),
    "country": (TEXT, "country"),
    "time_zone": (TEXT, "time_zone"),
    "created_at": (INSTANT, "created_at"),
    "list": (LIST, "pk"),
}


# Fields of which one of a kind is named behind a dot.
KINDS: dict[str, Callable[[str], dict[str, Test]]] = {
    "joined": joined,
    **{word: partial(engaged, word) for word in WORDS},
}


def find_operators(name: str) -> tuple[str, ...]:
    """Return the operators that a field knows, or none for one that is unknown."""
    if name == SEGMENT:
        return ("equals",)
    try:
        operators, _ = _find_field(name, "field")
    except InvalidRule:
        return ()
    return tuple(operators)


def _find_field(name: Any, path: str) -> tuple[dict[str, Test], Combinable]:
    if isinstance(name, str) and name in FIELDS:
        operators, column = FIELDS[name]
        return operators, F(column)
    if isinstance(name, str) and name.startswith(ATTRIBUTE_PREFIX):
        attribute = name.removeprefix(ATTRIBUTE_PREFIX)
        if is_attribute_name(attribute):
            return ATTRIBUTE, read_attribute(attribute)
    if isinstance(name, str):
        kind, dot, which = name.partition(".")
        if kind in KINDS and (SLUG.fullmatch(which) if dot else kind in WORDS):
            return KINDS[kind](which), F("pk")
    known = ", ".join((*FIELDS, SEGMENT, *WORDS))
    raise InvalidRule(f"{path} is unknown: known are {known}, joined.LIST and attributes.NAME.")

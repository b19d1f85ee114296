"""The form of a segment's rule as a JSON schema, made from the tables that rules are read by."""

from __future__ import annotations

from typing import Any

from subscribers.attributes import LONGEST_NAME
from subscribers.engagement import WORDS
from subscribers.operators import (
    ATTRIBUTE,
    INSTANT,
    LONGEST_VALUE,
    MOST_ISSUES,
    Test,
)
from subscribers.segments import FIELDS, SEGMENT

DIALECT = "https://json-schema.org/draft/2020-12/schema"
RULE = {"$ref": "#/$defs/rule"}
SCALAR = {
    "anyOf": [{"type": "string", "maxLength": LONGEST_VALUE}, {"type": ["number", "boolean"]}]
}
DAY = {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}"}
# What an operator takes; one that stands here with nothing takes no value.
VALUES: dict[str, dict[str, Any] | None] = {
    "equals": SCALAR,
    "in": {"type": "array", "items": SCALAR, "minItems": 1},
    "contains": SCALAR,
    "is_set": None,
    "before": DAY,
    "after": DAY,
    "in_last": {"type": "integer", "minimum": 1, "maximum": MOST_ISSUES},
}
SLUG = "[A-Za-z0-9_-]{1,63}"


def write_schema() -> dict[str, Any]:
    """Return the schema of a rule; what only the database knows, such as names, is not in it."""
    attribute = {"pattern": rf"^attributes\.[^\W\d_][\w -]{{0,{LONGEST_NAME - 1}}}$"}
    engaged = {"pattern": rf"^({'|'.join(WORDS)})(\.{SLUG})?$"}
    other = {
        "properties": {
            "field": {"const": SEGMENT},
            "operator": {"const": "equals"},
            "value": {"type": "string", "minLength": 1},
        },
        "required": ["field", "operator", "value"],
        "additionalProperties": False,
    }
    tests = [
        *(test for name, (known, _) in FIELDS.items() for test in _tests({"const": name}, known)),
        *_tests(attribute, ATTRIBUTE),
        *_tests({"pattern": rf"^joined\.{SLUG}$"}, INSTANT),
        *_tests(engaged, {"in_last": None}),
        other,
    ]
    groups = [
        _group("all", {"type": "array", "items": RULE, "minItems": 1}),
        _group("any", {"type": "array", "items": RULE, "minItems": 1}),
        _group("not", RULE),
    ]
    rule = {"type": "object", "anyOf": [*groups, *tests]}
    return {"$schema": DIALECT, "title": "The rule of a segment", **RULE, "$defs": {"rule": rule}}


def _group(name: str, inner: dict[str, Any]) -> dict[str, Any]:
    return {"properties": {name: inner}, "required": [name], "additionalProperties": False}


def _tests(field: dict[str, Any], operators: dict[str, Test] | dict[str, None]) -> list[Any]:
    return [_test(field, operator) for operator in operators]


def _test(field: dict[str, Any], operator: str) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "field": {"type": "string", **field},
        "operator": {"const": operator},
    }
    value = VALUES[operator]
    if value is not None:
        properties["value"] = value
    return {
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }

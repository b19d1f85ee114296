"""Why somebody is in a segment, or is not: each part of its rule with whether it holds for them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import BooleanField, Case, Value, When

from subscribers.models import Segment, Subscriber
from subscribers.segments import SEGMENT, compile_rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A part of a rule: how deep it stands, what it asks, and whether that is true of a person."""

    depth: int
    asks: str
    holds: bool


GROUPS = {"all": "all of these", "any": "any of these", "not": "not this"}


def explain(segment: Segment, person: Subscriber) -> list[Finding]:
    """Return each part of the rule, from the top, with whether it holds. Raises InvalidRule.

    It is one query: each part is asked as a column of the person's own row.
    """
    compile_rule(segment.rule, name=segment.name)  # a rule in a circle ends here
    parts = [(0, f"the segment {segment.name!r}", segment.rule), *_walk(segment.rule, 1)]
    columns = {
        f"part{index}": Case(
            When(compile_rule(rule), then=Value(value=True)),
            default=Value(value=False),
            output_field=BooleanField(),
        )
        for index, (_, _, rule) in enumerate(parts)
    }
    row: dict[str, Any] = dict(Subscriber.objects.filter(pk=person.pk).values(**columns)[0])
    return [
        Finding(depth=depth, asks=asks, holds=row[f"part{index}"])
        for index, (depth, asks, _) in enumerate(parts)
    ]


def _walk(rule: dict[str, Any], depth: int) -> Iterator[tuple[int, str, dict[str, Any]]]:
    """Yield a rule and all that is inside it: how deep, in words, and the rule itself."""
    for name, words in GROUPS.items():
        if name in rule:
            yield depth, words, rule
            inner = rule[name] if isinstance(rule[name], list) else [rule[name]]
            for each in inner:
                yield from _walk(each, depth + 1)
            return
    asked = (rule["field"], rule["operator"], rule.get("value"))
    yield depth, " ".join(str(each) for each in asked if each is not None), rule
    if rule["field"] == SEGMENT:
        yield from _walk(Segment.objects.get(name=rule["value"]).rule, depth + 1)

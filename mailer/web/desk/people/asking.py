"""What a condition can ask: its fields, what each knows to compare, and which cell that takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mailer.web.desk.entry import Desk
from mailer.web.desk.people.reach import read_lists, within_reach
from mailer.web.desk.people.tree import DAYS, GROUPS, NOTHING, NUMBER, SEVERAL, Node
from subscribers.attributes import is_attribute_name
from subscribers.engagement import WORDS
from subscribers.models import Import, Segment, Subscriber
from subscribers.segments import ATTRIBUTE_PREFIX, SEGMENT, find_operators

FIELDS = {
    "email": "address",
    "name": "name",
    "language": "language",
    "country": "country",
    "time_zone": "time zone",
    "created_at": "known since",
    "list": "on a list",
    SEGMENT: "in another segment",
}
ENGAGED = {
    "received": "received an issue",
    "opened": "opened an issue",
    "clicked": "clicked in an issue",
}
OPERATORS = {
    "equals": "is",
    "in": "is one of",
    "contains": "contains",
    "is_set": "is known",
    "before": "before",
    "after": "after",
    "in_last": "among the last",
}
OWN_WORDS = {
    ("list", "is_set"): "any list",
    ("list", "equals"): "called",
    ("list", "in"): "one of",
    (SEGMENT, "equals"): "called",
}
# Enough to know what files brought; the names in imports and segments are taken whole.
SAMPLED_PEOPLE = 200
SAMPLED_IMPORTS = 20
Options = list[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What can be chosen at this desk: groups of fields, lists by short name, segments by name."""

    fields: list[tuple[str, Options]]
    lists: Options
    segments: Options

    def knows(self, name: str) -> bool:
        """Tell whether a field is among those that are offered."""
        return any(name == each for _, options in self.fields for each, _ in options)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A node as a page draws it: which cell its value takes, and the operators to choose from."""

    node: Node
    inner: list[Shown]
    operators: Options
    cell: str
    options: Options
    chosen: list[str]
    other: str = ""


def read_choices(desk: Desk, *, besides: str = "") -> Choices:
    """Return what can be chosen; ``besides`` is the segment that is being made."""
    lists = read_lists(desk)
    slug = desk.publication.slug
    engaged = [(f"{word}.{slug}", ENGAGED[word]) for word in WORDS]
    attributes = [(f"{ATTRIBUTE_PREFIX}{name}", name) for name in sorted(find_attributes(desk))]
    segments = Segment.objects.exclude(name=besides).values_list("name", flat=True)
    return Choices(
        fields=[
            ("The person", list(FIELDS.items())),
            ("Joined", [(f"joined.{each.slug}", f"joined {each.name}") for each in lists]),
            ("What they read", engaged),
            ("Attributes", [*attributes, (ATTRIBUTE_PREFIX, "another attribute …")]),
        ],
        lists=[(each.slug, each.name) for each in lists],
        segments=[(name, name) for name in segments],
    )


def find_attributes(desk: Desk) -> set[str]:
    """Return the names of attributes that people here are likely to have.

    Not of all people: a million are not looked through to fill a box.
    """
    mappings = Import.objects.filter(list__in=read_lists(desk)).values_list("mapping", flat=True)
    named = {
        target.split(":")[1]
        for mapping in mappings[:SAMPLED_IMPORTS]
        for target in mapping
        if target.startswith("attribute:")
    }
    newest = within_reach(desk, Subscriber.objects.all()).order_by("-pk")
    for attributes in newest.values_list("attributes", flat=True)[:SAMPLED_PEOPLE]:
        named |= set(attributes)
    return {name for name in named if is_attribute_name(name)}


def lay_out(node: Node, choices: Choices) -> Shown:
    """Return a tree as a page draws it; an operator that a field does not know is replaced."""
    if node.is_group:
        inner = [lay_out(each, choices) for each in node.inner]
        return Shown(node=node, inner=inner, operators=[], cell="", options=[], chosen=[])
    known = list(find_operators(node.field_name))
    if known and node.operator not in known:
        node.operator = known[0]
    own = {"list": choices.lists, SEGMENT: choices.segments}.get(node.field_name, [])
    return Shown(
        node=node,
        inner=[],
        operators=[(each, say_operator(node.field_name, each)) for each in known],
        cell=_find_cell(node),
        options=own,
        chosen=node.text.split("\n"),
        other="" if choices.knows(node.field_name) else node.field_name,
    )


def say_operator(field_name: str, operator: str) -> str:
    """Return an operator in words, as they fit the field."""
    return OWN_WORDS.get((field_name, operator), OPERATORS.get(operator, operator))


def _find_cell(node: Node) -> str:
    if node.operator == NOTHING:
        return "none"
    if node.field_name in {"list", SEGMENT}:
        return "several" if node.operator == SEVERAL else "one"
    cells = {SEVERAL: "lines", NUMBER: "number", **dict.fromkeys(DAYS, "day")}
    return cells.get(node.operator, "text")


def say(node: Node, names: Mapping[str, str]) -> Iterator[tuple[int, str]]:
    """Yield the parts of a rule in words, each with how deep it stands."""
    depth = node.path.count(".")
    if node.is_group:
        yield depth, GROUPS[node.kind]
        for each in node.inner:
            yield from say(each, names)
        return
    yield depth, say_test(node, names)


def say_test(node: Node, names: Mapping[str, Any]) -> str:
    """Return a condition as a phrase."""
    kind, dot, which = node.field_name.partition(".")
    field_words = FIELDS.get(node.field_name) or ENGAGED.get(kind) or which
    if kind == "joined" and dot:
        field_words = f"joined {names.get(which, which)}"
    values = ", ".join(str(names.get(each, each)) for each in node.text.split("\n") if each)
    end = " issues" if node.operator == NUMBER else ""
    return f"{field_words} {say_operator(node.field_name, node.operator)} {values}{end}".strip()

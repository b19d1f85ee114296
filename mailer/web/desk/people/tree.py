"""A segment's rule as a form has it: groups and conditions, each with its place and what is wrong.

``to_rule`` and ``from_rule`` are each other's contrary, but for a "none" of one rule, which needs
no group inside. Names in the form are the kind of cell and the node's path: ``field.r.0.1``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from mailer.errors import InvalidRule
from subscribers.operators import MOST_ISSUES
from subscribers.segments import DEEPEST, MOST_TESTS, compile_rule

ALL, ANY, NONE, TEST = "all", "any", "none", "test"
GROUPS = {ALL: "all of these", ANY: "any of these", NONE: "none of these"}
ROOT = "r"
# What a form may hold at all: more is no form that a person filled in.
MOST_NODES = 2 * MOST_TESTS
SEVERAL, NUMBER, NOTHING = "in", "in_last", "is_set"
DAYS = ("before", "after")
_PLACE = re.compile(r"kind\.(r(?:\.[0-9]{1,3})*)")


@dataclass(slots=True, kw_only=True)
class Node:
    """A group with what is inside, or a condition; ``text`` is its value as it was written."""

    kind: str = TEST
    inner: list[Node] = field(default_factory=list)
    field_name: str = "email"
    operator: str = ""
    text: str = ""
    path: str = ROOT
    wrong: str = ""

    @property
    def is_group(self) -> bool:
        """Tell whether it is a group."""
        return self.kind != TEST

    def walk(self) -> Iterator[Node]:
        """Yield it and all that is inside."""
        yield self
        for each in self.inner:
            yield from each.walk()

    def place(self, path: str = ROOT) -> Node:
        """Give every node its path; return this one."""
        self.path = path
        for index, each in enumerate(self.inner):
            each.place(f"{path}.{index}")
        return self


def from_rule(rule: Any) -> Node:
    """Return the tree of a kept rule; its root is a group. Raises InvalidRule."""
    node = _read_rule(rule, 1)
    root = node if node.is_group else Node(kind=ALL, inner=[node])
    return root.place()


def _read_rule(rule: Any, depth: int) -> Node:
    if not isinstance(rule, dict) or depth > DEEPEST:
        raise InvalidRule("The rule is none that can be shown as a form.")
    for kind in (ALL, ANY):
        if isinstance(rule.get(kind), list):
            return Node(kind=kind, inner=[_read_rule(each, depth + 1) for each in rule[kind]])
    if "not" in rule:
        inner = _read_rule(rule["not"], depth + 1)
        # Any of one is that one: written so, the form would be another each time it is kept.
        while inner.kind == ANY and [each.kind for each in inner.inner] == [ANY]:
            inner = inner.inner[0]
        return Node(kind=NONE, inner=inner.inner if inner.kind == ANY else [inner])
    value = rule.get("value")
    lines = value if isinstance(value, list) else [] if value is None else [value]
    return Node(
        field_name=str(rule.get("field", "")),
        operator=str(rule.get("operator", "")),
        text="\n".join(
            str(each).lower() if isinstance(each, bool) else str(each) for each in lines
        ),
    )


def from_form(data: Mapping[str, Any]) -> Node:
    """Return the tree that a form states; parts of it that hang in nothing are left out."""
    paths = [found[1] for name in data if (found := _PLACE.fullmatch(name))][:MOST_NODES]
    nodes: dict[str, Node] = {}
    for path in sorted(paths, key=lambda each: [int(n) for n in each.split(".")[1:]]):
        node = _read_node(data, path)
        above = nodes.get(path.rpartition(".")[0])
        if path != ROOT and (above is None or not above.is_group):
            continue
        if above is not None:
            above.inner.append(node)
        nodes[path] = node
    root = nodes.get(ROOT)
    if root is None or not root.is_group:
        root = Node(kind=ALL, inner=[Node()])
    return root.place()


def _read_node(data: Mapping[str, Any], path: str) -> Node:
    kind = data.get(f"kind.{path}", "")
    values = data.getlist(f"value.{path}") if hasattr(data, "getlist") else []
    name = data.get(f"field.{path}", "")
    if name == "attributes.":
        name += data.get(f"which.{path}", "").strip()
    return Node(
        kind=kind if kind in GROUPS else TEST,
        field_name=name,
        operator=data.get(f"operator.{path}", ""),
        text="\n".join(values).replace("\r\n", "\n").strip(),
        path=path,
    )


def to_rule(node: Node) -> dict[str, Any]:
    """Return the rule that a tree states."""
    if node.is_group:
        inner = [to_rule(each) for each in node.inner]
        if node.kind != NONE:
            return {node.kind: inner}
        return {"not": inner[0] if len(inner) == 1 else {"any": inner}}
    rule: dict[str, Any] = {"field": node.field_name, "operator": node.operator}
    value = _write_value(node)
    return rule if value is None else rule | {"value": value}


def _write_value(node: Node) -> Any:
    if node.operator == NOTHING:
        return None
    if node.operator == SEVERAL:
        return [line.strip() for line in node.text.split("\n") if line.strip()]
    if node.operator == NUMBER and node.text.isascii() and node.text.isdecimal():
        return int(node.text[:9])
    return node.text


def judge(root: Node, *, name: str) -> bool:
    """Write at each part what is wrong with it; return whether nothing is."""
    for node in root.walk():
        node.wrong = _find_wrong(node, name)
    if not any(node.wrong for node in root.walk()):
        try:
            compile_rule(to_rule(root), name=name)
        except InvalidRule as error:
            root.wrong = str(error)
    return not any(node.wrong for node in root.walk())


def _find_wrong(node: Node, name: str) -> str:
    if node.is_group:
        return "" if node.inner else "Nothing is in this group: add a condition, or remove it."
    for is_wrong, words in (
        (node.field_name in {"", "attributes."}, "Choose what is asked for."),
        (
            bool(node.operator) and node.operator != NOTHING and not node.text,
            "Write or choose what it is compared with.",
        ),
        (
            node.operator == NUMBER and not isinstance(_write_value(node), int),
            f"Write of how many issues, from 1 to {MOST_ISSUES}.",
        ),
    ):
        if is_wrong:
            return words
    try:
        compile_rule(to_rule(node), name=name)
    except InvalidRule as error:
        return _say(str(error))
    return ""


def _say(words: str) -> str:
    """Return an error's sentence without the place in the tree, which the page shows itself."""
    for place in ("operator", "value", "field"):
        if words.startswith(f"{place} "):
            return f"The {words}"
        words = words.removeprefix(f"{place}: ")
    return words[:1].upper() + words[1:]


def find_node(root: Node, path: str) -> tuple[Node, Node] | None:
    """Return the node at a path and the group that it is in; the root is in itself."""
    above = root
    for node in root.walk():
        if node.path == path:
            parent = path.rpartition(".")[0]
            above = next((each for each in root.walk() if each.path == parent), root)
            return node, above
    return None


def change_tree(root: Node, act: str) -> Node:
    """Do what a button says: ``add``, ``group`` or ``remove``, a colon and a path."""
    verb, _, path = act.partition(":")
    found = find_node(root, path)
    if found is None:
        return root
    node, above = found
    if verb == "add" and node.is_group:
        node.inner.append(Node())
    elif verb == "group" and node.is_group:
        node.inner.append(Node(kind=ANY, inner=[Node()]))
    elif verb == "remove" and node is not root:
        above.inner.remove(node)
    return root.place()

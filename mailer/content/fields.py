"""Reading ``key: value`` lines: YAML in which every value is text and has a line number.

Only mappings, lists and scalars are read, and no scalar is converted: a number stays the
characters that the editor wrote. Aliases and tags are refused: an issue needs neither, and
they are what YAML's bombs are made of.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from mailer.content.problems import Problems, has_words, judge_text, suggest

DEEPEST_NESTING = 8  # an issue needs four; YAML's reader takes minutes over a thousand
LONGEST_NAME = 200  # YAML itself ends a simple key after 1,024 characters
PLAIN_TAGS = frozenset(
    f"tag:yaml.org,2002:{name}"
    for name in ("str", "int", "float", "bool", "null", "timestamp", "seq", "map", "merge", "value")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """One value and the line it stands on: text, or a list of text, or a mapping."""

    line: int
    text: str = ""
    items: tuple[Value, ...] | None = None
    fields: Mapping[str, Value] | None = None


@dataclass(slots=True, kw_only=True)
class Fields:
    """The fields of one block, taken one by one, each checked as it is taken.

    ``where`` names the block in messages; ``line`` is its first line. Of a ``broken`` block
    nothing more is said: what is missing from it may only be unreadable.
    """

    values: Mapping[str, Value]
    where: str
    line: int
    problems: Problems
    broken: bool = False
    taken: set[str] = field(default_factory=set)

    def line_of(self, name: str) -> int:
        """Return the line of a field, or the block's if the field is not there."""
        return self.values[name].line if name in self.values else self.line

    def take(self, name: str, *, required: bool = False, longest: int = 1_000) -> str:
        """Return a field's text, or "" after noting what is wrong with it."""
        self.taken.add(name)
        if self.broken:
            return ""
        value = self.values.get(name, Value(line=self.line))
        if value.items is not None or value.fields is not None:
            self.problems.add(value.line, f"{name} is not text", f"Write {name}: some text.")
            return ""
        if required and not has_words(value.text):
            what = f"{self.where} has no {name}"
            self.problems.add(value.line, what, f"Write {name}: some text.")
        if len(value.text) > longest:
            what = f"{name} has {len(value.text)} characters"
            self.problems.add(value.line, what, f"Shorten it to at most {longest}.")
        return value.text

    def refuse_others(self) -> None:
        """Note every field that nobody took."""
        for name, value in self.values.items():
            if name not in self.taken:
                what = f"{self.where} has an unknown field {name[:40]!r}"
                self.problems.add(value.line, what, suggest(name, sorted(self.taken)))


def read_fields(text: str, *, where: str, line: int, problems: Problems) -> Fields:
    """Read a block of YAML whose first line is ``line`` of the file; empty if it is broken."""
    fields = Fields(values={}, where=where, line=line, problems=problems)
    try:
        _refuse_tricks(text)
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        problems.add(*_describe(error, where, line))
        fields.broken = True
        return fields
    if isinstance(node, yaml.MappingNode):
        fields.values = _read_mapping(node, line, problems)
    elif node is not None:
        problems.add(line, f"{where} is no list of fields", "Write one 'name: value' a line.")
        fields.broken = True
    return fields


def _refuse_tricks(text: str) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _refusal("anchors are not used here", event)
        if (getattr(event, "tag", None) or "tag:yaml.org,2002:str") not in PLAIN_TAGS:
            raise _refusal("tags are not used here", event)
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST_NESTING:
            raise _refusal("it is nested too deep", event)


def _refusal(problem: str, event: yaml.Event) -> yaml.YAMLError:
    mark: Any = event.start_mark
    return yaml.MarkedYAMLError(problem=problem, problem_mark=mark)


def _describe(error: yaml.YAMLError, where: str, line: int) -> tuple[int, str, str]:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or "it can't be read"
    remedy = "Put values with colons or quotation marks in it between double quotes."
    return line + (mark.line if mark else 0), f"{where} is broken: {problem}", remedy


def _read_mapping(node: yaml.MappingNode, line: int, problems: Problems) -> dict[str, Value]:
    values: dict[str, Value] = {}
    for key, value in node.value:
        at = line + key.start_mark.line
        if not isinstance(key, yaml.ScalarNode):
            problems.add(at, "a field's name is not text", "Write one 'name: value' a line.")
            continue
        name = _read_text(key, at, problems)
        if name in values:
            problems.add(at, f"{name[:40]!r} is given twice", "Keep one of them.")
        elif len(name) > LONGEST_NAME:
            problems.add(at, f"a field's name has {len(name)} characters", "Shorten it.")
        else:
            values[name] = _read(value, line, problems)
    return values


def _read(node: yaml.Node, line: int, problems: Problems) -> Value:
    at = line + node.start_mark.line
    if isinstance(node, yaml.MappingNode):
        return Value(line=at, fields=_read_mapping(node, line, problems))
    if isinstance(node, yaml.SequenceNode):
        return Value(line=at, items=tuple(_read(item, line, problems) for item in node.value))
    return Value(line=at, text=_read_text(node, at, problems))


def _read_text(node: yaml.Node, line: int, problems: Problems) -> str:
    """Return a scalar's text on one line. What a YAML escape hid is in the open now."""
    text = squeeze(str(node.value))
    for what, remedy in judge_text(text):
        problems.add(line, what, remedy)
    return text


def squeeze(text: str) -> str:
    """Return a text on one line; no-break spaces, which French and others need, stay."""
    return re.sub(r"[ \t\n]+", " ", text).strip(" ")

"""Which column is what: guessed from its name and its first cells, and changed by the editor."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from mailer.errors import InvalidImport
from subscribers.attributes import LONGEST_NAME, is_attribute_name
from subscribers.importing.formats import find_format
from subscribers.importing.standing import is_plain, is_standing, seems_standing
from subscribers.importing.values import GUESSED_TYPES, TYPES, seems_numeric
from subscribers.importing.words import HEADERS, SHARED_HEADERS

ATTRIBUTE, SKIP, ATTRIBUTES_AS_JSON = "attribute", "skip", "attributes"
UNDECIDED = "undecided"  # a column that seems to say who has left: somebody must say what it is
PERSONAL = tuple(HEADERS)  # email, name and so on: at most one column each
KINDS = (*PERSONAL, ATTRIBUTE, ATTRIBUTES_AS_JSON, SKIP)
GUESSED = "guess"  # the type of an attribute that nobody stated
_KNOWN = {word: target for target, words in HEADERS.items() for word in words}
_BETWEEN = re.compile(r"[\s_.:*()/-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where the cells of a column go; ``name`` and ``type`` are an attribute's."""

    kind: str
    name: str = ""
    type: str = ""

    def __str__(self) -> str:
        parts = [self.kind, self.name, self.type if self.type != GUESSED else ""]
        return ":".join(part for part in parts if part)


def read_target(text: str) -> Target:
    """Return the target that a text such as ``attribute:city:text`` names.

    Raises InvalidImport.
    """
    kind, _, rest = text.strip().partition(":")
    if kind not in (*KINDS, UNDECIDED):
        raise InvalidImport(f"{text[:80]!r} is no target: write one of {', '.join(KINDS)}.")
    if kind != ATTRIBUTE:
        return Target(kind=kind)
    name, _, kind_of_value = rest.partition(":")
    if not is_attribute_name(name):
        raise InvalidImport(
            f"{name[:80]!r} can't be an attribute's name: begin it with a letter, and use"
            " letters, digits, spaces, - and _, as in attribute:city."
        )
    if kind_of_value not in (*TYPES, *GUESSED_TYPES, ""):
        known = ", ".join(TYPES)
        raise InvalidImport(f"{kind_of_value[:40]!r} is no type: write one of {known}.")
    return Target(kind=ATTRIBUTE, name=name, type=kind_of_value or GUESSED)


def guess_mapping(columns: Sequence[str], sample: Sequence[Sequence[str]]) -> tuple[Target, ...]:
    """Return a target for each column, by its name, the format of the file, and a sample."""
    preset = find_format(columns)
    taken: set[str] = set()
    targets = []
    for place, column in enumerate(columns):
        cells = [row[place] for row in sample if place < len(row)]
        given = preset.get(column.casefold()) if preset else None
        if given:
            target = read_target(given)
        else:
            target = _guess(column, cells, taken, is_known=preset is not None)
        taken.add(target.kind)
        targets.append(target)
    return tuple(targets)


def change_mapping(
    columns: Sequence[str], targets: Sequence[Target], changes: Mapping[str, str]
) -> tuple[Target, ...]:
    """Return the targets with those of the named columns changed. Raises InvalidImport."""
    unknown = changes.keys() - set(columns)
    if unknown:
        raise InvalidImport(
            f"There is no column {min(unknown)[:80]!r}: there are {', '.join(columns)[:400]}."
        )
    return tuple(
        read_target(changes[column]) if column in changes else target
        for column, target in zip(columns, targets, strict=True)
    )


def check_mapping(columns: Sequence[str], targets: Sequence[Target]) -> None:
    """Raise InvalidImport unless all is decided, with one column of addresses, and none twice."""
    for column, target in zip(columns, targets, strict=True):
        if target.kind == UNDECIDED:
            raise InvalidImport(
                f"Column {column[:80]!r} seems to say who has left or was blocked: map it as"
                " standing, or, if it says something else, as attribute:NAME or skip."
            )
    if [target.kind for target in targets].count("email") != 1:
        raise InvalidImport(
            "There is no column 'email', or there are several: name one of"
            f" {', '.join(columns)[:400]} as the one with the addresses."
        )
    twice = _find_twice(column.casefold() for column in columns if column)
    if twice:
        raise InvalidImport(f"Two columns are called {twice!r}: give one of them another name.")
    twice = _find_twice(str(_identify(each)) for each in targets if each.kind != SKIP)
    if twice:
        raise InvalidImport(f"Two columns are {twice!r}: leave one of them out, or name it anew.")


def _identify(target: Target) -> Target:
    return Target(kind=target.kind, name=target.name)


def _find_twice(names: Iterable[str]) -> str:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return ""


def _guess(column: str, cells: list[str], taken: set[str], *, is_known: bool) -> Target:
    """Return a column's target; of a known export the columns of standing are known besides."""
    kind = _find_kind(column, cells, is_known=is_known)
    if kind and kind not in taken:
        return Target(kind=kind)
    if not is_known and _must_be_decided(column, cells):
        return Target(kind=UNDECIDED)
    name = " ".join(re.sub(r"[^\w -]+", " ", column).split()).lower()[:LONGEST_NAME].strip()
    if not is_attribute_name(name):
        if not any(cells):
            return Target(kind=SKIP)
        raise InvalidImport(
            f"Column {column[:80]!r} can't be kept under its name: begin it with a letter, or"
            " leave it out."
        )
    if is_known:
        return Target(kind=ATTRIBUTE, name=name, type=GUESSED if seems_numeric(cells) else "text")
    kind_of_value = "guessed_number" if seems_numeric(cells) else "guessed_text"
    return Target(kind=ATTRIBUTE, name=name, type=kind_of_value)


def _find_kind(column: str, cells: list[str], *, is_known: bool) -> str:
    """Return what a column is by its name, or nothing."""
    name = _BETWEEN.sub("", column.casefold())
    kind = _KNOWN.get(name, "")
    if kind != "standing":
        return kind
    words = [is_standing(cell) for cell in cells if cell.strip()]
    if is_known:
        return kind if all(words) else ""
    return kind if name not in SHARED_HEADERS or any(words) or not words else ""


def _must_be_decided(column: str, cells: list[str]) -> bool:
    """Tell whether a column seems to say who has left: by its cells, or filled and by its name."""
    return seems_standing(cells) or (is_plain(column.casefold().removeprefix("is")) and any(cells))

"""Changing a draft's content: each change is a function from one content to the next.

Everybody may write at once. A change names the part that it is about, and the revision of that
part that its author had before the eyes: if somebody changed the part since, it is refused, and
nothing is overwritten that nobody has seen. Changes of different parts never meet.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mailer.web.desk.editing.parts import (
    ARTICLE,
    FIELDS,
    HEAD,
    HEADINGS,
    MOST_BINNED,
    MOST_PARTS,
    SECTION,
    Binned,
    Content,
    Part,
    find_part,
    find_place,
    make_part,
    measure,
)


class ChangeRefusedError(Exception):
    """Say why a change can't be made, in words for whoever asked for it."""


class PartGoneError(ChangeRefusedError):
    """Say that a part was deleted meanwhile."""

    def __init__(self) -> None:
        super().__init__("Somebody has deleted this part meanwhile.")


class PartChangedError(ChangeRefusedError):
    """Say that somebody changed a part since it was looked at; it carries the part as it is."""

    def __init__(self, part: Part) -> None:
        self.part = part
        super().__init__("Somebody has changed this part meanwhile: look at it first.")


def write_part(
    content: Content, name: str, values: Mapping[str, str], *, seen: int, rev: int
) -> bool:
    """Write a part's values and tell whether any differs from what it was.

    ``seen`` is the part's revision that the author began from. What both wrote alike is no
    conflict.
    """
    part = _find(content, name)
    old = part["values"]
    new = old | {field: values[field] for field in FIELDS[part["kind"]] if field in values}
    if new == old:
        return False
    if part["rev"] > seen:
        raise PartChangedError(part)
    part["values"], part["rev"] = new, rev
    return True


def add_part(content: Content, kind: str, *, after: str, rev: int) -> Part:
    """Add an empty part after another one, or at the end, and return it."""
    parts = content["parts"]
    if len(parts) >= MOST_PARTS:
        raise ChangeRefusedError(f"An issue has at most {MOST_PARTS} parts.")
    part = make_part(kind, {}, rev=rev)
    place = _find_gap(parts, kind, after)
    if place == 0 and kind != SECTION:
        # Whatever comes first stands in a section.
        parts.insert(0, make_part(SECTION, {}, rev=rev))
        place = 1
    parts.insert(place, part)
    return part


def insert_parts(content: Content, parts: list[Part]) -> None:
    """Add several parts at the end."""
    if len(content["parts"]) + len(parts) > MOST_PARTS:
        raise ChangeRefusedError(f"An issue has at most {MOST_PARTS} parts.")
    content["parts"] += parts


def add_again(
    content: Content, kind: str, values: Mapping[str, str], *, name: str, rev: int
) -> None:
    """Add a part that was deleted while somebody wrote in it, at the end, with what they wrote."""
    part = add_part(content, kind, after="", rev=rev)
    part["id"] = name
    part["values"] |= values


def delete_part(content: Content, name: str, *, seen: int) -> list[Part]:
    """Delete a part, a heading with all below it, and return what is gone."""
    parts = content["parts"]
    place = _find_in(parts, name)
    if parts[place]["rev"] > seen:
        raise PartChangedError(parts[place])
    end = place + measure(parts, place)
    gone = parts[place:end]
    before = parts[end]["id"] if end < len(parts) else ""
    del parts[place:end]
    content["bin"] = [*content["bin"], Binned(parts=gone, before=before)][-MOST_BINNED:]
    return gone


def put_back(content: Content, name: str, *, rev: int) -> list[Part]:
    """Put back what was deleted with the part of this name, where it was if that is still there."""
    found = [each for each in content["bin"] if each["parts"][0]["id"] == name]
    if not found:
        raise ChangeRefusedError("It is there again already, or was deleted too long ago.")
    binned, parts = found[-1], content["parts"]
    content["bin"] = [each for each in content["bin"] if each is not binned]
    place = find_place(parts, binned["before"])
    place = len(parts) if place < 0 else place
    for part in binned["parts"]:
        part["rev"] = rev
    parts[place:place] = binned["parts"]
    return binned["parts"]


def move_part(content: Content, name: str, *, before: str) -> bool:
    """Move a part, a heading with all below it, before another one or, for "", to the end.

    A heading goes to the nearest place at which nothing else is cut in two. Tells whether
    anything moved.
    """
    parts = content["parts"]
    place = _find_in(parts, name)
    length = measure(parts, place)
    target = _find_in(parts, before) if before else len(parts)
    target = _settle(parts, parts[place]["kind"], target)
    if place <= target <= place + length:
        return False
    moved = parts[place : place + length]
    del parts[place : place + length]
    target -= length if target > place else 0
    parts[target:target] = moved
    return True


def step_part(content: Content, name: str, *, up: bool) -> bool:
    """Move a part by one step up or down among its like; tell whether anything moved."""
    parts = content["parts"]
    place = _find_in(parts, name)
    target = (_step_up if up else _step_down)(parts, place)
    if target is None:
        return False
    return move_part(content, name, before=parts[target]["id"] if target < len(parts) else "")


def _step_up(parts: Sequence[Part], place: int) -> int | None:
    kind = parts[place]["kind"]
    stops = {SECTION: (SECTION,), ARTICLE: HEADINGS}.get(kind)
    before = [at for at in range(place) if stops is None or parts[at]["kind"] in stops]
    # What comes first stays: everything stands in a section.
    if not before or (kind != SECTION and before[-1] == 0):
        return None
    return before[-1]


def _step_down(parts: Sequence[Part], place: int) -> int | None:
    kind, end = parts[place]["kind"], place + measure(parts, place)
    if end >= len(parts):
        return None
    if kind not in HEADINGS:
        return end + 1
    if kind == ARTICLE and parts[end]["kind"] == SECTION:
        # Over the heading of the next section and what stands below that before any article.
        return next(
            (at for at in range(end + 1, len(parts)) if parts[at]["kind"] in HEADINGS), len(parts)
        )
    return end + measure(parts, end)


def _settle(parts: Sequence[Part], kind: str, target: int) -> int:
    """Return the place at or after ``target`` at which a part of a kind may stand."""
    if kind == SECTION:
        stops: tuple[str, ...] = (SECTION,)
    else:
        target = max(target, 1)
        if kind != ARTICLE:
            return target
        stops = HEADINGS
    places = range(target, len(parts))
    return next((at for at in places if parts[at]["kind"] in stops), len(parts))


def _find_gap(parts: Sequence[Part], kind: str, after: str) -> int:
    place = find_place(parts, after)
    if after == HEAD:
        place = 0 if parts and kind != SECTION else -1
        return _settle(parts, kind, place + 1) if parts else 0
    if place < 0:
        return len(parts)
    return _settle(parts, kind, place + 1)


def _find(content: Content, name: str) -> Part:
    part = find_part(content, name)
    if part is None:
        raise PartGoneError
    return part


def _find_in(parts: Sequence[Part], name: str) -> int:
    place = find_place(parts, name)
    if place < 0:
        raise PartGoneError
    return place

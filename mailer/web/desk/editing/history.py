"""The history of a draft: who changed it and when, what differs, and the way back."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone

from mailer.models import Draft, Revision
from mailer.web.desk.audit import record
from mailer.web.desk.editing.drafts import Change, change, find_draft
from mailer.web.desk.editing.forms import name_field
from mailer.web.desk.editing.parts import FIELDS, NAMES, Content, Part, copy_content, label
from mailer.web.desk.entry import PRESS, Desk, desk_page, show
from mailer.web.desk.issues import name_language
from mailer.web.desk.permissions import Act

PAGE_SIZE = 30
# Comparing words takes time that grows with the square of their number; beyond this a text is
# shown whole, before and after.
MOST_WORDS = 3_000
_WORDS = re.compile(r"\s+|[^\s]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A run of a text that both versions have (``same``), or only the old or the new one."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """How a part differs: added, deleted, moved or changed, with the fields that changed."""

    kind: str
    name: str
    label: str
    fields: Sequence[tuple[str, list[Piece]]] = ()


@desk_page(Act.WRITE)
def list_revisions(request: HttpRequest, desk: Desk, number: int, language: str) -> HttpResponse:
    """List a draft's revisions, the newest first."""
    draft = find_draft(desk, number, language, now=timezone.now())
    revisions = draft.revisions.defer("content", "pictures")
    page = Paginator(revisions, PAGE_SIZE).get_page(request.GET.get("page"))
    return show(
        request,
        desk,
        "editing/history",
        draft=draft,
        issue=draft.issue,
        language=name_language(language),
        page=page,
    )


@desk_page(Act.WRITE)
def show_revision(
    request: HttpRequest, desk: Desk, number: int, language: str, revision: int
) -> HttpResponse:
    """Show what is another in the draft now than it was in a revision."""
    draft = find_draft(desk, number, language, now=timezone.now())
    found = _find(draft, revision)
    old, new = copy_content(found.content), copy_content(draft.content)
    return show(
        request,
        desk,
        "editing/revision",
        draft=draft,
        issue=draft.issue,
        language=name_language(language),
        revision=found,
        differences=list(compare(old, new)),
    )


@desk_page(Act.WRITE, methods=PRESS)
def go_back(
    request: HttpRequest,  # noqa: ARG001 - a page's signature
    desk: Desk,
    number: int,
    language: str,
    revision: int,
) -> HttpResponse:
    """Put an old revision in the place of the draft, as a new revision: nothing is lost by it."""
    now = timezone.now()
    draft = find_draft(desk, number, language, now=now)
    found = _find(draft, revision)

    def alter(under_way: Change) -> bool:
        return restore(under_way, found)

    before = draft.revision
    change(draft, desk, f"went back to revision {found.number}", alter, now=now)
    if draft.revision != before:
        after = {"revision": draft.revision, "as": found.number}
        record(
            desk, "went back to an old revision", draft, before={"revision": before}, after=after
        )
    return redirect("desk:write", desk.publication.slug, number, language)


def restore(under_way: Change, revision: Revision) -> bool:
    """Make a draft what it was; a part is newly written where that changes it."""
    old, now = copy_content(revision.content), under_way.content
    known = {part["id"]: part for part in (now["head"], *now["parts"])}
    for part in (old["head"], *old["parts"]):
        there = known.get(part["id"])
        is_same = there is not None and there["values"] == part["values"]
        part["rev"] = there["rev"] if there and is_same else under_way.rev
    if list(compare(now, old)) == []:
        return False
    under_way.content = Content(head=old["head"], parts=old["parts"], bin=now["bin"])
    under_way.pictures = under_way.pictures | revision.pictures
    return True


def compare(old: Content, new: Content) -> Iterator[Difference]:
    """Yield the parts that differ, in the order of the new content, the deleted ones last."""
    before = {part["id"]: part for part in (old["head"], *old["parts"])}
    after = {part["id"]: part for part in (new["head"], *new["parts"])}
    moved = _find_moved([*before], [*after])
    for name, part in after.items():
        if name not in before:
            yield _describe("added", part, _compare_values(None, part))
        elif before[name]["values"] != part["values"]:
            yield _describe("changed", part, _compare_values(before[name], part))
        elif name in moved:
            yield _describe("moved", part, [])
    for name, part in before.items():
        if name not in after:
            yield _describe("deleted", part, _compare_values(part, None))


def compare_texts(old: str, new: str) -> list[Piece]:
    """Return the runs of words of two texts, in order."""
    if old == new or not old or not new:
        pieces = [Piece(kind="old", text=old), Piece(kind="new", text=new)]
        return [Piece(kind="same", text=old)] if old == new else [p for p in pieces if p.text]
    before, after = _WORDS.findall(old), _WORDS.findall(new)
    if len(before) + len(after) > MOST_WORDS:
        return [Piece(kind="old", text=old), Piece(kind="new", text=new)]
    matcher = difflib.SequenceMatcher(a=before, b=after, autojunk=False)
    found: list[Piece] = []
    for tag, from_old, to_old, from_new, to_new in matcher.get_opcodes():
        if tag == "equal":
            found.append(Piece(kind="same", text="".join(before[from_old:to_old])))
            continue
        gone, come = "".join(before[from_old:to_old]), "".join(after[from_new:to_new])
        found += [
            Piece(kind=kind, text=text) for kind, text in (("old", gone), ("new", come)) if text
        ]
    return found


def _compare_values(old: Part | None, new: Part | None) -> list[tuple[str, list[Piece]]]:
    part = new or old
    assert part is not None
    kind = part["kind"]
    before = old["values"] if old else {}
    after = new["values"] if new else {}
    return [
        (name_field(kind, name), compare_texts(before.get(name, ""), after.get(name, "")))
        for name in FIELDS[kind]
        if before.get(name, "") != after.get(name, "")
    ]


def _find_moved(before: list[str], after: list[str]) -> set[str]:
    """Return what stands in another order than it did, among what both have."""
    both = set(before) & set(after)
    old, new = [each for each in before if each in both], [each for each in after if each in both]
    matcher = difflib.SequenceMatcher(a=old, b=new, autojunk=False)
    stayed = {
        old[block.a + step] for block in matcher.get_matching_blocks() for step in range(block.size)
    }
    return both - stayed


def _describe(kind: str, part: Part, fields: list[tuple[str, list[Piece]]]) -> Difference:
    return Difference(kind=kind, name=NAMES[part["kind"]], label=label(part), fields=fields)


def _find(draft: Draft, number: int) -> Revision:
    # No database's column holds a larger one.
    return get_object_or_404(draft.revisions, number=min(number, 2**31 - 1))

"""The page on which an issue is written, and the acts on its parts."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from mailer.models import Draft
from mailer.web.desk.audit import record
from mailer.web.desk.editing.changing import (
    ChangeRefusedError,
    add_part,
    delete_part,
    move_part,
    put_back,
    step_part,
)
from mailer.web.desk.editing.drafts import (
    Change,
    change,
    find_draft,
)
from mailer.web.desk.editing.parts import (
    FIELDS,
    HEAD,
    NAMES,
    Part,
    copy_content,
    find_part,
)
from mailer.web.desk.editing.showing import fill_form, go_on, read_number, show_draft
from mailer.web.desk.entry import PRESS, Desk, desk_page
from mailer.web.desk.permissions import Act


@desk_page(Act.WRITE)
def write(request: HttpRequest, desk: Desk, number: int, language: str) -> HttpResponse:
    """Show a draft: its outline, the form of one part (``part``), and its preview."""
    draft = find_draft(desk, number, language, now=timezone.now())
    content = copy_content(draft.content)
    part = find_part(content, request.GET.get("part", HEAD)) or content["head"]
    return show_draft(request, desk, draft, content, part, fill_form(part, draft))


@desk_page(Act.WRITE, methods=PRESS)
def add(request: HttpRequest, desk: Desk, number: int, language: str) -> HttpResponse:
    """Add an empty part of a kind after another part, and open it."""
    kind, after = request.POST.get("kind", ""), request.POST.get("after", "")
    made: list[Part] = []

    def alter(under_way: Change) -> bool:
        if kind not in FIELDS or kind == HEAD:
            raise ChangeRefusedError("There is no such kind of part.")
        made.append(add_part(under_way.content, kind, after=after, rev=under_way.rev))
        return True

    act = f"added: {NAMES.get(kind, '').lower()}"
    draft = _act(request, desk, number, language, act, alter)
    return go_on(draft, made[-1]["id"] if made else after or HEAD)


@desk_page(Act.WRITE, methods=PRESS)
def delete(request: HttpRequest, desk: Desk, number: int, language: str, part: str) -> HttpResponse:
    """Delete a part, a heading with all below it; the next page offers to put it back."""
    seen = read_number(request.POST.get("seen"))
    gone: list[Part] = []
    following: list[str] = []

    def alter(under_way: Change) -> bool:
        gone.extend(delete_part(under_way.content, part, seen=seen))
        following.append(under_way.content["bin"][-1]["before"])
        return True

    draft = _act(request, desk, number, language, "deleted a part", alter)
    if not gone:
        return go_on(draft, part)
    place = {"gone": part, "count": str(len(gone))}
    return go_on(draft, following[0] or HEAD, **place)


@desk_page(Act.WRITE, methods=PRESS)
def restore(
    request: HttpRequest, desk: Desk, number: int, language: str, part: str
) -> HttpResponse:
    """Put back what was deleted with a part."""

    def alter(under_way: Change) -> bool:
        return bool(put_back(under_way.content, part, rev=under_way.rev))

    return go_on(_act(request, desk, number, language, "put back what was deleted", alter), part)


@desk_page(Act.WRITE, methods=PRESS)
def move(request: HttpRequest, desk: Desk, number: int, language: str, part: str) -> HttpResponse:
    """Move a part a step ``up`` or ``down``, or before another one, or to the ``end``."""
    to, before = request.POST.get("to", ""), request.POST.get("before", "")

    def alter(under_way: Change) -> bool:
        if to in {"up", "down"}:
            return step_part(under_way.content, part, up=to == "up")
        return move_part(under_way.content, part, before="" if to == "end" else before)

    return go_on(_act(request, desk, number, language, "moved a part", alter), part)


def _act(
    request: HttpRequest, desk: Desk, number: int, language: str, act: str, alter: Any
) -> Draft:
    """Do something to a draft and write it down; tell whoever asked if it can't be done."""
    now = timezone.now()
    draft = find_draft(desk, number, language, now=now)
    before = draft.revision
    try:
        change(draft, desk, act, alter, now=now)
    except ChangeRefusedError as error:
        messages.error(request, str(error))
    if draft.revision != before:
        record(desk, act, draft, after={"revision": draft.revision})
    return draft

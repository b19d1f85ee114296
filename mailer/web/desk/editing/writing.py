"""The page on which an issue is written, and the acts on its parts."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from mailer.errors import RenderingError
from mailer.models import Draft
from mailer.rendering.markdown import to_html
from mailer.web.desk.audit import record
from mailer.web.desk.editing.changing import (
    ChangeRefusedError,
    PartChangedError,
    PartGoneError,
    add_again,
    add_part,
    delete_part,
    move_part,
    put_back,
    step_part,
    write_part,
)
from mailer.web.desk.editing.drafts import (
    WROTE,
    Change,
    change,
    find_draft,
    find_newer_edition,
    put_aside,
)
from mailer.web.desk.editing.forms import PartForm, make_form
from mailer.web.desk.editing.parts import (
    ARTICLE,
    FIELDS,
    HEAD,
    NAMES,
    SECTION,
    Content,
    Part,
    copy_content,
    find_part,
    label,
    make_part,
)
from mailer.web.desk.editing.proving import VIEWS, prove
from mailer.web.desk.editing.reading import Finding, Proof
from mailer.web.desk.entry import PRESS, Desk, desk_page, show
from mailer.web.desk.issues import name_language, turn
from mailer.web.desk.permissions import Act

DEPTHS = {SECTION: 0, ARTICLE: 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A line of the outline."""

    part: Part
    name: str
    label: str
    depth: int
    wrong: bool
    here: bool


@desk_page(Act.WRITE)
def write(request: HttpRequest, desk: Desk, number: int, language: str) -> HttpResponse:
    """Show a draft: its outline, the form of one part (``part``), and its preview."""
    draft = find_draft(desk, number, language, now=timezone.now())
    content = copy_content(draft.content)
    part = find_part(content, request.GET.get("part", HEAD)) or content["head"]
    form = make_form(part, language, turn(language))
    return _show(request, desk, draft, content, part, form)


@desk_page(Act.WRITE, methods=PRESS)
def save(request: HttpRequest, desk: Desk, number: int, language: str, part: str) -> HttpResponse:
    """Write what a form says into a part; answers a script in JSON and anybody else with a page."""
    now = timezone.now()
    draft = find_draft(desk, number, language, now=now)
    content = copy_content(draft.content)
    known = find_part(content, part) or _recall(request, part)
    form = make_form(known, language, turn(language), request.POST)
    if not form.is_valid():
        return _answer_wrong(request, desk, draft, content, known, form)
    values = form.read_values(known["kind"])
    # Whoever has seen both versions may say that the own one is to be kept.
    seen = _read_number(request.POST.get("over")) or form.cleaned_data["seen"]

    def alter(under_way: Change) -> bool:
        if "anew" in request.POST and find_part(under_way.content, part) is None:
            add_again(under_way.content, known["kind"], values, name=part, rev=under_way.rev)
            return True
        return write_part(under_way.content, part, values, seen=seen, rev=under_way.rev)

    try:
        change(draft, desk, WROTE, alter, now=now)
    except (PartChangedError, PartGoneError) as error:
        mine = make_part(known["kind"], values, rev=seen, name=part)
        put_aside(draft, desk, mine, now=now)
        theirs = error.part if isinstance(error, PartChangedError) else None
        return _answer_conflict(request, desk, draft, mine, theirs, form)
    return _answer_saved(request, desk, draft, part)


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
    return _go(draft, made[-1]["id"] if made else after or HEAD)


@desk_page(Act.WRITE, methods=PRESS)
def delete(request: HttpRequest, desk: Desk, number: int, language: str, part: str) -> HttpResponse:
    """Delete a part, a heading with all below it; the next page offers to put it back."""
    seen = _read_number(request.POST.get("seen"))
    gone: list[Part] = []
    following: list[str] = []

    def alter(under_way: Change) -> bool:
        gone.extend(delete_part(under_way.content, part, seen=seen))
        following.append(under_way.content["bin"][-1]["before"])
        return True

    draft = _act(request, desk, number, language, "deleted a part", alter)
    if not gone:
        return _go(draft, part)
    place = {"gone": part, "count": str(len(gone))}
    return _go(draft, following[0] or HEAD, **place)


@desk_page(Act.WRITE, methods=PRESS)
def restore(
    request: HttpRequest, desk: Desk, number: int, language: str, part: str
) -> HttpResponse:
    """Put back what was deleted with a part."""

    def alter(under_way: Change) -> bool:
        return bool(put_back(under_way.content, part, rev=under_way.rev))

    return _go(_act(request, desk, number, language, "put back what was deleted", alter), part)


@desk_page(Act.WRITE, methods=PRESS)
def move(request: HttpRequest, desk: Desk, number: int, language: str, part: str) -> HttpResponse:
    """Move a part a step ``up`` or ``down``, or before another one, or to the ``end``."""
    to, before = request.POST.get("to", ""), request.POST.get("before", "")

    def alter(under_way: Change) -> bool:
        if to in {"up", "down"}:
            return step_part(under_way.content, part, up=to == "up")
        return move_part(under_way.content, part, before="" if to == "end" else before)

    return _go(_act(request, desk, number, language, "moved a part", alter), part)


def show_outline(content: Content, proof: Proof, chosen: str) -> list[Row]:
    """Return the lines of a draft's outline."""
    wrong = {finding.part for finding in proof.findings}
    rows, depth = [], 1
    for part in (content["head"], *content["parts"]):
        kind = part["kind"]
        own = 0 if kind == HEAD else DEPTHS.get(kind, depth)
        depth = own + 1 if kind in DEPTHS else depth
        row = Row(
            part=part,
            name=NAMES[kind],
            label=label(part),
            depth=own,
            wrong=part["id"] in wrong,
            here=part["id"] == chosen,
        )
        rows.append(row)
    return rows


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


def _show(
    request: HttpRequest,
    desk: Desk,
    draft: Draft,
    content: Content,
    part: Part,
    form: PartForm,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    proof = prove(draft, content)
    own = [finding for finding in proof.findings if finding.part == part["id"]]
    return show(
        request,
        desk,
        "editing/write",
        status=status,
        issue=draft.issue,
        draft=draft,
        language=name_language(draft.language),
        direction=turn(draft.language),
        rows=show_outline(content, proof, part["id"]),
        part=part,
        part_name=NAMES[part["kind"]],
        form=form,
        findings=own,
        wrong=list_wrong(content, proof.findings),
        kinds=[(kind, name) for kind, name in NAMES.items() if kind != HEAD],
        anchor=proof.anchors.get(part["id"], ""),
        gone=request.GET.get("gone", ""),
        count=_read_number(request.GET.get("count")),
        newer=find_newer_edition(draft),
        views=VIEWS,
        rich="" if request.GET.get("as") == "markdown" else _enrich(part),
        is_prose="markdown" in part["values"],
        **more,
    )


def _enrich(part: Part) -> str:
    """Return a text's Markdown as safe HTML for the rich editor, or nothing if it can't be."""
    with suppress(RenderingError):
        return to_html(part["values"].get("markdown", ""), highest=3) or "<p></p>"
    return ""


def list_wrong(content: Content, findings: Iterable[Finding]) -> list[tuple[Finding, str]]:
    """Return what is wrong, each with what its part is called."""
    names = {
        part["id"]: f"{NAMES[part['kind']]} {label(part)}".strip()
        for part in (content["head"], *content["parts"])
    }
    return [(finding, names.get(finding.part, "")) for finding in findings]


def _answer_saved(request: HttpRequest, desk: Desk, draft: Draft, name: str) -> HttpResponse:
    if not _is_script(request):
        messages.success(request, "Saved.")
        return _go(draft, name)
    content = copy_content(draft.content)
    part = find_part(content, name) or content["head"]
    proof = prove(draft, content)
    context = {
        "desk": desk,
        "issue": draft.issue,
        "draft": draft,
        "rows": show_outline(content, proof, name),
        "findings": [finding for finding in proof.findings if finding.part == name],
        "wrong": proof.findings,
    }
    return JsonResponse(
        {
            "revision": draft.revision,
            "seen": part["rev"],
            "anchor": proof.anchors.get(name, ""),
            "todo": render_to_string("desk/editing/todo.html", context).strip(),
            "outline": render_to_string("desk/editing/outline.html", context, request),
            "findings": render_to_string("desk/editing/findings.html", context, request),
        }
    )


def _answer_wrong(
    request: HttpRequest, desk: Desk, draft: Draft, content: Content, part: Part, form: PartForm
) -> HttpResponse:
    if _is_script(request):
        words = [f"{form[name].label}: {each[0]}" for name, each in form.errors.items()]
        return JsonResponse({"problem": " ".join(words)}, status=422)
    return _show(request, desk, draft, content, part, form, status=422)


def _answer_conflict(
    request: HttpRequest,
    desk: Desk,
    draft: Draft,
    mine: Part,
    theirs: Part | None,
    form: PartForm,
) -> HttpResponse:
    """Show both versions: theirs, which is the draft's, and one's own, which is in the form."""
    draft.refresh_from_db()
    content = copy_content(draft.content)
    last = draft.revisions.filter(aside=False).exclude(user=desk.user).first()
    conflict = {
        "theirs": theirs,
        "rows": compare(theirs, mine) if theirs else [],
        "author": last.author if last else "",
        "at": last.at if last else None,
        "rev": theirs["rev"] if theirs else 0,
    }
    if _is_script(request):
        context = {
            "desk": desk,
            "issue": draft.issue,
            "draft": draft,
            "conflict": conflict,
            "part": mine,
        }
        page = render_to_string("desk/editing/conflict.html", context, request)
        return JsonResponse({"conflict": page, "seen": conflict["rev"]}, status=409)
    return _show(request, desk, draft, content, mine, form, status=409, conflict=conflict)


def compare(theirs: Part, mine: Part) -> list[tuple[str, str, str]]:
    """Return the fields in which two versions differ, with both values."""
    words = make_form(theirs, "", "").fields
    return [
        (str(words[name].label), theirs["values"][name], mine["values"][name])
        for name in FIELDS[theirs["kind"]]
        if theirs["values"][name] != mine["values"][name]
    ]


def _recall(request: HttpRequest, name: str) -> Part:
    """Return a part that is not there any more, of the kind that its form says."""
    kind = request.POST.get("kind", "")
    return make_part(kind if kind in FIELDS and kind != HEAD else "prose", {}, rev=0, name=name)


def _read_number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 10 else 0


def _is_script(request: HttpRequest) -> bool:
    return request.headers.get("Accept", "") == "application/json"


def _go(draft: Draft, part: str, **query: str) -> HttpResponse:
    place = [draft.issue.publication.slug, draft.issue.number, draft.language]
    address = reverse("desk:write", args=place, query={"part": part, **query})
    return redirect(address)

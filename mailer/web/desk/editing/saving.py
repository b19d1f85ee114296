"""Saving a part: at every pause by the script, or by a button; two people never overwrite."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils import timezone

from mailer.content.pictures import UnfitPictureError
from mailer.models import Draft
from mailer.web.desk.audit import record
from mailer.web.desk.editing.changing import (
    PartChangedError,
    PartGoneError,
    add_again,
    write_part,
)
from mailer.web.desk.editing.drafts import (
    WROTE,
    Change,
    change,
    find_draft,
    put_aside,
)
from mailer.web.desk.editing.forms import PartForm, name_field
from mailer.web.desk.editing.originals import find_original, find_source, take_fingerprint
from mailer.web.desk.editing.parts import (
    FIELDS,
    HEAD,
    PICTURED,
    Content,
    Part,
    copy_content,
    find_part,
    make_part,
)
from mailer.web.desk.editing.photographs import change_photo
from mailer.web.desk.editing.proving import prove
from mailer.web.desk.editing.showing import fill_form, go_on, read_number, show_draft, show_outline
from mailer.web.desk.entry import PRESS, Desk, desk_page
from mailer.web.desk.permissions import Act

CHANGED_PHOTO = "changed a photo"


@desk_page(Act.WRITE, methods=PRESS)
def save(request: HttpRequest, desk: Desk, number: int, language: str, part: str) -> HttpResponse:
    """Write what a form says into a part; answers a script in JSON and anybody else with a page."""
    now = timezone.now()
    draft = find_draft(desk, number, language, now=now)
    content = copy_content(draft.content)
    known = find_part(content, part) or _recall(request, part)
    form = fill_form(known, draft, data=request.POST, files=request.FILES)
    if not form.is_valid():
        return _answer_wrong(request, desk, draft, content, known, form)
    values, pictures = form.read_values(known["kind"]), dict[str, Any]()
    if known["kind"] in PICTURED:
        try:
            picked, pictures = _change_photo(known, draft, form)
        except UnfitPictureError as error:
            form.add_error("file", f"It {error}. Save it as JPEG or PNG, and choose that.")
            return _answer_wrong(request, desk, draft, content, known, form)
        values |= picked
    # Whoever has seen both versions may say that the own one is to be kept.
    seen = read_number(request.POST.get("over")) or form.cleaned_data["seen"]

    original = find_original(find_source(draft), part)

    def alter(under_way: Change) -> bool:
        under_way.pictures |= pictures
        if "anew" in request.POST and find_part(under_way.content, part) is None:
            add_again(under_way.content, known["kind"], values, name=part, rev=under_way.rev)
            return True
        wrote = write_part(under_way.content, part, values, seen=seen, rev=under_way.rev)
        return _note_original(under_way.content, part, original) or wrote

    before, act = draft.revision, CHANGED_PHOTO if pictures else WROTE
    try:
        change(draft, desk, act, alter, now=now)
    except (PartChangedError, PartGoneError) as error:
        mine = make_part(known["kind"], values, rev=seen, name=part)
        put_aside(draft, desk, mine, pictures, now=now)
        theirs = error.part if isinstance(error, PartChangedError) else None
        return _answer_conflict(request, desk, draft, mine, theirs, form)
    if pictures and draft.revision != before:
        record(desk, act, draft, after={"revision": draft.revision})
    return _answer_saved(request, desk, draft, part)


def _note_original(content: Content, name: str, original: Part | None) -> bool:
    """Note of which text a part is the translation, and tell whether that is another than it was.

    Whoever saves a part has the text before the eyes that it translates.
    """
    part = find_part(content, name)
    if original is None or part is None or part["of"] == take_fingerprint(original):
        return False
    part["of"] = take_fingerprint(original)
    return True


def _change_photo(
    part: Part, draft: Draft, form: PartForm
) -> tuple[dict[str, str], dict[str, Any]]:
    """Return what a photo's form changes, beside its words. Raises UnfitPictureError."""
    return change_photo(part, draft.pictures, form.cleaned_data["file"], form.read_crop())


def _answer_saved(request: HttpRequest, desk: Desk, draft: Draft, name: str) -> HttpResponse:
    if not _is_script(request):
        messages.success(request, "Saved.")
        return go_on(draft, name)
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
            "picture": part["values"].get(PICTURED.get(part["kind"], ""), ""),
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
    return show_draft(request, desk, draft, content, part, form, status=422)


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
    return show_draft(request, desk, draft, content, mine, form, status=409, conflict=conflict)


def compare(theirs: Part, mine: Part) -> list[tuple[str, str, str]]:
    """Return the fields in which two versions differ, with both values."""
    return [
        (name_field(theirs["kind"], name), theirs["values"][name], mine["values"][name])
        for name in FIELDS[theirs["kind"]]
        if theirs["values"][name] != mine["values"][name]
    ]


def _recall(request: HttpRequest, name: str) -> Part:
    """Return a part that is not there any more, of the kind that its form says."""
    kind = request.POST.get("kind", "")
    return make_part(kind if kind in FIELDS and kind != HEAD else "prose", {}, rev=0, name=name)


def _is_script(request: HttpRequest) -> bool:
    return request.headers.get("Accept", "") == "application/json"

"""A draft as the page shows it: its outline, the form of a part, and what is left to do."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from mailer.errors import RenderingError
from mailer.models import Draft
from mailer.rendering.markdown import to_html
from mailer.web.desk.editing.drafts import (
    find_newer_edition,
)
from mailer.web.desk.editing.forms import PartForm, make_form
from mailer.web.desk.editing.originals import (
    find_original,
    find_source,
    list_spoken,
    take_fingerprint,
)
from mailer.web.desk.editing.parts import (
    ARTICLE,
    HEAD,
    NAMES,
    PICTURED,
    SECTION,
    Content,
    Part,
    label,
)
from mailer.web.desk.editing.photographs import describe_photo, read_crop
from mailer.web.desk.editing.proving import VIEWS, prove
from mailer.web.desk.editing.reading import Finding, Proof
from mailer.web.desk.entry import Desk, show
from mailer.web.desk.issues import name_language, turn

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


def fill_form(part: Part, draft: Draft, *, data: Any = None, files: Any = None) -> PartForm:
    """Return the form of a draft's part."""
    kept = draft.pictures.get(part["values"].get(PICTURED.get(part["kind"], ""), ""))
    return make_form(
        part,
        draft.language,
        turn(draft.language),
        data=data,
        files=files,
        crop=read_crop(kept) if kept else None,
    )


def show_draft(
    request: HttpRequest,
    desk: Desk,
    draft: Draft,
    content: Content,
    part: Part,
    form: PartForm,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    """Show the page on which a draft is written, with one part's form."""
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
        count=read_number(request.GET.get("count")),
        newer=find_newer_edition(draft),
        views=VIEWS,
        rich="" if request.GET.get("as") == "markdown" else _enrich(part),
        **_show_original(draft, part),
        picture=describe_photo(part, draft.pictures),
        is_prose="markdown" in part["values"],
        **more,
    )


def _show_original(draft: Draft, part: Part) -> dict[str, Any]:
    """Return the text that a part translates, if it translates one."""
    source = find_source(draft)
    original = find_original(source, part["id"])
    if source is None or original is None:
        return {}
    return {
        "original": list_spoken(original),
        "original_name": name_language(source.language),
        "original_language": source.language,
        "original_direction": turn(source.language),
        "original_print": take_fingerprint(original),
    }


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


def read_number(text: str | None) -> int:
    """Return the number that a form or an address holds, or 0."""
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 10 else 0


def go_on(draft: Draft, part: str, **query: str) -> HttpResponse:
    """Lead to the page on which a part is written."""
    place = [draft.issue.publication.slug, draft.issue.number, draft.language]
    address = reverse("desk:write", args=place, query={"part": part, **query})
    return redirect(address)

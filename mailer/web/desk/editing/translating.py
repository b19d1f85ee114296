"""An issue's languages: which parts each has, lacks, or has of an older text, and a new one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from mailer.content.parse import parse_issue
from mailer.errors import InvalidIssue
from mailer.models import Draft, Edition, Issue
from mailer.web.desk.editing.beginning import check_language
from mailer.web.desk.editing.converting import make_content
from mailer.web.desk.editing.drafts import begin_draft, find_draft
from mailer.web.desk.editing.originals import DONE, EXTRA, MISSING, index_parts, judge
from mailer.web.desk.editing.parts import (
    HEADINGS,
    NAMES,
    Content,
    Part,
    copy_content,
    label,
)
from mailer.web.desk.entry import PRESS, Desk, desk_page, show
from mailer.web.desk.issues import find_issue, name_language
from mailer.web.desk.permissions import Act


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A language: its content, and how much of it says what the first one says."""

    language: str
    name: str
    content: Content
    done: int = 0
    whole: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A part in every language: what stands in each column, by language."""

    part: Part
    name: str
    label: str
    is_heading: bool
    cells: Sequence[tuple[str, str]]


class LanguageForm(forms.Form):
    """A language to be begun."""

    language = forms.CharField(
        label=_("Another language"),
        max_length=35,
        help_text=_("Its tag, such as en, fr, es, ru, ar, zh-Hans or pt-BR."),
    )

    def clean_language(self) -> str:
        """Refuse what is no language's tag."""
        return check_language(self.cleaned_data["language"])


@desk_page(Act.LOOK)
def show_languages(request: HttpRequest, desk: Desk, number: int) -> HttpResponse:
    """Show an issue's parts in all its languages, and what is left to translate."""
    issue = find_issue(desk, number)
    columns = list_columns(issue)
    lines = list_lines(columns)
    counted = [_count(column, lines) for column in columns]
    return show(
        request,
        desk,
        "editing/languages",
        issue=issue,
        columns=counted,
        lines=lines,
        form=LanguageForm(),
    )


@desk_page(Act.WRITE, methods=PRESS)
def begin_language(request: HttpRequest, desk: Desk, number: int) -> HttpResponse:
    """Begin a language with the text of the first one, part by part to be written over."""
    issue = find_issue(desk, number)
    back = redirect("desk:languages", desk.publication.slug, number)
    form, columns = LanguageForm(request.POST), list_columns(issue)
    if not form.is_valid() or not columns:
        messages.error(request, " ".join(str(each) for each in form.errors.get("language", [])))
        return back
    language = form.cleaned_data["language"]
    if language.lower() in {column.language.lower() for column in columns}:
        messages.error(request, f"The issue is there in {name_language(language)} already.")
        return back
    now = timezone.now()
    first = find_draft(desk, number, columns[0].language, now=now)
    content = copy_content(first.content)
    content["bin"] = []
    for part in (content["head"], *content["parts"]):
        part["rev"], part["of"] = 1, ""
    act = f"begun as a translation from {columns[0].name}"
    begin_draft(issue, language, content, pictures=first.pictures, desk=desk, act=act, now=now)
    return redirect("desk:write", desk.publication.slug, number, language)


def list_columns(issue: Issue) -> list[Column]:
    """Return the issue's languages, the one that was there first at the beginning."""
    drafts = {draft.language: draft for draft in Draft.objects.filter(issue=issue).order_by("id")}
    editions = Edition.objects.filter(issue=issue).order_by("id")
    found = {language: copy_content(draft.content) for language, draft in drafts.items()}
    like = next((content["parts"] for content in found.values()), [])
    for edition in editions:
        if edition.language not in found:
            content = _read(edition, like)
            if content is not None:
                found[edition.language] = content
                like = like or content["parts"]
    return [
        Column(language=language, name=name_language(language), content=content)
        for language, content in found.items()
    ]


def list_lines(columns: Sequence[Column]) -> list[Line]:
    """Return a line for each part of the first language, and for what only others have."""
    if not columns:
        return []
    known = [index_parts(column.content) for column in columns]
    own = list(known[0].values())
    others = [part for parts in known[1:] for name, part in parts.items() if name not in known[0]]
    unique = {part["id"]: part for part in others}
    return [_line(part, columns, known) for part in (*own, *unique.values())]


def _read(edition: Edition, like: Sequence[Part]) -> Content | None:
    try:
        document = parse_issue(edition.source, file=edition.language, load_picture=None)
    except InvalidIssue:
        return None
    return make_content(document, rev=1, like=like)


def _line(part: Part, columns: Sequence[Column], known: Sequence[Mapping[str, Part]]) -> Line:
    source = known[0].get(part["id"])
    states = [DONE if source else MISSING]
    states += [judge(source, parts.get(part["id"])) for parts in known[1:]]
    return Line(
        part=part,
        name=NAMES[part["kind"]],
        label=label(part),
        is_heading=part["kind"] in HEADINGS,
        cells=[(column.language, state) for column, state in zip(columns, states, strict=True)],
    )


def _count(column: Column, lines: Sequence[Line]) -> Column:
    states = [
        state for line in lines for language, state in line.cells if language == column.language
    ]
    wanted = [state for state in states if state != EXTRA]
    return Column(
        language=column.language,
        name=column.name,
        content=column.content,
        done=wanted.count(DONE),
        whole=len(wanted),
    )

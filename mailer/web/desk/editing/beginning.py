"""Beginning an issue: from nothing, from the one before, or from a file of a word processor."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from mailer.content.frontmatter import LARGEST_NUMBER, LONGEST_SUBJECT
from mailer.content.parse import parse_issue
from mailer.errors import InvalidIssue
from mailer.models import Draft, Edition, Issue, Publication
from mailer.web.desk.editing.converting import make_content
from mailer.web.desk.editing.drafts import begin_draft
from mailer.web.desk.editing.importing import WordField
from mailer.web.desk.editing.parts import (
    HEAD,
    MOST_PARTS,
    SECTION,
    Content,
    copy_content,
    make_part,
)
from mailer.web.desk.entry import FORM, Desk, desk_page, show
from mailer.web.desk.issues import name_language
from mailer.web.desk.permissions import Act

NOTHING, FRAME, WHOLE, WORD = "nothing", "frame", "whole", "word"
ACTS: Mapping[str, str] = {
    NOTHING: "begun from nothing",
    FRAME: "begun with the sections of the one before",
    WHOLE: "begun as a copy of the one before",
    WORD: "begun with a Word file",
}
LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """What an issue is begun from: a text in a language, with its pictures."""

    content: Content
    pictures: Mapping[str, Any]
    language: str
    number: int


class BeginForm(forms.Form):
    """Which issue is begun, and from what."""

    number = forms.IntegerField(label=_("Number"), min_value=1, max_value=LARGEST_NUMBER)
    published = forms.CharField(
        label=_("Date"),
        max_length=10,
        help_text=_("A year, a month or a day: 2026, 2026-03 or 2026-03-14."),
    )
    language = forms.CharField(
        label=_("Language"),
        max_length=35,
        help_text=_("Its tag, such as en, fr, es, ru, ar, zh-Hans or pt-BR."),
    )
    how = forms.ChoiceField(label=_("Begin"), widget=forms.RadioSelect)
    file = WordField(
        label=_("Word file"),
        required=False,
        help_text=_("If it begins with one. Its headings become articles, its pictures photos."),
    )

    def __init__(self, *args: Any, publication: Publication, pattern: Pattern | None) -> None:
        super().__init__(*args)
        self.publication = publication
        choices: list[tuple[str, Any]] = [(NOTHING, _("from nothing"))]
        if pattern:
            last = f"No. {pattern.number}"
            choices = [
                (FRAME, f"with the sections and the people of {last}"),
                (WHOLE, f"with all of {last}, to be written over"),
                *choices,
            ]
        how: Any = self.fields["how"]
        how.choices = [*choices, (WORD, _("with a Word file, chosen below"))]
        how.initial = choices[0][0]

    def clean_number(self) -> int:
        """Refuse the number of an issue that is there."""
        number = int(self.cleaned_data["number"])
        if Issue.objects.filter(publication=self.publication, number=number).exists():
            raise ValidationError(f"No. {number} is there already: open it among the issues.")
        return number

    def clean(self) -> dict[str, Any]:
        """Refuse a Word file that was said and not chosen, or chosen and not said."""
        found = super().clean() or {}
        if found.get("how") == WORD and not found.get("file") and "file" not in self.errors:
            self.add_error("file", "Choose the file.")
        if found.get("file") and found.get("how") != WORD:
            self.add_error("how", "A Word file is chosen below: begin with it, or choose none.")
        return found

    def clean_language(self) -> str:
        """Refuse what is no language's tag."""
        return check_language(self.cleaned_data["language"])


def check_language(tag: str) -> str:
    """Return a language's tag. Raises ValidationError for what is none."""
    if not LANGUAGE.fullmatch(tag) or name_language(tag) == tag:
        raise ValidationError("This is no language's tag: write such as en, pt-BR or ar.")
    return tag


@desk_page(Act.WRITE, methods=FORM)
def begin_issue(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Ask for an issue's number, date and language, and from what it begins; then open it."""
    now = timezone.now()
    pattern = find_pattern(desk.publication)
    form = BeginForm(
        *((request.POST, request.FILES) if request.method == "POST" else ()),
        publication=desk.publication,
        pattern=pattern,
    )
    if request.method != "POST":
        form.initial = {
            "number": pattern.number + 1 if pattern else 1,
            "published": f"{now:%Y-%m}",
            "language": pattern.language if pattern else "en",
        }
    if not form.is_valid():
        return show(request, desk, "editing/begin", form=form)
    found = form.cleaned_data
    content, pictures = _fill(found, pattern, desk.publication)
    try:
        draft = _make(desk, found, content, pictures, now=now)
    except IntegrityError:
        form.add_error("number", "Somebody has just begun this issue: open it among the issues.")
        return show(request, desk, "editing/begin", form=form)
    return redirect("desk:write", desk.publication.slug, draft.issue.number, draft.language)


def find_pattern(publication: Publication) -> Pattern | None:
    """Return the newest issue's text, as it is being written or as it was uploaded."""
    drafts = Draft.objects.filter(issue__publication=publication).select_related("issue")
    editions = Edition.objects.filter(issue__publication=publication).select_related("issue")
    draft = drafts.order_by("-issue__number", "id").first()
    edition = editions.order_by("-issue__number", "id").first()
    if draft and (edition is None or draft.issue.number >= edition.issue.number):
        return Pattern(
            content=copy_content(draft.content),
            pictures=draft.pictures,
            language=draft.language,
            number=draft.issue.number,
        )
    return _read_edition(edition) if edition else None


def fill_pattern(
    how: str, pattern: Pattern | None, publication: Publication, published: str
) -> Content:
    """Return the content that an issue begins with."""
    if pattern is None or how == NOTHING:
        values = {
            "publication": publication.name,
            "publisher": publication.sender_name,
            "email": publication.sender_address,
            "published": published,
        }
        head = make_part(HEAD, values, rev=1, name=HEAD)
        return Content(head=head, parts=[make_part(SECTION, {"title": "News"}, rev=1)], bin=[])
    content = copy_content(pattern.content)
    content["head"]["values"] |= {"subject": "", "preheader": "", "published": published}
    content["bin"] = []
    for part in (content["head"], *content["parts"]):
        part["rev"] = 1
    if how == FRAME:
        content["parts"] = [part for part in content["parts"] if part["kind"] == SECTION]
    return content


def _fill(
    found: dict[str, Any], pattern: Pattern | None, publication: Publication
) -> tuple[Content, Mapping[str, Any]]:
    """Return the content and the pictures that a form asks for."""
    how, word = found["how"], found["file"]
    if how != WORD:
        content = fill_pattern(how, pattern, publication, found["published"])
        return content, pattern.pictures if pattern and how == WHOLE else {}
    content = fill_pattern(FRAME, pattern, publication, found["published"])
    content["head"]["values"]["subject"] = word.title[:LONGEST_SUBJECT]
    content["parts"] = [make_part(kind, values, rev=1) for kind, values in word.parts][:MOST_PARTS]
    return content, word.pictures


def _make(
    desk: Desk,
    found: dict[str, Any],
    content: Content,
    pictures: Mapping[str, Any],
    *,
    now: dt.datetime,
) -> Draft:
    with transaction.atomic():
        issue = Issue.objects.create(
            publication=desk.publication, number=found["number"], published=found["published"]
        )
        return begin_draft(
            issue,
            found["language"],
            content,
            pictures=pictures,
            desk=desk,
            act=ACTS[found["how"]],
            now=now,
        )


def _read_edition(edition: Edition) -> Pattern | None:
    try:
        document = parse_issue(edition.source, file=str(edition), load_picture=None)
    except InvalidIssue:
        return None
    return Pattern(
        content=make_content(document, rev=1),
        pictures=edition.pictures,
        language=edition.language,
        number=edition.issue.number,
    )

"""An edition block by block, to be read and spoken about."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from mailer.checks.proof import list_parts
from mailer.content.parse import parse_issue
from mailer.errors import InvalidIssue
from mailer.models import Comment, Edition
from mailer.rendering.text import TextWriter
from mailer.rendering.wording import find_wording
from mailer.types import Block, Document
from mailer.web.desk.audit import record
from mailer.web.desk.checks import name_person
from mailer.web.desk.entry import PRESS, Desk, desk_page, show
from mailer.web.desk.issues import name_language, turn
from mailer.web.desk.permissions import Act
from mailer.web.desk.preview import find_edition

LONGEST_COMMENT = 4_000
# Enough for a lively discussion; without an end, one person could fill the page for all.
MOST_COMMENTS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A block as plain text, its number in its part, and what was said about it."""

    number: int
    text: str
    comments: list[Comment] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A section or an article with its blocks."""

    anchor: str
    title: str
    level: int
    lines: list[Line]


class CommentForm(forms.Form):
    """What somebody says, about which block."""

    anchor = forms.CharField(max_length=120, required=False, widget=forms.HiddenInput)
    block = forms.IntegerField(min_value=0, max_value=10_000, widget=forms.HiddenInput)
    text = forms.CharField(
        label=_("Comment"),
        max_length=LONGEST_COMMENT,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


@desk_page(Act.LOOK)
def show_review(request: HttpRequest, desk: Desk, number: int, language: str) -> HttpResponse:
    """Show an edition's blocks with what was said about each."""
    edition = find_edition(desk, number, language)
    passages: list[Passage] = []
    problem = ""
    comments = list(edition.comments.all())
    try:
        document = parse_issue(edition.source, file=str(edition), load_picture=None)
        passages = _lay_out(document, comments)
    except InvalidIssue as error:
        problem = str(error)
    placed = {each.pk for one in passages for line in one.lines for each in line.comments}
    return show(
        request,
        desk,
        "signing/review",
        issue=edition.issue,
        edition=edition,
        language=name_language(language),
        direction=turn(language),
        passages=passages,
        problem=problem,
        # Their block is gone, or they are about the whole.
        others=[each for each in comments if each.pk not in placed],
        waiting=sum(each.resolved_at is None for each in comments),
    )


@desk_page(Act.SIGN, methods=PRESS)
def add_comment(request: HttpRequest, desk: Desk, number: int, language: str) -> HttpResponse:
    """Keep what somebody says about a block."""
    edition = find_edition(desk, number, language)
    form = CommentForm(request.POST)
    if not form.is_valid():
        messages.error(request, f"Write 1 to {LONGEST_COMMENT} characters.")
        return _back(desk, edition)
    if edition.comments.count() >= MOST_COMMENTS:
        messages.error(request, f"There are {MOST_COMMENTS} comments already: resolve those first.")
        return _back(desk, edition)
    found = form.cleaned_data
    with transaction.atomic():
        comment = Comment.objects.create(
            edition=edition,
            anchor=found["anchor"],
            block=found["block"],
            excerpt=_find_excerpt(edition, found["anchor"], found["block"]),
            text=found["text"],
            user=desk.user,
            name=name_person(desk),
            at=timezone.now(),
        )
        record(desk, "commented", edition, after={"comment": comment.text[:300]})
    return _back(desk, edition, f"comment-{comment.pk}")


@desk_page(Act.SIGN, methods=PRESS)
def resolve_comment(request: HttpRequest, desk: Desk, number: int, language: str) -> HttpResponse:
    """Say that what a comment asks for is done; of two who do so, the first is named."""
    edition = find_edition(desk, number, language)
    wanted = request.POST.get("comment", "")
    comment = edition.comments.filter(pk=int(wanted)).first() if wanted.isdecimal() else None
    if comment is None:
        messages.error(request, "There is no such comment.")
        return _back(desk, edition)
    with transaction.atomic():
        still = Comment.objects.filter(pk=comment.pk, resolved_at=None)
        if still.update(resolved_at=timezone.now(), resolved_by=name_person(desk)[:254]):
            record(desk, "resolved a comment", edition, before={"comment": comment.text[:300]})
    return _back(desk, edition, f"comment-{comment.pk}")


def _back(desk: Desk, edition: Edition, place: str = "content") -> HttpResponse:
    names = [desk.publication.slug, edition.issue.number, edition.language]
    return redirect(f"{reverse('desk:review', args=names)}#{place}")


def _lay_out(document: Document, comments: Iterable[Comment]) -> list[Passage]:
    said: dict[tuple[str, int], list[Comment]] = defaultdict(list)
    for comment in comments:
        said[comment.anchor, comment.block].append(comment)
    writer = TextWriter(document.language, find_wording(document.language))
    sections = {section.anchor for section in document.sections}
    return [
        Passage(
            anchor=part.anchor,
            title=part.title,
            level=2 if part.anchor in sections else 3,
            lines=[
                Line(number=at, text=writer.block(each), comments=said[part.anchor, at])
                for at, each in enumerate(part.blocks, start=1)
            ],
        )
        for part in list_parts(document)
    ]


def _find_excerpt(edition: Edition, anchor: str, number: int) -> str:
    """Return how a block begins, or nothing if the edition has no such block."""
    try:
        document = parse_issue(edition.source, file=str(edition), load_picture=None)
    except InvalidIssue:
        return ""
    blocks: dict[tuple[str, int], Block] = {
        (part.anchor, at): each
        for part in list_parts(document)
        for at, each in enumerate(part.blocks, start=1)
    }
    block = blocks.get((anchor, number))
    if block is None:
        return ""
    writer = TextWriter(document.language, find_wording(document.language))
    return " ".join(writer.block(block).split())[:200]

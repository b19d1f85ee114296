"""An issue's own page, by number, and a page for each of its articles."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from mailer.checks.proof import list_parts
from mailer.rendering.language import find_direction
from mailer.rendering.view import BlockViews
from mailer.rendering.wording import find_wording
from mailer.types import Article, Document, Picture, Section
from mailer.web.archive import name_language, word_date
from mailer.web.reading.finding import (
    Entry,
    find_document,
    find_publication,
    list_entries,
    make_url,
)
from mailer.web.reading.printing import can_print
from mailer.web.reading.structured import describe_article, describe_issue, write_data

MOST_LANGUAGES = 100
_JUMP = re.compile(r'href="#([a-z0-9-]+)"')


@require_safe
def show_issue(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Show an issue's editions, and what is in each."""
    publication = find_publication(slug)
    entries = list_entries(
        most=MOST_LANGUAGES,
        mailing__issue__publication=publication,
        mailing__issue__number=min(number, 2**31 - 1),
    )
    if not entries:
        raise Http404
    return render(
        request,
        "web/reading/issue.html",
        {
            "publication": publication,
            "number": number,
            "editions": [_lay_out(each) for each in entries],
            "can_print": can_print(),
            "data": write_data(describe_issue(publication, entries)),
        },
    )


@require_safe
def show_article(
    request: HttpRequest, slug: str, number: int, language: str, anchor: str
) -> HttpResponse:
    """Show one article of an edition, as it was sent."""
    entry, document = find_document(slug, number, language)
    anchors = [each for each, _ in entry.contents]
    part = _find_part(document, anchor)
    if part is None or anchor not in anchors:
        raise Http404
    at = anchors.index(anchor)
    publication = find_publication(slug)
    views = BlockViews(document, picture_path)
    shown = Section(title=part.title, anchor=part.anchor, blocks=part.blocks)
    words = find_wording(language)
    return render(
        request,
        "web/reading/article.html",
        {
            "publication": publication,
            "entry": entry,
            "number": words.number.format(number=entry.number),
            "date": word_date(entry.published, language),
            "issue": reverse("archive:issue", args=[slug, number]),
            "direction": find_direction(language).value,
            "words": words,
            "part": link_articles(views.build_section(shown), entry, anchor),
            "before": _name(entry, at - 1) if at else None,
            "after": _name(entry, at + 1) if at + 1 < len(anchors) else None,
            "data": write_data(describe_article(publication, entry, document, part)),
        },
    )


def picture_path(picture: Picture) -> str:
    """Return where this site serves a picture."""
    return reverse("archive:picture", args=[picture.name])


def link_articles(part: dict[str, Any], entry: Entry, own: str = "") -> dict[str, Any]:
    """Return a part whose jumps to other articles lead to their pages."""
    known = {anchor for anchor, _ in entry.contents} - {own}

    def lead(jump: re.Match[str]) -> str:
        if jump[1] == own:
            return 'href="#content"'
        path = entry.article_path(jump[1]) if jump[1] in known else f"{entry.path}#{jump[1]}"
        return f'href="{path}"'

    blocks: list[Mapping[str, Any]] = part["blocks"]
    linked = [
        {**each, "html": _JUMP.sub(lead, each["html"])} if "html" in each else each
        for each in blocks
    ]
    return part | {"blocks": linked}


def _find_part(document: Document, anchor: str) -> Section | Article | None:
    return next((part for part in list_parts(document) if part.anchor == anchor), None)


def _name(entry: Entry, at: int) -> tuple[str, str]:
    anchor, title = entry.contents[at]
    return entry.article_path(anchor), title


def _lay_out(entry: Entry) -> dict[str, Any]:
    return {
        "entry": entry,
        "language": name_language(entry.language),
        "date": word_date(entry.published, entry.language),
        "direction": find_direction(entry.language).value,
        "articles": [(entry.article_path(anchor), title) for anchor, title in entry.contents],
        "words": find_wording(entry.language),
        "url": make_url(entry.path),
    }

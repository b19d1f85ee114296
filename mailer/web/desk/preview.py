"""An edition as its readers will see it: on a desk, on a phone, as plain text.

What an edition holds was written by somebody else than who looks at it, so its page is shown
in a sandboxed frame, under a policy of its own: no script, no form, no frame in it.
"""

from __future__ import annotations

from functools import lru_cache

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.html import escape
from django.views.decorators.clickjacking import xframe_options_sameorigin

from mailer.dispatch.freezing.freeze import render_edition
from mailer.dispatch.signing.chain import list_signatures
from mailer.errors import MastheadError
from mailer.models import Edition
from mailer.types import RenderedIssue
from mailer.web.desk.entry import Desk, desk_page, require, show
from mailer.web.desk.framing import fill, show_safely
from mailer.web.desk.issues import find_issue, name_language, turn
from mailer.web.desk.permissions import Act, may
from mailer.web.desk.sight import find_sight

VIEWS = {"desk": "Desk", "phone": "Phone", "text": "Plain text"}
# Offered to those who may see to whom mailings go; nobody else learns who is on a list.
AS_READER = {"reader": "As a reader"}
KEPT_PREVIEWS = 8


@desk_page(Act.LOOK)
def show_preview(request: HttpRequest, desk: Desk, number: int, language: str) -> HttpResponse:
    """Show an edition in one of the views, or say why it can't be rendered.

    As a chosen reader it is the edition that they would get, in whatever language.
    """
    edition = find_edition(desk, number, language)
    chosen = request.GET.get("view", "desk")
    if chosen not in VIEWS | AS_READER:
        raise Http404
    if chosen in AS_READER:
        require(desk, Act.PLAN)
    sight, wanted, unknown = find_sight(request, desk, edition.issue)
    problem, text = "", ""
    try:
        text = fill(_render(edition).text)
    except MastheadError as error:
        problem = str(error)
    languages = [
        (each.language, name_language(each.language)) for each in edition.issue.editions.all()
    ]
    return show(
        request,
        desk,
        "preview",
        edition=edition,
        issue=edition.issue,
        chosen=chosen,
        views=VIEWS | (AS_READER if may(desk.role, Act.PLAN) else {}),
        sight=sight,
        sight_language=name_language(sight.edition.language) if sight else "",
        wanted=wanted,
        unknown=unknown,
        languages=languages,
        direction=turn(language),
        text=text,
        problem=problem,
    )


@xframe_options_sameorigin
@desk_page(Act.LOOK)
def show_page(request: HttpRequest, desk: Desk, number: int, language: str) -> HttpResponse:
    """Send an edition's HTML for the frame."""
    edition = find_edition(desk, number, language)
    try:
        html = fill(_render(edition).html)
    except MastheadError as error:
        return HttpResponse(escape(str(error)), status=422)
    return show_safely(request, html)


@desk_page(Act.LOOK)
def download_source(_request: HttpRequest, desk: Desk, number: int, language: str) -> HttpResponse:
    """Send an edition as the issue file that it is, to be changed and taken in again."""
    edition = find_edition(desk, number, language)
    response = HttpResponse(edition.source, content_type="text/markdown; charset=utf-8")
    name = f"{desk.publication.slug}-{number}.{edition.language}.md"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def find_edition(desk: Desk, number: int, language: str) -> Edition:
    """Return an edition of one of the publication's issues. Raises Http404."""
    issue = find_issue(desk, number)
    return get_object_or_404(
        Edition.objects.select_related("issue__publication"), issue=issue, language=language
    )


def _render(edition: Edition) -> RenderedIssue:
    """Return the edition rendered. Raises MastheadError."""
    publication = edition.issue.publication
    signed = tuple(list_signatures(edition)) if publication.signers_in_colophon else ()
    return _render_once(edition.pk, edition.content_hash, publication.theme, signed)


# A page and its frame ask for the same, one after the other; rendering takes a third of a second.
@lru_cache(maxsize=KEPT_PREVIEWS)
def _render_once(
    edition_id: int, _content_hash: str, _theme: str, _signed: tuple[str, ...]
) -> RenderedIssue:
    edition = Edition.objects.select_related("issue__publication").get(pk=edition_id)
    return render_edition(edition)

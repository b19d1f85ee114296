"""An edition as its readers will see it: on a desk, on a phone, as plain text.

What an edition holds was written by somebody else than who looks at it, so its page is shown
in a sandboxed frame, under a policy of its own: no script, no form, no frame in it.
"""

from __future__ import annotations

import re
from functools import lru_cache

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.html import escape
from django.views.decorators.clickjacking import xframe_options_sameorigin

from mailer.dispatch.freezing.freeze import render_edition
from mailer.dispatch.signing.chain import list_signatures
from mailer.errors import MastheadError
from mailer.models import Edition
from mailer.types import SLOT_PATTERN, RenderedIssue, SlotName
from mailer.web.desk.entry import Desk, desk_page, show
from mailer.web.desk.issues import find_issue, name_language, turn
from mailer.web.desk.permissions import Act

VIEWS = {"desk": "Desk", "phone": "Phone", "text": "Plain text"}
# A reader who does not exist, so that nobody takes a preview for a message.
READER = {
    SlotName.NAME.value: "A Reader",
    SlotName.EMAIL.value: "reader@example.org",
}
KEPT_PREVIEWS = 8
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src {origin}; frame-ancestors 'self'; "
    "base-uri 'none'; form-action 'none'; sandbox"
)
# An anchor without an address is a place to jump to: made one for the focus, it would take that.
_LINK = re.compile(r"<a\b(?=[^>]*\bhref=)", re.IGNORECASE)


@desk_page(Act.LOOK)
def show_preview(request: HttpRequest, desk: Desk, number: int, language: str) -> HttpResponse:
    """Show an edition in one of the views, or say why it can't be rendered."""
    edition = find_edition(desk, number, language)
    chosen = request.GET.get("view", "desk")
    if chosen not in VIEWS:
        raise Http404
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
        views=VIEWS,
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


def show_safely(request: HttpRequest, html: str, *, images: bool = True) -> HttpResponse:
    """Answer with a mail's HTML for a sandboxed frame; its links lead nowhere from there."""
    # Pictures come from where the desk is, whatever readers call it.
    html = html.replace(f"{settings.PUBLIC_URL}/{settings.MEDIA_URL.strip('/')}/", "/pictures/")
    response = HttpResponse(_LINK.sub('<a tabindex="-1"', html))
    # A sandboxed page has no origin that 'self' could mean, so ours is named.
    origin = f"{request.scheme}://{request.get_host()}"
    response["Content-Security-Policy"] = POLICY.format(origin=origin if images else "'none'")
    return response


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


def fill(text: str) -> str:
    """Fill the slots of a page with a reader who does not exist."""
    return SLOT_PATTERN.sub(lambda match: READER.get(match[1], settings.PUBLIC_URL), text)


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

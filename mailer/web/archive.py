"""The public archive: the issues that were sent, and each as its readers saw it."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import Any

from csp.decorators import csp
from django.conf import settings
from django.db.models import F
from django.db.models.functions import Substr
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from mailer.errors import InvalidToken
from mailer.models import FrozenEdition, Publication
from mailer.models.mailing import read_reading
from mailer.rendering.dates import write_date
from mailer.rendering.language import find_locale
from mailer.types import SLOT_PATTERN, PublishedDate, SlotName, slot

# Mail carries its styles inline, and so does the web version of it; it has no script, no
# form and no frame, and can reach nothing but our own pictures.
MAIL_POLICY = {
    "default-src": ["'none'"],
    "script-src": ["'none'"],
    "connect-src": ["'none'"],
    "font-src": ["'none'"],
    "frame-src": ["'none'"],
    "style-src": ["'unsafe-inline'"],
    "img-src": ["'self'"],
    "frame-ancestors": ["'self'"],
    "base-uri": ["'none'"],
    "form-action": ["'none'"],
}


# Characters of a frozen page within which its title stands.
HEAD_LENGTH = 4_000
TITLE = re.compile(r"<title>(.*?)</title>", re.DOTALL)
# What only a message's own reader can be told or do: its paragraph is left out on the web.
PERSONAL = tuple(
    slot(name)
    for name in (
        SlotName.EMAIL,
        SlotName.NAME,
        SlotName.UNSUBSCRIBE_URL,
        SlotName.PREFERENCES_URL,
    )
)
# The part of a theme that is for a message's own reader, as the theme marks it; what personal
# paragraphs a theme has elsewhere go one by one.
OWN_PART = re.compile(r"<!-- reader's own -->.*?<!-- end of reader's own -->", re.DOTALL)
PARAGRAPH = re.compile(r"<p\b[^>]*>.*?</p>", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A line of a publication's page: an edition that was sent, with what it says in words."""

    number: int
    subject: str
    url: str
    published: str
    date: str
    language: str
    language_name: str


@require_safe
def list_publications(request: HttpRequest) -> HttpResponse:
    """List the publications of which something can be read; it is the site's first page."""
    frozen = FrozenEdition.objects.published().values("mailing__issue__publication")
    publications = Publication.objects.filter(pk__in=frozen)
    return render(request, "web/publications.html", {"publications": publications})


@require_safe
def show_publication(request: HttpRequest, slug: str) -> HttpResponse:
    """List the editions of a publication that went to a public list, the newest first."""
    publication = get_object_or_404(Publication, slug=slug)
    context = {
        "publication": publication,
        "entries": _list_entries(publication),
        "can_subscribe": publication.lists.filter(public=True).exists(),
    }
    return render(request, "web/publication.html", context)


@require_safe
@csp(MAIL_POLICY)  # type: ignore[arg-type]  # typed for views without arguments
def show_edition(request: HttpRequest, slug: str, number: int, language: str) -> HttpResponse:
    """Show an edition as it was frozen for its first mailing to a public list.

    What is for a segment's people only is left out, whoever asks.
    """
    frozen = FrozenEdition.objects.published().filter(
        mailing__issue__publication__slug=slug, mailing__issue__number=number, language=language
    )
    return _show(request, frozen.first())


@require_safe
@csp(MAIL_POLICY)  # type: ignore[arg-type]  # typed for views without arguments
def show_reading(request: HttpRequest, token: str) -> HttpResponse:
    """Show an edition to whoever holds its signed address: readers of private lists."""
    try:
        frozen_id = read_reading(token)
    except InvalidToken as error:
        raise Http404 from error
    return _show(request, FrozenEdition.objects.filter(pk=frozen_id).first())


def _list_entries(publication: Publication) -> list[Entry]:
    """Return an entry for each edition, as it was frozen first: an editor may change it later."""
    rows: Any = (
        FrozenEdition.objects.published()
        .filter(mailing__issue__publication=publication)
        .select_related("edition__issue__publication")
        .defer("html", "text", "compiled", "edition__source", "edition__pictures")
        .annotate(head=Substr("html", 1, HEAD_LENGTH))
        .order_by("-mailing__issue__number", "edition", F("precedence"))
    )
    first: dict[int, Any] = {}
    for row in rows:
        first.setdefault(row.edition_id, row)
    return [_describe(row, row.head) for row in first.values()]


def _describe(frozen: FrozenEdition, head: str) -> Entry:
    issue = frozen.edition.issue
    title = TITLE.search(head)
    return Entry(
        number=issue.number,
        subject=html.unescape(title[1]).strip() if title else frozen.edition.subject,
        url=frozen.edition.get_absolute_url(),
        published=issue.published,
        date=word_date(issue.published, frozen.language),
        language=frozen.language,
        language_name=name_language(frozen.language),
    )


def word_date(published: str, language: str) -> str:
    """Return a date such as 2026-03 in words; what is none stays as it is."""
    try:
        year, month, day = ([int(part) for part in published.split("-")] + [None, None])[:3]
        return write_date(PublishedDate(year=year or 0, month=month, day=day), language)
    except ValueError:
        return published


def name_language(tag: str) -> str:
    """Return a language's own name for itself, or its tag where that is not known."""
    locale = find_locale(tag)
    is_known = locale.language == tag.partition("-")[0].lower()
    return (locale.get_display_name() if is_known else None) or tag


def _show(request: HttpRequest, frozen: FrozenEdition | None) -> HttpResponse:
    if frozen is None:
        raise Http404
    return HttpResponse(_fill(frozen.html, settings.PUBLIC_URL + request.path))


def _fill(page: str, own_url: str) -> str:
    """Fill the slots of a page that anybody may read: it knows no reader.

    It says neither to whom it was sent nor how to leave: those links are each reader's own.
    """
    impersonal = PARAGRAPH.sub(_keep_impersonal, OWN_PART.sub("", page))
    values = {
        SlotName.WEB_URL.value: own_url,
        SlotName.UNSUBSCRIBE_URL.value: settings.PUBLIC_URL,
        SlotName.PREFERENCES_URL.value: settings.PUBLIC_URL,
    }
    return SLOT_PATTERN.sub(lambda match: values.get(match[1], ""), impersonal)


def _keep_impersonal(paragraph: re.Match[str]) -> str:
    return "" if any(name in paragraph[0] for name in PERSONAL) else paragraph[0]

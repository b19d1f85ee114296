"""An issue for print: a PDF whose contents name the pages, drawn once and kept.

Drawing takes seconds, and anybody may ask: what is frozen never changes, so each is drawn once, and
one at a time. Nothing is fetched for it but our own pictures, by their names, from where they are
kept: neither files nor other hosts can be had by what an author wrote.
"""

from __future__ import annotations

import importlib.util
import logging
from functools import cache
from typing import Any

from django.core.cache import cache as shared
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe
from PIL import ImageFile

from mailer.rendering.language import find_direction
from mailer.rendering.typography import find_typography
from mailer.rendering.view import BlockViews
from mailer.rendering.wording import find_wording
from mailer.types import Document
from mailer.web.archive import word_date
from mailer.web.pictures import MEDIA_TYPES, NAME
from mailer.web.reading.finding import Entry, find_document

SCHEME = "picture:"
BUSY, BUSY_SECONDS = "masthead-drawing-a-pdf", 120
ABSENT = (
    "This installation draws no PDF: what it takes is not there. "
    "Its administrator can add it by: ./masthead setup pdf\n"
)


@cache
def load_printer() -> Any | None:
    """Return what draws PDFs, or None: it is an extra, and needs the system's Pango."""
    try:
        return importlib.import_module("weasyprint")
    except (ImportError, OSError):
        return None
    finally:
        # It tells Pillow to take pictures that are cut short, for the whole process: not ours.
        ImageFile.LOAD_TRUNCATED_IMAGES = False


def can_print() -> bool:
    """Tell whether PDFs can be drawn, without loading what draws them."""
    return importlib.util.find_spec("weasyprint") is not None


@require_safe
def show_print(_request: HttpRequest, slug: str, number: int, language: str) -> HttpResponseBase:
    """Send an edition as a PDF; or say that it can't be drawn here, or not now."""
    entry, document = find_document(slug, number, language)
    # By its text as well: a database that came back from a backup gives numbers out again.
    name = f"print/{entry.frozen_id}-{entry.content_hash}.pdf"
    if not default_storage.exists(name):
        if load_printer() is None:
            return HttpResponse(ABSENT, status=501, content_type="text/plain; charset=utf-8")
        if not shared.add(BUSY, True, BUSY_SECONDS):
            answer = HttpResponse("Another is being drawn: try again in a moment.\n", status=503)
            answer["Retry-After"] = "10"
            return answer
        try:
            default_storage.save(name, ContentFile(draw(entry, document)))
        finally:
            shared.delete(BUSY)
    response = FileResponse(default_storage.open(name), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{slug}-{number}-{language}.pdf"'
    return response


def draw(entry: Entry, document: Document) -> bytes:
    """Return an edition as a PDF."""
    printer = load_printer()
    assert printer is not None
    for noisy in ("weasyprint", "fontTools"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
    page = printer.HTML(string=write_page(entry, document), url_fetcher=make_fetcher(printer))
    return bytes(page.write_pdf(pdf_variant="pdf/ua-1"))


def write_page(entry: Entry, document: Document) -> str:
    """Return an edition as HTML with the style sheet of print."""
    language = document.language
    direction = find_direction(language).value
    words = find_wording(language)
    views = BlockViews(document, lambda picture: f"{SCHEME}{picture.name}")
    return render_to_string(
        "web/reading/print.html",
        {
            "document": document,
            "direction": direction,
            "start": "right" if direction == "rtl" else "left",
            "type": find_typography(language),
            "words": words,
            "number": words.number.format(number=document.number),
            "date": word_date(entry.published, language),
            "sections": [views.build_section(section) for section in document.sections],
        },
    )


def make_fetcher(printer: Any) -> Any:
    """Return what fetches our own pictures by their names, and refuses all else."""

    class Fetcher(printer.urls.URLFetcher):  # type: ignore[misc]
        def fetch(self, url: str, headers: Any = None) -> Any:  # noqa: ARG002 - its signature
            match = NAME.fullmatch(url.removeprefix(SCHEME))
            if not url.startswith(SCHEME) or match is None:
                raise ValueError(f"{url[:80]} is not ours to print")
            with default_storage.open(match[0]) as file:
                body = file.read()
            kind = {"Content-Type": MEDIA_TYPES[match[1]]}
            return printer.urls.URLFetcherResponse(url, body=body, headers=kind)

    return Fetcher()

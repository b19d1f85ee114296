"""The proof of a draft: how it reads by now, and how its readers will see it."""

from __future__ import annotations

from dataclasses import replace

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import escape, format_html
from django.views.decorators.clickjacking import xframe_options_sameorigin

from mailer.content.segments import choose_variant, name_segments
from mailer.dispatch.editions.pictures import picture_url
from mailer.errors import MastheadError
from mailer.models import Draft
from mailer.rendering.render import render_issue
from mailer.rendering.theme import load_theme
from mailer.types import Picture, RenderedIssue
from mailer.web.desk.editing.drafts import find_draft
from mailer.web.desk.editing.parts import Content, copy_content
from mailer.web.desk.editing.reading import Proof, read_draft
from mailer.web.desk.entry import Desk, desk_page
from mailer.web.desk.framing import fill, show_safely
from mailer.web.desk.issues import turn
from mailer.web.desk.permissions import Act

VIEWS = {
    "desk": "Desktop",
    "phone": "Phone",
    "dark": "Dark",
    "bare": "Without images",
    "text": "Plain text",
}
DARK = "(prefers-color-scheme: dark)"
EMPTY = "<!doctype html><title>Preview</title><p>There is nothing to show yet.</p>"
TEXT = (
    '<!doctype html><html lang="{}" dir="{}"><meta charset="utf-8"><title>Preview</title>'
    '<meta name="color-scheme" content="light dark"><style>body{{font:15px/1.55 monospace;'
    "margin:1.5rem;white-space:pre-wrap;overflow-wrap:anywhere}}</style><body>{}</body></html>"
)


@xframe_options_sameorigin
@desk_page(Act.WRITE)
def show_proof(request: HttpRequest, desk: Desk, number: int, language: str) -> HttpResponse:
    """Send a draft as its readers would see it, for the sandboxed frame beside the form."""
    view = request.GET.get("view", "desk")
    if view not in VIEWS:
        raise Http404
    draft = find_draft(desk, number, language, now=timezone.now())
    content = copy_content(draft.content)
    try:
        page = _write_page(draft, content, view)
    except MastheadError as error:
        page = f"<!doctype html><title>Preview</title><p>{escape(str(error))}</p>"
    return show_safely(request, page, images=view != "bare")


def prove(draft: Draft, content: Content) -> Proof:
    """Return how a draft reads."""
    return read_draft(
        content,
        number=draft.issue.number,
        language=draft.language,
        pictures=frozenset(draft.pictures),
    )


def _write_page(draft: Draft, content: Content, view: str) -> str:
    rendered = _render(draft, prove(draft, content))
    if rendered is None:
        return EMPTY
    if view == "text":
        return format_html(TEXT, draft.language, turn(draft.language), fill(rendered.text))
    # What a reader's program would decide is decided here, whatever this one's is set to.
    return fill(rendered.html).replace(DARK, "all" if view == "dark" else "not all")


def _render(draft: Draft, proof: Proof) -> RenderedIssue | None:
    """Render what is sound of a draft; of pictures only their addresses and sizes are wanted."""
    document = choose_variant(proof.document, name_segments(proof.document))
    if not document.sections:
        return None
    pictures = {
        source: Picture(
            name=kept["name"],
            media_type=kept["media_type"],
            data=b"",
            width=kept["width"],
            height=kept["height"],
        )
        for source, kept in draft.pictures.items()
    }
    return render_issue(
        replace(document, pictures=pictures),
        theme=load_theme(draft.issue.publication.theme),
        picture_url=picture_url,
        for_browser=True,
    )

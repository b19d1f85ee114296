"""Rendering an issue: one Document in, HTML and plain text out."""

from __future__ import annotations

from mailer.rendering.check import check_document
from mailer.rendering.language import find_direction
from mailer.rendering.mjml import compile_mjml
from mailer.rendering.pictures import PictureUrl, list_pictures
from mailer.rendering.text import write_text
from mailer.rendering.theme import Theme
from mailer.rendering.view import build_view
from mailer.types import Document, RenderedIssue


def render_issue(document: Document, *, theme: Theme, picture_url: PictureUrl) -> RenderedIssue:
    """Render a Document in a theme.

    ``picture_url`` says at which address a picture will be found. The HTML and the text
    hold slots where a reader's own values go. Raises RenderingError.
    """
    # Loading it takes a tenth of a worker's start, and most workers never render.
    from mailer.rendering.inline import inline_css  # noqa: PLC0415

    check_document(document)
    view = build_view(document, picture_url)
    mjml = theme.render_mjml(view)
    return RenderedIssue(
        subject=document.subject,
        preheader=document.preheader,
        language=document.language,
        direction=find_direction(document.language),
        mjml=mjml,
        html=inline_css(compile_mjml(mjml), theme.render_css(view)),
        text=write_text(document),
        pictures=list_pictures(document),
    )

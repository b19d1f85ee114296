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


def render_issue(
    document: Document, *, theme: Theme, picture_url: PictureUrl, for_browser: bool = False
) -> RenderedIssue:
    """Render a Document in a theme.

    ``picture_url`` says at which address a picture will be found. The HTML and the text
    hold slots where a reader's own values go. ``for_browser`` leaves the theme's rules in a
    style sheet, which looks the same there: writing them into the elements takes most of the
    time, and who is writing waits for it at each key. Raises RenderingError.
    """
    check_document(document)
    view = build_view(document, picture_url)
    mjml = theme.render_mjml(view)
    html, css = compile_mjml(mjml), theme.render_css(view)
    return RenderedIssue(
        subject=document.subject,
        preheader=document.preheader,
        language=document.language,
        direction=find_direction(document.language),
        mjml=mjml,
        html=_add_sheet(html, css) if for_browser else _inline(html, css),
        text=write_text(document),
        pictures=list_pictures(document),
    )


def _inline(html: str, css: str) -> str:
    # Loading it takes a tenth of a worker's start, and most workers never render.
    from mailer.rendering.inline import inline_css  # noqa: PLC0415

    return inline_css(html, css)


def _add_sheet(html: str, css: str) -> str:
    """Return HTML with a style sheet more, the last one, as elements' own styles come last."""
    return html.replace("</head>", f'<style type="text/css">\n{css}\n</style></head>', 1)

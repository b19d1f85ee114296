"""Rendering an issue: one Document in, HTML and plain text out."""

from __future__ import annotations

from mailer.rendering.inline import inline_css
from mailer.rendering.lint import check_mjml
from mailer.rendering.mjml import compile_mjml
from mailer.rendering.text import write_text
from mailer.rendering.theme import Theme
from mailer.rendering.view import PictureUrl, build_view
from mailer.rendering.wording import find_direction
from mailer.types import Document, RenderedIssue


def render_issue(document: Document, *, theme: Theme, picture_url: PictureUrl) -> RenderedIssue:
    """Render a Document in a theme.

    ``picture_url`` says at which address a picture will be found. The HTML and the text
    hold slots where a reader's own values go. Raises RenderingError.
    """
    view = build_view(document, picture_url)
    mjml = theme.render(view | {"media_css": theme.media_css})
    check_mjml(mjml, theme=theme.name)
    return RenderedIssue(
        subject=document.subject,
        preheader=document.preheader,
        language=document.language,
        direction=find_direction(document.language),
        mjml=mjml,
        html=inline_css(compile_mjml(mjml), theme.inline_css),
        text=write_text(document),
        pictures=tuple({each.name: each for each in document.pictures.values()}.values()),
    )

"""A letter to one person as mail: HTML by a theme of its own, and plain text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.template import Engine

from mailer.rendering.columns import COLUMNS, wrap
from mailer.rendering.inline import inline_css
from mailer.rendering.language import find_direction
from mailer.rendering.mjml import compile_mjml
from mailer.rendering.theme import Theme
from mailer.rendering.typography import find_typography
from mailer.types import Direction, RenderedIssue

FOLDER = Path(__file__).resolve().parent.parent.parent / "templates" / "transactional"


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterView:
    """A letter's words: a heading, paragraphs, one thing to do, and what follows it.

    ``leave`` and ``leave_url`` say how to leave the list that it belongs to, if there is one.
    """

    subject: str
    heading: str
    paragraphs: Sequence[str]
    button: str
    url: str
    after: Sequence[str]
    footer: str
    leave: str = ""
    leave_url: str = ""


def render_letter(letter: LetterView, *, language: str) -> RenderedIssue:
    """Render a letter in a language. Raises RenderingError."""
    direction = find_direction(language)
    preview = letter.paragraphs[0]
    view = {
        "letter": letter,
        "language": language,
        "direction": direction.value,
        "start": "right" if direction is Direction.RTL else "left",
        "type": find_typography(language),
        "preview": preview,
        "footer": letter.footer,
    }
    theme = _load_theme()
    mjml = theme.render_mjml(view)
    return RenderedIssue(
        subject=letter.subject,
        preheader=preview,
        language=language,
        direction=direction,
        mjml=mjml,
        html=inline_css(compile_mjml(mjml), theme.render_css(view)),
        text=_write_text(letter),
    )


def _write_text(letter: LetterView) -> str:
    """Return the letter as plain text; its links stand alone on their lines."""
    parts = [
        _wrap(letter.heading),
        *(_wrap(each) for each in letter.paragraphs),
        "\n".join([*wrap(f"{letter.button}:"), letter.url]),
        *(_wrap(each) for each in letter.after),
        "\n".join(["-" * COLUMNS, *wrap(letter.footer)]),
    ]
    if letter.leave_url:
        parts.append("\n".join([*wrap(f"{letter.leave}:"), letter.leave_url]))
    return "\n\n".join(parts) + "\n"


def _wrap(text: str) -> str:
    return "\n".join(line for part in text.splitlines() for line in wrap(part))


@cache
def _load_theme() -> Theme:
    engine = Engine(dirs=[str(FOLDER)], autoescape=True, string_if_invalid="\uffff%s\uffff")
    return Theme(
        name="transactional",
        issue=engine.get_template("letter.mjml"),
        inlined=engine.get_template("letter.css"),
    )

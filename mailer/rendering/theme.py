"""Themes: a folder of MJML templates and style sheets, checked and parsed once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from django.template import (
    Context,
    Engine,
    TemplateDoesNotExist,
    TemplateSyntaxError,
    VariableDoesNotExist,
)
from django.template.base import Template

from mailer.errors import RenderingError
from mailer.rendering.lint import check_theme

THEMES = Path(__file__).resolve().parent.parent.parent / "templates" / "issues"
FAULTS = (TemplateDoesNotExist, TemplateSyntaxError, VariableDoesNotExist)
ENTRY = "issue.mjml"
INLINED = "inline.css"
# What a template shows for a variable that is not there, made of code points that no
# document holds, so that a mistyped name is told instead of leaving a gap in a mail.
_MISSING = re.compile("\uffff(.*?)\uffff")


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """A theme, its templates parsed once.

    ``inlined`` is the style sheet that is written into the elements; what must stay a style
    sheet, such as the rules for phones and for dark mode, is part of ``issue``.
    """

    name: str
    issue: Template = field(repr=False)
    inlined: Template = field(repr=False)

    def render_mjml(self, view: Mapping[str, Any]) -> str:
        """Return the MJML of a view. Raises RenderingError."""
        return self._render(self.issue, view)

    def render_css(self, view: Mapping[str, Any]) -> str:
        """Return the style sheet to be inlined for a view. Raises RenderingError."""
        return self._render(self.inlined, view)

    def _render(self, template: Template, view: Mapping[str, Any]) -> str:
        try:
            rendered = str(template.render(Context(dict(view), use_l10n=False)))
        except FAULTS as error:
            raise RenderingError(f"The theme {self.name!r} can't be rendered: {error}") from error
        missing = _MISSING.search(rendered)
        if missing:
            raise RenderingError(f"The theme {self.name!r} shows {missing[1]!r}: there is no such.")
        return rendered


def load_theme(name: str = "default", *, folder: Path | None = None) -> Theme:
    """Return a theme by its folder's name, loaded once.

    Raises RenderingError if it is unknown, or holds what the compiler would silently drop.
    """
    return _load(name, folder or THEMES)


def list_themes(folder: Path | None = None) -> list[str]:
    """Return the names of the themes that there are."""
    return sorted(path.parent.name for path in (folder or THEMES).glob(f"*/{ENTRY}"))


@cache
def _load(name: str, folder: Path) -> Theme:
    known = list_themes(folder)
    if name not in known:
        raise RenderingError(f"There is no theme {name!r}: there are {', '.join(known)}.")
    root = folder / name
    check_theme(root)
    # Only this folder's templates, and no libraries: a theme can't load what is not its own.
    engine = Engine(dirs=[str(root)], autoescape=True, string_if_invalid="\uffff%s\uffff")
    try:
        issue, inlined = engine.get_template(ENTRY), engine.get_template(INLINED)
    except FAULTS as error:
        raise RenderingError(f"The theme {name!r} can't be loaded: {error}") from error
    return Theme(name=name, issue=issue, inlined=inlined)

"""Themes: a folder of MJML templates and two style sheets."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from django.template import Context, Engine
from django.template.base import Template

from mailer.errors import RenderingError

THEMES = Path(__file__).resolve().parent.parent.parent / "templates" / "issues"


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """A theme, its templates parsed once.

    ``inline_css`` is written into the elements' own styles; ``media_css`` stays a style
    sheet: rules for phones and for dark mode.
    """

    name: str
    template: Template = field(repr=False)
    inline_css: str = field(repr=False)
    media_css: str = field(repr=False)

    def render(self, view: dict[str, Any]) -> str:
        """Return the MJML of a view."""
        return str(self.template.render(Context(view, use_l10n=False)))


def load_theme(name: str = "default", *, folder: Path | None = None) -> Theme:
    """Return a theme by its folder's name, loaded once. Raises RenderingError if it is unknown."""
    return _load(name, folder or THEMES)


@cache
def _load(name: str, folder: Path) -> Theme:
    known = sorted(path.name for path in folder.iterdir() if (path / "issue.mjml").is_file())
    if name not in known:
        raise RenderingError(f"There is no theme {name!r}: there are {', '.join(known)}.")
    root = folder / name
    # Only this folder's templates, and no libraries: a theme can't load what is not the theme's.
    engine = Engine(dirs=[str(root)], autoescape=True)
    return Theme(
        name=name,
        template=engine.get_template("issue.mjml"),
        inline_css=(root / "inline.css").read_text(encoding="utf-8"),
        media_css=(root / "media.css").read_text(encoding="utf-8"),
    )

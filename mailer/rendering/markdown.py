"""Markdown as safe HTML."""

from __future__ import annotations

import re

import nh3
from markdown_it import MarkdownIt

TAGS = frozenset(
    {
        "a",
        "blockquote",
        "br",
        "code",
        "em",
        "h4",
        "h5",
        "h6",
        "hr",
        "li",
        "ol",
        "p",
        "pre",
        "strong",
        "ul",
    }
)
SCHEMES = frozenset({"http", "https", "mailto"})
PARSER = MarkdownIt("commonmark", {"html": False})
# Minor headings of running text stand below an article's own, which is an h3.
_HEADING = re.compile(r"<(/?)h([1-6])>")


def to_html(markdown: str) -> str:
    """Return Markdown as HTML with known tags, closed, and links that run no code."""
    html = _HEADING.sub(_lower, PARSER.render(markdown))
    return (
        nh3.clean(
            html,
            tags=set(TAGS),
            attributes={"a": {"href", "title"}},
            url_schemes=set(SCHEMES),
            link_rel=None,
        )
        .replace("<br>", "<br />")
        .replace("<hr>", "<hr />")
    )


def _lower(match: re.Match[str]) -> str:
    return f"<{match[1]}h{min(max(int(match[2]) + 1, 4), 6)}>"

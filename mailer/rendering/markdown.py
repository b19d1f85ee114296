"""Markdown as safe HTML."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

import nh3
from markdown_it import MarkdownIt

from mailer.rendering.check import check_text
from mailer.rendering.links import SCHEMES, is_safe

TAGS = frozenset(
    "a blockquote br code em h3 h4 h5 h6 hr li ol p pre strong ul".split()  # noqa: SIM905 - a list of words
)
# Of a text that is being written one part in sixty is another at each key, and a mailing's variants
# share most of theirs; parsing the others again takes most of the time of rendering.
REMEMBERED_TEXTS = 512
# HTML is shown as the characters that it is; a picture needs a block, with its alt text.
PARSER = MarkdownIt("commonmark", {"html": False}).disable("image")
_HEADING = re.compile(r"<(/?)h([1-6])>")
# The compiler wants every tag closed, as in XML.
_VOID = re.compile(r"<(br|hr)>")


@lru_cache(maxsize=REMEMBERED_TEXTS)
def to_html(markdown: str, *, highest: int) -> str:
    """Return Markdown as HTML with known tags, closed, and links that run no code.

    ``highest`` is the level of its own headings (WCAG 2.2, 1.3.1: none is left out below the
    section's or article's that they stand under). Raises RenderingError for what can't be
    rendered as it is.
    """
    clean = nh3.clean(
        _HEADING.sub(_lower(highest), PARSER.render(markdown)),
        tags=set(TAGS),
        attributes={"a": {"href", "title"}, "ol": {"start"}},
        attribute_filter=_filter,
        url_schemes=set(SCHEMES),
        link_rel=None,
    )
    check_text(clean)
    return _VOID.sub(r"<\1 />", clean)


def _lower(highest: int) -> Callable[[re.Match[str]], str]:
    """Return what writes a heading so that ``###``, the highest there may be, is ``highest``."""
    by = highest - 3
    return lambda match: f"<{match[1]}h{min(max(int(match[2]) + by, highest), 6)}>"


def _filter(_tag: str, attribute: str, value: str) -> str | None:
    """Drop links that lead nowhere in a mail: relative ones, save those to an anchor."""
    if attribute == "href" and not (is_safe(value) or value.startswith("#")):
        return None
    return value

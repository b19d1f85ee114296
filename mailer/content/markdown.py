"""Checking an issue's Markdown: no HTML, no foreign images, no links that run code."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token

from mailer.content.problems import Problems

SCHEMES = frozenset({"http", "https", "mailto"})
LINK_REMEDY = "Begin it with https://, http:// or mailto:."


def is_safe_link(url: str) -> bool:
    """Tell whether a link is one that a bulletin may carry."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return False
    return parts.scheme.lower() in SCHEMES and bool(parts.netloc or parts.scheme == "mailto")


def _accept(url: str) -> bool:  # noqa: ARG001 - the name is the library's
    return True


def _make_parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": True})
    # Unsafe links are to be found, not shown as text: what is safe is decided here.
    parser.validateLink = _accept  # type: ignore[method-assign]
    return parser


PARSER = _make_parser()


def check_markdown(markdown: str, *, line: int, problems: Problems) -> None:
    """Note what an issue's Markdown must not hold; ``line`` is the file's line of its first."""
    for token, at in _walk(PARSER.parse(markdown)):
        for what, remedy in _judge(token):
            problems.add(line + at, what, remedy)


def _walk(tokens: list[Token]) -> Iterator[tuple[Token, int]]:
    """Yield every token with its line, counted from zero; inline ones have their parent's."""
    for token in tokens:
        at = token.map[0] if token.map else 0
        yield token, at
        for child in token.children or ():
            yield child, at


def _judge(token: Token) -> Iterator[tuple[str, str]]:
    if token.type in {"html_block", "html_inline"}:
        words = " ".join(token.content.split())[:40]
        yield f"HTML is not used here: {words!r}", "Write Markdown; for a plain < write \\<."
    elif token.type == "image":
        yield "a picture stands in running text", "Put it in a :::photo block with alt text."
    elif token.type == "heading_open" and token.tag in {"h1", "h2"}:
        yield "a heading is underlined", "Begin sections with '# ' and articles with '## '."
    elif token.type == "link_open" and not is_safe_link(str(token.attrGet("href") or "")):
        yield f"a link leads to {str(token.attrGet('href'))[:60]!r}", LINK_REMEDY

"""Checking an issue's Markdown: no HTML, no foreign images, no links that run code."""

from __future__ import annotations

import re
from collections import ChainMap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from mailer.content.problems import UNWANTED, Problems, judge_text

# Addresses and titles by the keys of their labels, in the parser's own form.
Targets = dict[str, dict[str, str]]
SCHEMES = frozenset({"http", "https", "mailto"})
LINK_REMEDY = "Begin it with https://, http:// or mailto:, and leave no space or quote in it."
LOST = "lost_reference"  # what stands before a link by a label that nothing defines
# A browser drops or bends these in an address, so that it leads elsewhere than it says.
_UNFIT = re.compile(r"[\s<>\"\\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class LoneLink:
    """A paragraph that is one link with plain words: lines ``first`` to ``end``, from zero."""

    label: str
    url: str
    first: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """A link's address under a label, ``[label]: url "title"``, at a line counted from zero.

    ``key`` is the label as labels are compared (CommonMark §6.3).
    """

    key: str
    label: str
    url: str
    title: str
    at: int


def is_safe_link(url: str) -> bool:
    """Tell whether a link is one that a bulletin may carry."""
    if _UNFIT.search(url) or UNWANTED.search(url):
        return False
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    place = parts.path if parts.scheme == "mailto" else parts.netloc
    return parts.scheme in SCHEMES and bool(place)


def _make_parser() -> MarkdownIt:
    # Definitions become tokens, and links by reference say their label.
    options = {"html": True, "inline_definitions": True, "store_labels": True}
    parser = MarkdownIt("commonmark", options)
    # Links are to be seen as they were written: what is safe is decided here, and told.
    parser.validateLink = _accept  # type: ignore[method-assign]
    parser.normalizeLink = str  # type: ignore[method-assign,assignment]
    parser.inline.ruler.after("link", LOST, _note_lost_reference)
    return parser


def _accept(url: str) -> bool:  # noqa: ARG001 - the name is the library's
    return True


def _note_lost_reference(state: StateInline, silent: bool) -> bool:
    """Put a token before ``[words][label]`` that is no link, as its label is not defined."""
    if silent or state.src[state.pos] != "[" or "][" not in state.src:
        return False
    find_end = state.md.helpers.parseLinkLabel
    end = find_end(state, state.pos, True)
    if end < 0 or state.src[end + 1 : end + 2] != "[":
        return False
    last = find_end(state, end + 1)
    label = state.src[end + 2 : last] or state.src[state.pos + 1 : end]
    if last >= 0 and label.strip():
        state.push(LOST, "", 0).meta["label"] = label
    return False


PARSER = _make_parser()
# Paragraphs' insides take most of the time, and no definition stands there.
OUTLINER = _make_parser().disable("inline")


def check_markdown(markdown: str, *, line: int, problems: Problems) -> None:
    """Note what an issue's Markdown must not hold; ``line`` is the file's line of its first."""
    for token, at in _walk(markdown):
        for what, remedy in _judge(token):
            problems.add(line + at, what, remedy)


def find_jumps(markdown: str) -> Iterator[tuple[str, int]]:
    """Yield the anchors of this issue that links lead to, each with its line from zero."""
    for token, at in _walk(markdown):
        href = _href(token)
        if href.startswith("#"):
            yield href[1:], at


def find_definitions(markdown: str) -> Iterator[Definition]:
    """Yield the definitions of links' labels, equal labels among them."""
    for token in OUTLINER.parse(markdown):
        if token.type == "definition" and token.map:
            label, url, title = (str(token.meta[name]) for name in ("label", "url", "title"))
            key = str(token.meta["id"])
            yield Definition(key=key, label=label, url=url, title=title, at=token.map[0])


def find_references(markdown: str, known: Targets) -> Iterable[str]:
    """Return the keys of the definitions that links use, the known ones and its own, each once."""
    inlines = (token.children or [] for token in _parse(markdown, known))
    links = (each for children in inlines for each in children if each.type == "link_open")
    labels = (link.meta.get("label") for link in links)
    return dict.fromkeys(str(label) for label in labels if label)


def _parse(markdown: str, known: Targets) -> list[Token]:
    """Return the tokens of Markdown in which ``known`` labels are defined too."""
    # The parser adds those of the Markdown; they are for this time only.
    return PARSER.parse(markdown, {"references": ChainMap({}, known)})


def find_lone_links(markdown: str, known: Targets | None = None) -> Iterator[LoneLink]:
    """Yield the paragraphs that are one link and nothing else, outside of lists and code."""
    tokens = _parse(markdown, known or {})
    for opening, inline in pairwise(tokens):
        if opening.type == "paragraph_open" and opening.level == 0:
            yield from _read_lone_link(opening, inline.content, inline.children or [])


def _read_lone_link(opening: Token, text: str, children: list[Token]) -> Iterator[LoneLink]:
    # A link by reference ends with a bracket, and one with a title has more to say: both stay.
    kinds = [child.type for child in children]
    plain = {"text", "softbreak"}.issuperset(kinds[1:-1]) and text.endswith(")")
    if kinds[:1] != ["link_open"] or kinds[-1] != "link_close" or not plain:
        return
    if children[0].attrGet("title") is None and opening.map:
        label = "".join(child.content or " " for child in children[1:-1])
        first, end = opening.map
        yield LoneLink(label=label, url=_href(children[0]), first=first, end=end)


def _walk(markdown: str) -> Iterator[tuple[Token, int]]:
    """Yield every token with its line, counted from zero; inline ones stand where they do."""
    for token in PARSER.parse(markdown + "\n"):
        at = token.map[0] if token.map else 0
        yield token, at
        for child in token.children or ():
            yield child, at
            at += child.type in {"softbreak", "hardbreak"}
            at += child.content.count("\n")


def _href(token: Token) -> str:
    return str(token.attrGet("href") or "") if token.type == "link_open" else ""


def _judge(token: Token) -> Iterator[tuple[str, str]]:
    if token.type in {"html_block", "html_inline"}:
        words = " ".join(token.content.split())[:40]
        yield f"HTML is not used here: {words!r}", "Write Markdown; for a plain < write \\<."
    elif token.type == "image":
        remedy = "Put it in a block: :::photo, src: picture.jpg, alt: what it shows, and :::."
        yield "a picture stands in running text", remedy
    elif token.type == "heading_open" and token.tag in {"h1", "h2"}:
        yield _judge_heading(token)
    elif token.type == "fence" and _is_open(token):
        yield "a block of code has no end", f"Write {token.markup} below its last line."
    elif token.type == LOST:
        label = str(token.meta["label"])[:40]
        remedy = (
            f"Below an empty line write '[{label}]: https://…' on a line of its own; "
            "or for plain brackets write \\[."
        )
        yield f"a link's label [{label}] is not defined in this issue", remedy
    elif token.type == "link_open":
        yield from _judge_link(_href(token))
    elif not token.children:
        # Entities are read by now: what a line of the file hid behind &#8238; is in the open.
        yield from judge_text(token.content)


def _judge_heading(token: Token) -> tuple[str, str]:
    remedy = "Begin sections with '# ' and articles with '## ', at the margin, and a title."
    if token.markup.startswith("#"):
        return "a section's or article's heading is indented, empty, or inside a list", remedy
    return "a heading is underlined", remedy


def _judge_link(href: str) -> Iterator[tuple[str, str]]:
    if not href.startswith("#") and not is_safe_link(href):
        yield f"a link leads to {href[:60]!r}", LINK_REMEDY
    yield from judge_text(href)


def _is_open(token: Token) -> bool:
    """Tell whether code ran on to the end: its lines are the opening one and its content."""
    first, end = token.map or (0, 0)
    return end - first == token.content.count("\n") + 1

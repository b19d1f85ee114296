"""An issue's Markdown as tokens, and what stands in it: definitions, references, jumps, buttons.

Each part of an issue is parsed once; whoever asks something of it is given its tokens.
"""

from __future__ import annotations

import re
from collections import ChainMap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from mailer.content.problems import UNWANTED

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


def parse(markdown: str, known: Targets | None = None) -> list[Token]:
    """Return the tokens of Markdown in which ``known`` labels are defined too."""
    # The parser adds those of the Markdown; they are for this time only.
    return PARSER.parse(markdown + "\n", {"references": ChainMap({}, known or {})})


def parse_line(markdown: str, known: Targets) -> list[Token]:
    """Return the inline tokens of one line, at the beginning of which no mark means anything."""
    (inline,) = PARSER.parseInline(markdown, {"references": ChainMap({}, known)})
    return inline.children or []


def find_definitions(markdown: str) -> Iterator[Definition]:
    """Yield the definitions of links' labels, equal labels among them."""
    if "]:" in markdown:  # most text has none, and parsing takes its time
        yield from list_definitions(OUTLINER.parse(markdown))


def list_definitions(tokens: Iterable[Token]) -> Iterator[Definition]:
    """Yield the definitions that stand among tokens."""
    for token in tokens:
        if token.type == "definition" and token.map:
            label, url, title = (str(token.meta[name]) for name in ("label", "url", "title"))
            key = str(token.meta["id"])
            yield Definition(key=key, label=label, url=url, title=title, at=token.map[0])


def list_references(tokens: Iterable[Token]) -> Iterable[str]:
    """Return the keys of the definitions that links use, each once."""
    links = (each for token in tokens for each in token.children or ())
    labels = (each.meta.get("label") for each in links if each.type == "link_open")
    return dict.fromkeys(str(label) for label in labels if label)


def list_jumps(tokens: Iterable[Token]) -> Iterator[tuple[str, int]]:
    """Yield the anchors of this issue that links lead to, each with its line from zero."""
    for token, at in walk(tokens):
        href = link_target(token)
        if href.startswith("#"):
            yield href[1:], at


def is_empty(tokens: Iterable[Token]) -> bool:
    """Tell whether nothing is shown of tokens: there are definitions at most."""
    return all(token.type == "definition" for token in tokens)


def divide(tokens: list[Token]) -> Iterator[tuple[list[Token], LoneLink | None]]:
    """Yield each paragraph that is one link and nothing else, and the tokens before it.

    What stands in lists and code is no such paragraph. The last tokens have no link after them.
    """
    done = 0
    for at, opening in enumerate(tokens):
        if opening.type == "paragraph_open" and opening.level == 0:
            link = _read_lone_link(opening, tokens[at + 1])
            if link:
                yield tokens[done:at], link
                done = at + 3  # the paragraph's beginning, inside and end
    yield tokens[done:], None


def _read_lone_link(opening: Token, inline: Token) -> LoneLink | None:
    # A link by reference ends with a bracket, and one with a title has more to say: both stay.
    children = inline.children or []
    kinds = [child.type for child in children]
    plain = {"text", "softbreak"}.issuperset(kinds[1:-1]) and inline.content.endswith(")")
    if kinds[:1] != ["link_open"] or kinds[-1] != "link_close" or not plain:
        return None
    if children[0].attrGet("title") is not None or not opening.map:
        return None
    label = "".join(child.content or " " for child in children[1:-1])
    first, end = opening.map
    return LoneLink(label=label, url=link_target(children[0]), first=first, end=end)


def walk(tokens: Iterable[Token]) -> Iterator[tuple[Token, int]]:
    """Yield every token with its line, counted from zero; inline ones stand where they do."""
    for token in tokens:
        at = token.map[0] if token.map else 0
        yield token, at
        for child in token.children or ():
            yield child, at
            at += child.type in {"softbreak", "hardbreak"}
            at += child.content.count("\n")


def link_target(token: Token) -> str:
    """Return where the link leads that a token begins, or ""."""
    return str(token.attrGet("href") or "") if token.type == "link_open" else ""

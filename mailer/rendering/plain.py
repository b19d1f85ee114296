"""Markdown as paragraphs of plain text."""

from __future__ import annotations

from collections.abc import Iterator

from markdown_it.token import Token

from mailer.rendering.markdown import PARSER

BREAKS = {"softbreak": " ", "hardbreak": "\n"}


def to_plain(markdown: str) -> list[tuple[str, str]]:
    """Return paragraphs, each as the mark of its first line (a list's "- ") and its text.

    A link is followed by its address in brackets; emphasis is left to the words.
    """
    paragraphs: list[tuple[str, str]] = []
    marks: list[str] = []
    numbers: list[int] = []
    for token in PARSER.parse(markdown):
        if token.type in {"bullet_list_open", "ordered_list_open"}:
            numbers.append(int(token.attrGet("start") or 1) if token.tag == "ol" else 0)
        elif token.type in {"bullet_list_close", "ordered_list_close"}:
            numbers.pop()
        elif token.type == "list_item_open":
            marks.append(_mark(numbers))
        elif token.type == "inline":
            paragraphs.append((marks.pop() if marks else "", _inline(token)))
        elif token.type in {"fence", "code_block"}:
            paragraphs.append(("", token.content.rstrip("\n")))
    return paragraphs


def _mark(numbers: list[int]) -> str:
    indent = "  " * (len(numbers) - 1)
    if not numbers[-1]:
        return f"{indent}- "
    numbers[-1] += 1
    return f"{indent}{numbers[-1] - 1}. "


def _inline(token: Token) -> str:
    return "".join(_pieces(token.children or []))


def _pieces(children: list[Token]) -> Iterator[str]:
    links: list[tuple[str, list[str]]] = []
    for child in children:
        if child.type == "link_open":
            links.append((str(child.attrGet("href") or ""), []))
        elif child.type == "link_close":
            url, label = links.pop()
            yield "" if _shown("".join(label), url) else f" ({url})"
        else:
            text = BREAKS.get(child.type, child.content)
            for _, label in links:
                label.append(text)
            yield text


def _shown(label: str, url: str) -> bool:
    """Tell whether the label shows the address already."""
    return label in {url, url.removeprefix("mailto:")}

"""Markdown as plain text: emphasis is left to the words, links show where they lead."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from markdown_it.token import Token

from mailer.rendering.check import check_text
from mailer.rendering.columns import wrap
from mailer.rendering.markdown import PARSER, REMEMBERED_TEXTS

BREAKS = {"softbreak": " ", "hardbreak": "\n"}
QUOTED = "> "


@dataclass(slots=True, kw_only=True)
class Container:
    """A quotation or a list's item around paragraphs, and the mark before its lines."""

    mark: str
    used: bool = False

    def use(self) -> str:
        """Return the mark of the next line: an item's own stands before its first line only."""
        shown = self.mark if self.mark == QUOTED or not self.used else " " * len(self.mark)
        self.used = True
        return shown


@dataclass(slots=True)
class PlainWriter:
    """Write a Markdown parser's tokens as lines of text."""

    indent: str = ""
    lines: list[str] = field(default_factory=list)
    containers: list[Container] = field(default_factory=list)
    numbers: list[int | None] = field(default_factory=list)
    tight: bool = False

    def write(self, tokens: list[Token]) -> None:
        """Write all tokens."""
        for token in tokens:
            self._read(token)

    def _read(self, token: Token) -> None:
        match token.type:
            case "bullet_list_open" | "ordered_list_open":
                start = token.attrGet("start")
                ordered = token.tag == "ol"
                self.numbers.append(int(1 if start is None else start) if ordered else None)
            case "bullet_list_close" | "ordered_list_close":
                self.numbers.pop()
            case "list_item_open":
                self.containers.append(Container(mark=self._count()))
            case "blockquote_open":
                self.containers.append(Container(mark=QUOTED))
            case "list_item_close" | "blockquote_close":
                self.containers.pop()
            case _:
                self._read_leaf(token)

    def _read_leaf(self, token: Token) -> None:
        match token.type:
            case "paragraph_open" | "heading_open":
                self._separate(tight=token.hidden)
            case "inline":
                for part in _write_inline(token).split("\n"):
                    first, rest = self._prefix(), self._prefix()
                    self.lines += wrap(part, first=first, rest=rest)
            case "fence" | "code_block":
                self._separate(tight=False)
                # Code keeps its lines and its spaces.
                code = token.content.rstrip("\n").split("\n")
                self.lines += [f"{self._prefix()}{line}" for line in code]
            case "hr":
                self._separate(tight=False)
                self.lines.append(f"{self._prefix()}* * *")
            case _:
                pass

    def _separate(self, *, tight: bool) -> None:
        """Leave a blank line before a paragraph, save between the items of a dense list."""
        if self.lines and not (tight and self.tight):
            self.lines.append("")
        self.tight = tight

    def _prefix(self) -> str:
        return self.indent + "".join(container.use() for container in self.containers)

    def _count(self) -> str:
        number = self.numbers[-1]
        if number is None:
            return "- "
        self.numbers[-1] = number + 1
        return f"{number}. "


@lru_cache(maxsize=REMEMBERED_TEXTS)
def to_plain(markdown: str, *, indent: str = "") -> str:
    """Return Markdown as lines of text, paragraphs apart.

    A link is followed by its address in brackets. Raises RenderingError for what can't be
    rendered as it is.
    """
    writer = PlainWriter(indent)
    writer.write(PARSER.parse(markdown))
    text = "\n".join(writer.lines)
    check_text(text)
    return text


def _write_inline(token: Token) -> str:
    return "".join(_write_pieces(token.children or []))


def _write_pieces(children: list[Token]) -> Iterator[str]:
    url, label = "", ""
    for child in children:
        if child.type == "link_open":
            url, label = str(child.attrGet("href")), ""
        elif child.type == "link_close":
            leads_within = url.startswith("#")  # which means nothing where there are no anchors
            is_told = leads_within or label in {url, url.removeprefix("mailto:")}
            yield "" if is_told else f" ({url})"
        else:
            text = BREAKS.get(child.type, child.content)
            label += text
            yield text

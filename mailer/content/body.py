"""The body: sections, articles and their blocks, read line by line."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field

from mailer.content.blocks import FENCED, read_announcement, read_prose, read_quotation
from mailer.content.fields import read_fields
from mailer.content.problems import Problems, suggest
from mailer.types import Article, Block, Section

_HEADING = re.compile(r"(#{1,2})[ \t]+(\S.*?)[ \t]*")
_FENCE = re.compile(r":::[ \t]*([\w-]*)[ \t]*")
_CODE = re.compile(r" {0,3}(```|~~~)")
LONGEST_TITLE = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of the file: its number, counted from one, and its text."""

    number: int
    text: str


@dataclass(slots=True)
class Draft:
    """A section or an article while it is read."""

    title: str
    anchor: str
    blocks: list[Block] = field(default_factory=list)
    articles: list[Draft] = field(default_factory=list)


@dataclass(slots=True)
class BodyReader:
    """Read a body's lines into sections. Problems are noted; reading goes on."""

    problems: Problems
    sections: list[Draft] = field(default_factory=list)
    blocks: list[tuple[Block, int]] = field(default_factory=list)
    anchors: set[str] = field(default_factory=set)

    def read(self, lines: list[Line]) -> tuple[Section, ...]:
        """Return the sections that the lines make."""
        for kind, chunk in cut(lines):
            READERS[kind](self, chunk)
        return tuple(_finish(section) for section in self.sections)

    def read_heading(self, chunk: list[Line]) -> None:
        """Begin a section (#) or an article (##)."""
        match = _HEADING.fullmatch(chunk[0].text)
        assert match is not None
        level, title = match[1], match[2]
        if len(title) > LONGEST_TITLE:
            remedy = f"Shorten it to at most {LONGEST_TITLE} characters."
            self.problems.add(chunk[0].number, "a heading is very long", remedy)
        draft = Draft(title, self._anchor(title, "section" if level == "#" else "article"))
        if level == "#":
            self.sections.append(draft)
        elif self.sections:
            self.sections[-1].articles.append(draft)
        else:
            remedy = "Write a section's heading, '# News', above it."
            self.problems.add(chunk[0].number, "an article stands before any section", remedy)

    def read_fence(self, chunk: list[Line]) -> None:
        """Read a block between ``:::kind`` and ``:::``."""
        first, last = chunk[0], chunk[-1]
        match = _FENCE.fullmatch(first.text.strip())
        kind = match[1] if match else first.text.strip(": ")
        if len(chunk) == 1 or last.text.strip() != ":::":
            self.problems.add(
                first.number, f"the block :::{kind} has no end", "Write ::: below it."
            )
            return
        if kind not in FENCED:
            self.problems.add(first.number, f"there is no block {kind!r}", suggest(kind, FENCED))
            return
        text = "\n".join(line.text for line in chunk[1:-1])
        where = f"the {kind}"
        fields = read_fields(text, where=where, line=first.number + 1, problems=self.problems)
        fields.line = first.number
        self._add(FENCED[kind](fields), first.number)
        fields.refuse_others()

    def read_quote(self, chunk: list[Line]) -> None:
        """Read a run of lines that begin with '>'."""
        markdown = "\n".join(re.sub(r"^ {0,3}> ?", "", line.text).rstrip() for line in chunk)
        line = chunk[0].number
        self._add(read_quotation(markdown, line=line, problems=self.problems), line)

    def read_text(self, chunk: list[Line]) -> None:
        """Read running text, in which a paragraph that is only a link is an announcement."""
        run: list[Line] = []
        for paragraph in _paragraphs(chunk):
            first = paragraph[0]
            text = "\n".join(line.text for line in paragraph)
            block = read_announcement(text, line=first.number, problems=self.problems)
            if block is None:
                run += paragraph
                continue
            self._add_prose(run)
            run = []
            self._add(block, first.number)
        self._add_prose(run)

    def _add_prose(self, run: list[Line]) -> None:
        lines = _strip_blank(run)
        if lines:
            text = "\n".join(line.text for line in lines)
            line = lines[0].number
            self._add(read_prose(text, line=line, problems=self.problems), line)

    def _add(self, block: Block, line: int) -> None:
        self.blocks.append((block, line))
        if not self.sections:
            remedy = "Write a section's heading, '# News', above it."
            self.problems.add(line, "text stands before any section", remedy)
            return
        section = self.sections[-1]
        (section.articles[-1] if section.articles else section).blocks.append(block)

    def _anchor(self, title: str, kind: str) -> str:
        """Return an anchor of ASCII letters, as every mail program follows, once in the issue."""
        plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
        slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60].strip("-")
        base = slug if re.match(r"[a-z]", slug) else kind
        anchor, count = base, 1
        while anchor in self.anchors:
            count += 1
            anchor = f"{base}-{count}"
        self.anchors.add(anchor)
        return anchor


READERS = {
    "heading": BodyReader.read_heading,
    "fence": BodyReader.read_fence,
    "quote": BodyReader.read_quote,
    "text": BodyReader.read_text,
}


def cut(lines: list[Line]) -> Iterator[tuple[str, list[Line]]]:
    """Cut a body into headings, fenced blocks, quotations and running text, in order."""
    kind, chunk, code = "text", list[Line](), ""
    for line in lines:
        next_kind = _kind_of(line.text, kind, chunk, code)
        if next_kind in {"heading", "open"} or next_kind != kind:
            if chunk:
                yield kind, chunk
            chunk = []
            kind = "fence" if next_kind == "open" else next_kind
        chunk.append(line)
        if kind == "text":
            code = _next_code(line.text, code)
        elif kind == "fence" and len(chunk) > 1 and line.text.strip() == ":::":
            yield kind, chunk
            kind, chunk = "text", []
    if chunk:
        yield kind, chunk


def _kind_of(text: str, kind: str, chunk: list[Line], code: str) -> str:
    """Return what a line belongs to, given what is being read; "open" begins a fenced block."""
    if code:
        return "text"
    if _HEADING.fullmatch(text):
        return "heading"
    if kind == "fence" and chunk:
        return "fence"
    if text.lstrip().startswith(":::"):
        return "open"
    if re.match(r" {0,3}>", text):
        return "quote"
    return "text"


def _next_code(text: str, code: str) -> str:
    """Return the mark that ends the code block a line is in, or "" outside of one."""
    match = _CODE.match(text)
    if match is None:
        return code
    return match[1] if not code else ("" if match[1] == code else code)


def _paragraphs(lines: list[Line]) -> Iterator[list[Line]]:
    """Cut lines after blank ones; the blank lines stay with the paragraph above them."""
    paragraph: list[Line] = []
    for line in lines:
        if line.text.strip() and paragraph and not paragraph[-1].text.strip():
            yield paragraph
            paragraph = []
        paragraph.append(line)
    if paragraph:
        yield paragraph


def _strip_blank(lines: list[Line]) -> list[Line]:
    full = [index for index, line in enumerate(lines) if line.text.strip()]
    return lines[full[0] : full[-1] + 1] if full else []


def _finish(draft: Draft) -> Section:
    return Section(
        title=draft.title,
        anchor=draft.anchor,
        blocks=tuple(draft.blocks),
        articles=tuple(
            Article(title=article.title, anchor=article.anchor, blocks=tuple(article.blocks))
            for article in draft.articles
        ),
    )

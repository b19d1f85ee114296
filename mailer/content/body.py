"""The body: sections, articles and their blocks, read run by run."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from operator import itemgetter

from markdown_it.token import Token

from mailer.content.anchors import Anchors
from mailer.content.blocks import FENCED, read_announcement, read_quotation
from mailer.content.cut import HEADING, Kind, Line
from mailer.content.fields import read_fields
from mailer.content.markdown import divide, is_empty, parse
from mailer.content.passages import Passage, Passages
from mailer.content.problems import Problems, suggest
from mailer.content.references import References
from mailer.content.segments import MOST_SEGMENTS
from mailer.content.titles import read_title
from mailer.types import Article, Block, Prose, Section

LONGEST_TITLE = 300  # a heading that fills a telephone's screen is a paragraph
SECTION_REMEDY = "Write a section's heading, '# News', above it."


@dataclass(slots=True)
class Draft:
    """A section or an article while it is read."""

    title: str
    anchor: str
    only_for: tuple[str, ...] = ()
    blocks: list[Block] = field(default_factory=list)
    articles: list[Draft] = field(default_factory=list)


@dataclass(slots=True)
class BodyReader:
    """Read a body's lines into sections. Problems are noted; reading goes on.

    ``blocks`` are all the blocks with the lines they begin on, ``segments`` the segments that
    are named, in their order, with the line of the first time. ``only_for`` is whom the next
    block is for.
    """

    problems: Problems
    sections: list[Draft] = field(default_factory=list)
    blocks: list[tuple[Block, int]] = field(default_factory=list)
    anchors: Anchors = field(default_factory=Anchors)
    segments: dict[str, int] = field(default_factory=dict)
    only_for: tuple[str, ...] = ()
    references: References = field(init=False)

    def __post_init__(self) -> None:
        """Begin without references."""
        self.references = References(self.problems)

    def read(self, lines: list[Line]) -> tuple[Section, ...]:
        """Return the sections that the lines make."""
        passages = Passages(self.problems, self.segments).gather(lines)
        self._learn_references(passages)
        for passage in passages:
            self.only_for = passage.only_for
            READERS[passage.kind](self, passage.lines)
        self.segments = dict(sorted(self.segments.items(), key=itemgetter(1)))
        self._check_jumps()
        self._check_segments()
        return tuple(_finish(section) for section in self.sections)

    def read_heading(self, run: list[Line]) -> None:
        """Begin a section (#) or an article (##)."""
        line = run[0]
        match = HEADING.fullmatch(line.text)
        assert match is not None
        level = match[1]
        title, only_for = read_title(
            match[2].rstrip(" \t"),
            line=line.number,
            known=self.references.targets,
            problems=self.problems,
        )
        self._note(only_for, line.number)
        if len(title) > LONGEST_TITLE:
            remedy = f"Shorten it to at most {LONGEST_TITLE} characters."
            self.problems.add(line.number, "a heading is very long", remedy)
        kind = "section" if level == "#" else "article"
        draft = Draft(title, self.anchors.take(title, otherwise=kind), only_for)
        if kind == "section":
            self.sections.append(draft)
        elif self.sections:
            self.sections[-1].articles.append(draft)
        else:
            what = "an article stands before any section"
            self.problems.add(line.number, what, SECTION_REMEDY)

    def read_fence(self, run: list[Line]) -> None:
        """Read a block between ``:::kind`` and ``:::``."""
        first = run[0].number
        kind = run[0].text.strip().lstrip(":").strip()
        if len(run) == 1 or run[-1].text.strip() != ":::":
            what = f"the block :::{kind[:40]} has no end"
            self.problems.add(first, what, "Write ::: below its last line.")
            return
        if kind not in FENCED:
            self.problems.add(first, f"there is no block {kind[:40]!r}", suggest(kind, FENCED))
            return
        text = "\n".join(line.text for line in run[1:-1])
        fields = read_fields(text, where=f"the {kind}", line=first + 1, problems=self.problems)
        fields.line = first
        self._add(FENCED[kind](fields), first)
        fields.refuse_others()

    def read_quote(self, run: list[Line]) -> None:
        """Read a run of lines that begin with '>'."""
        line = run[0].number
        self._add(read_quotation(_unquote(run), line=line, references=self.references), line)

    def read_text(self, run: list[Line]) -> None:
        """Read running text, in which a paragraph that is only a link is an announcement."""
        done, first = 0, run[0].number
        text = "\n".join(line.text for line in run)
        for tokens, link in divide(parse(text, self.references.targets)):
            if not is_empty(tokens):
                self._add_prose(run[done : link.first if link else None], tokens, first)
            if link:
                line = run[link.first].number
                self._add(read_announcement(link, line=line, problems=self.problems), line)
                done = link.end

    def _learn_references(self, passages: list[Passage]) -> None:
        for passage in passages:
            if passage.kind in {Kind.TEXT, Kind.QUOTE}:
                text = "\n".join(_unquote(passage.lines))
                self.references.learn(text, line=passage.lines[0].number)

    def _add_prose(self, run: list[Line], tokens: list[Token], first: int) -> None:
        """Add running text, of which ``tokens`` count their lines from ``first``."""
        full = [index for index, line in enumerate(run) if line.text.strip()]
        lines = run[full[0] : full[-1] + 1]
        text = "\n".join(line.text for line in lines)
        markdown = self.references.settle(text, tokens, line=first)
        self._add(Prose(markdown=markdown), lines[0].number)

    def _add(self, block: Block, line: int) -> None:
        self.blocks.append((block, line))
        if self.only_for:
            block = replace(block, only_for=self.only_for)
        if not self.sections:
            self.problems.add(line, "text stands before any section", SECTION_REMEDY)
            return
        section = self.sections[-1]
        _append((section.articles[-1] if section.articles else section).blocks, block)

    def _note(self, names: tuple[str, ...], line: int) -> None:
        for name in names:
            self.segments[name] = min(line, self.segments.get(name, line))

    def _check_segments(self) -> None:
        if len(self.segments) > MOST_SEGMENTS:
            line = sorted(self.segments.values())[MOST_SEGMENTS]
            what = f"the issue names {len(self.segments)} segments"
            self.problems.add(line, what, f"Name at most {MOST_SEGMENTS}: each doubles the work.")

    def _check_jumps(self) -> None:
        """Note links to places in this issue that it does not have."""
        for anchor, line in self.references.jumps:
            if anchor not in self.anchors.taken:
                what = f"a link jumps to '#{anchor[:60]}', which is not in this issue"
                self.problems.add(line, what, suggest(anchor, sorted(self.anchors.taken)))


READERS = {
    Kind.HEADING: BodyReader.read_heading,
    Kind.FENCE: BodyReader.read_fence,
    Kind.QUOTE: BodyReader.read_quote,
    Kind.TEXT: BodyReader.read_text,
}


def _unquote(lines: list[Line]) -> list[str]:
    return [re.sub(r"^> ?", "", line.text) for line in lines]


def _append(blocks: list[Block], block: Block) -> None:
    """Append a block; texts between which nothing is left are one, as they are when written."""
    last = blocks[-1] if blocks else None
    if isinstance(block, Prose) and isinstance(last, Prose) and block.only_for == last.only_for:
        blocks[-1] = replace(block, markdown=f"{last.markdown}\n\n{block.markdown}")
    else:
        blocks.append(block)


def _finish(draft: Draft) -> Section:
    return Section(
        title=draft.title,
        anchor=draft.anchor,
        only_for=draft.only_for,
        blocks=tuple(draft.blocks),
        articles=tuple(
            Article(
                title=article.title,
                anchor=article.anchor,
                only_for=article.only_for,
                blocks=tuple(article.blocks),
            )
            for article in draft.articles
        ),
    )

"""Reading a draft: the Document that it says so far, and what is still wrong with it.

Each part is read by what reads issue files, and remembered: of sixty parts one has changed since
the last key. So a draft is judged by the rules of an issue file, and by no others.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

from mailer.content.anchors import Anchors
from mailer.content.blocks import FENCED, read_announcement
from mailer.content.body import BodyReader
from mailer.content.cut import Line
from mailer.content.fields import Fields, Value, squeeze
from mailer.content.frontmatter import read_front_matter
from mailer.content.markdown import LoneLink, list_jumps, parse
from mailer.content.problems import Problems, judge_text
from mailer.content.segments import MOST_SEGMENTS, name_segments
from mailer.content.titles import write_line, write_title
from mailer.types import Announcement, Article, Block, Document, Prose, Quotation, Section
from mailer.web.desk.editing.converting import read_roles
from mailer.web.desk.editing.parts import (
    COLOPHON,
    HEAD,
    HEADINGS,
    LONGEST_TEXT,
    PICTURED,
    SECTION,
    Content,
    Part,
    read_only,
)
from mailer.web.desk.editing.wanted import WANTED

# Parts that are remembered as they were read: several drafts of a large bulletin.
REMEMBERED_PARTS = 4_096
UNTITLED = "…"
# What may stand between the lines of a text.
RUNNING = (Prose, Quotation, Announcement)
FRONT = ("subject", "preheader", "published", "publication")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something wrong with a part: with which of its fields, if that is known, and what to do."""

    part: str
    words: str
    field: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a part says: blocks, none while something is wrong, and what that is.

    ``jumps`` are the places in the issue to which its links lead.
    """

    blocks: tuple[Block, ...] = ()
    jumps: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()


@dataclass(slots=True)
class Gathering:
    """A draft's sections while they are put together."""

    sections: list[Section] = field(default_factory=list)
    anchors: Anchors = field(default_factory=Anchors)
    places: dict[str, str] = field(default_factory=dict)

    def begin(self, part: Part) -> None:
        """Begin a section or an article, under a title if it has one yet."""
        title, kind = squeeze(part["values"]["title"]) or UNTITLED, part["kind"]
        anchor = self.anchors.take(title, otherwise=kind)
        only_for = read_only(part["values"]["only"])
        if kind == SECTION:
            self.sections.append(Section(title=title, anchor=anchor, only_for=only_for))
            return
        article = Article(title=title, anchor=anchor, only_for=only_for)
        section = self._last()
        self.sections[-1] = replace(section, articles=(*section.articles, article))

    def add(self, blocks: tuple[Block, ...]) -> None:
        """Add blocks to what was begun last."""
        section = self._last()
        if section.articles:
            *before, article = section.articles
            grown = replace(article, blocks=(*article.blocks, *blocks))
            self.sections[-1] = replace(section, articles=(*before, grown))
        else:
            self.sections[-1] = replace(section, blocks=(*section.blocks, *blocks))

    def where(self) -> str:
        """Return the anchor of what was begun last."""
        section = self._last()
        return section.articles[-1].anchor if section.articles else section.anchor

    def _last(self) -> Section:
        if not self.sections:
            self.sections.append(
                Section(title=UNTITLED, anchor=self.anchors.take("", otherwise="section"))
            )
        return self.sections[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """A draft as it reads: the document so far, what is wrong, and where each part is found."""

    document: Document
    findings: tuple[Finding, ...]
    anchors: Mapping[str, str]


def read_draft(content: Content, *, number: int, language: str, pictures: Collection[str]) -> Proof:
    """Return the document that the sound parts make, and all that is wrong with the others."""
    gathering, findings = Gathering(), list[Finding]()
    document, wrong = read_head(content["head"], number=number, language=language)
    findings += wrong
    for part in content["parts"]:
        reading = read_part(part, pictures)
        findings += reading.findings
        if part["kind"] in HEADINGS:
            gathering.begin(part)
        elif reading.blocks:
            gathering.add(reading.blocks)
        gathering.places[part["id"]] = gathering.where()
    if not content["parts"]:
        findings.append(Finding(part=HEAD, words="Add a section: an issue without one is empty."))
    whole = replace(document, sections=tuple(gathering.sections))
    findings += _judge_whole(whole, content, gathering.anchors.taken, pictures)
    return Proof(document=whole, findings=tuple(findings), anchors=gathering.places)


def read_part(part: Part, pictures: Collection[str]) -> Reading:
    """Return what a part of the body says. A picture that is not among ``pictures`` is missing."""
    kind, values = part["kind"], part["values"]
    source = values.get(PICTURED.get(kind, ""), "")
    if source and source not in pictures:
        finding = Finding(
            part=part["id"], words="The picture is not there: choose it.", field=PICTURED[kind]
        )
        return Reading(findings=(finding,))
    reading = _read_once(kind, tuple(sorted(values.items())))
    named = tuple(replace(each, part=part["id"]) for each in reading.findings)
    return replace(reading, findings=named)


def read_head(part: Part, *, number: int, language: str) -> tuple[Document, tuple[Finding, ...]]:
    """Return a document without sections, and what is wrong with its front matter."""
    given = part["values"]
    problems = Problems("")
    values = {name: Value(line=0, text=squeeze(given[name])) for name in FRONT}
    values |= {"number": Value(line=0, text=str(number)), "language": Value(line=0, text=language)}
    colophon = {name: Value(line=0, text=squeeze(given[name])) for name in COLOPHON[:-1]}
    colophon["roles"] = Value(line=0, fields=_read_people(given["roles"]))
    values["colophon"] = Value(line=0, fields=colophon)
    _judge(given, problems)
    front = read_front_matter(Fields(values=values, where="it", line=0, problems=problems))
    document = Document(
        publication=front.publication,
        number=number,
        published=front.published,
        language=language,
        subject=front.subject,
        preheader=front.preheader,
        colophon=front.colophon,
        sections=(),
    )
    return document, tuple(_find(HEAD, given, problems))


def _read_people(text: str) -> dict[str, Value]:
    return {
        role.title: Value(line=0, items=tuple(Value(line=0, text=name) for name in role.names))
        for role in read_roles(text)
    }


@lru_cache(maxsize=REMEMBERED_PARTS)
def _read_once(kind: str, items: tuple[tuple[str, str], ...]) -> Reading:
    values = dict(items)
    problems = Problems("")
    _judge(values, problems)
    blocks = _read_blocks(kind, values, problems)
    jumps = _find_jumps(values.get("markdown", ""))
    only_for = read_only(values["only"])
    if values["only"].strip() and not only_for:
        problems.add(None, "no segment is named", "Write their names with commas between.")
    if only_for and blocks:
        blocks = tuple(replace(block, only_for=only_for) for block in blocks)
    findings = tuple(_find(kind, values, problems))
    return Reading(blocks=() if findings else blocks, jumps=jumps, findings=findings)


def _read_blocks(kind: str, values: Mapping[str, str], problems: Problems) -> tuple[Block, ...]:
    if kind in FENCED:
        own = {
            name: Value(line=0, text=squeeze(text))
            for name, text in values.items()
            if name != "only"
        }
        return (FENCED[kind](Fields(values=own, where="it", line=0, problems=problems)),)
    if kind == "announcement":
        link = LoneLink(label=values["label"], url=values["url"].strip(), first=0, end=0)
        return (read_announcement(link, line=0, problems=problems),)
    if kind in HEADINGS:
        title = squeeze(values["title"])
        BodyReader(problems).read([Line(number=0, text=f"# {write_title(title, ())}")])
        return ()
    return _read_lines(_write_lines(kind, values), problems)


def _find_jumps(markdown: str) -> tuple[str, ...]:
    return tuple(anchor for anchor, _ in list_jumps(parse(markdown))) if "#" in markdown else ()


def _write_lines(kind: str, values: Mapping[str, str]) -> list[str]:
    lines = values["markdown"].split("\n")
    if kind == "prose":
        return lines
    said = write_line(squeeze(values["attribution"]))
    quoted = [*lines, *(["", f"— {said}"] if said else [])]
    return [f"> {line}" if line else ">" for line in quoted]


def _read_lines(lines: list[str], problems: Problems) -> tuple[Block, ...]:
    """Return the blocks that running text makes: links that stand alone are blocks of their own.

    What would begin another article, or is a block between marks, has a part of its own.
    """
    reader = BodyReader(problems)
    # Where links jump to is judged when the whole issue is known.
    reader.anchors.taken.update(_find_jumps("\n".join(lines)))
    own = ["# x", "", *lines]
    sections = reader.read([Line(number=at, text=text) for at, text in enumerate(own)])
    blocks = tuple(block for section in sections for block in section.blocks)
    if len(sections) > 1 or sections[0].articles:
        remedy = "Make an article's heading a part of its own; in a text begin with ###."
        problems.add(None, "a line begins with # or ##", remedy)
    elif any(block.only_for or not isinstance(block, RUNNING) for block in blocks):
        problems.add(None, "a line begins with :::", "Add what it is as a part of its own.")
    return blocks


def _judge(values: Mapping[str, str], problems: Problems) -> None:
    for name, text in values.items():
        if len(text) > LONGEST_TEXT:
            problems.add(None, f"{name} is very long", "Divide it into several parts.")
        for what, remedy in judge_text(text.replace("\n", " ")):
            problems.add(None, what, remedy)


def _find(kind: str, values: Mapping[str, str], problems: Problems) -> Iterator[Finding]:
    """Yield what is wanted, each with its field, or else what was found to be wrong."""
    wanted = [
        Finding(part=kind, words=words, field=name)
        for (each, name), words in WANTED.items()
        if each == kind and not values[name].strip()
    ]
    yield from wanted
    seen = dict.fromkeys((problem.what, problem.remedy) for problem in problems.found)
    for what, remedy in seen:
        # What is wanted is said already, in better words.
        if not (wanted and (" has no " in what or "a link leads to ''" in what)):
            yield Finding(part=kind, words=f"{what[:1].upper()}{what[1:]}. {remedy}")


def _judge_whole(
    document: Document, content: Content, anchors: Collection[str], pictures: Collection[str]
) -> Iterator[Finding]:
    if len(name_segments(document)) > MOST_SEGMENTS:
        words = f"The issue names more than {MOST_SEGMENTS} segments: each doubles the work."
        yield Finding(part=HEAD, words=words)
    for part in content["parts"]:
        for anchor in read_part(part, pictures).jumps:
            if anchor not in anchors:
                words = f"A link jumps to “#{anchor[:60]}”, which is not in this issue."
                yield Finding(part=part["id"], words=words)

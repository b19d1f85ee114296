"""A proof: an issue as it is about to be sent, as a text and as a page, with its places."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree
from lxml import html as lxml_html

from mailer.checks.findings import WHOLE, Place
from mailer.types import Article, Block, Document, RenderedIssue, Section

Element = lxml_html.HtmlElement


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """A document, what it was rendered to, and the page of it, parsed once.

    ``places`` are the parts by their anchors.
    """

    document: Document
    rendered: RenderedIssue
    page: Element = field(repr=False)
    places: dict[str, Place] = field(repr=False)

    def words(self) -> str:
        """Return the text of the page, each run of white space as one space."""
        body = self.page.find("body")
        texts = () if body is None else body.itertext(etree.Element)
        return " ".join(" ".join(texts).split())

    def walk(self) -> Iterator[tuple[Element, Place]]:
        """Yield the page's elements in order, each with the part that it stands in."""
        place = WHOLE
        for element in self.page.iter(etree.Element):
            place = self.places.get(str(element.get("id", "")), place)
            yield element, place


def pull_proof(document: Document, rendered: RenderedIssue) -> Proof:
    """Return the proof of a document and what it was rendered to."""
    return Proof(
        document=document,
        rendered=rendered,
        page=lxml_html.document_fromstring(rendered.html),
        places={part.anchor: place_part(part) for part in list_parts(document)},
    )


def list_parts(document: Document) -> Iterator[Section | Article]:
    """Yield sections and articles in their order."""
    for section in document.sections:
        yield section
        yield from section.articles


def list_blocks(document: Document) -> Iterator[tuple[Block, Place]]:
    """Yield the blocks in their order, each with its place."""
    for part in list_parts(document):
        for number, block in enumerate(part.blocks, start=1):
            yield block, Place(anchor=part.anchor, title=part.title, block=number)


def place_part(part: Section | Article) -> Place:
    """Return the place of a part as a whole."""
    return Place(anchor=part.anchor, title=part.title)

"""The plain-text part, shaped by hand from the Document: a letter, not stripped HTML."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

from mailer.rendering.plain import to_plain
from mailer.rendering.wording import Wording, find_wording, write_date, write_days
from mailer.types import (
    Announcement,
    Article,
    Block,
    Colophon,
    Document,
    Event,
    Photo,
    Profile,
    Prose,
    Quotation,
    Section,
    SlotName,
    slot,
)

COLUMNS = 72  # short enough to be quoted twice within 78 (RFC 5322 §2.1.1)
# Scripts whose lines may end after any character.
_WIDE = "\u2e80-\u9fff\uac00-\ud7af\uff00-\uffef"
_PIECES = re.compile(f"[{_WIDE}]|[^{_WIDE}]+")


def write_text(document: Document) -> str:
    """Return the issue as plain text, lines of at most 72 columns where words allow it."""
    words = find_wording(document.language)
    writer = TextWriter(document.language, words)
    paragraphs = [
        *writer.masthead(document),
        *writer.contents(document.sections),
        *(part for section in document.sections for part in writer.section(section)),
        *writer.colophon(document.colophon),
        *writer.footer(),
    ]
    return "\n\n".join(paragraphs) + "\n"


class TextWriter:
    """Write the parts of an issue as paragraphs of text."""

    def __init__(self, language: str, words: Wording) -> None:
        self.language = language
        self.words = words

    def masthead(self, document: Document) -> Iterator[str]:
        """Write the publication's name, number and date, and where to read it on the web."""
        number = self.words.number.format(number=document.number)
        date = write_date(document.published, self.language)
        name = "\n".join(wrap(document.publication))
        yield f"{name}\n{number} · {date}\n{'=' * COLUMNS}"
        yield f"{self.words.view_on_web}:\n{slot(SlotName.WEB_URL)}"

    def contents(self, sections: Iterable[Section]) -> Iterator[str]:
        """Write the list of what the issue holds."""
        lines = [self.words.contents, ""]
        for section in sections:
            lines += wrap(section.title)
            for article in section.articles:
                lines += wrap(article.title, first="  - ", rest="    ")
        yield "\n".join(lines)

    def section(self, section: Section) -> Iterator[str]:
        """Write a section with all that it holds."""
        yield "\n" + _underline(section.title, "=")
        yield from self._blocks(section.blocks)
        for article in section.articles:
            yield from self._article(article)

    def colophon(self, colophon: Colophon) -> Iterator[str]:
        """Write who made the issue and where they are."""
        roles = [
            line
            for role in colophon.roles
            for line in wrap(f"{role.title}: {', '.join(role.names)}", rest="  ")
        ]
        contact = [colophon.phone, colophon.email, colophon.website]
        lines = [
            "-" * COLUMNS,
            *wrap(colophon.publisher),
            *roles,
            *wrap(colophon.address),
            *(each for each in contact if each),
        ]
        yield "\n".join(lines)

    def footer(self) -> Iterator[str]:
        """Write to whom this was sent and how to leave."""
        yield self.words.sent_to.format(email=slot(SlotName.EMAIL))
        yield f"{self.words.preferences}:\n{slot(SlotName.PREFERENCES_URL)}"
        yield f"{self.words.unsubscribe}:\n{slot(SlotName.UNSUBSCRIBE_URL)}"

    def _article(self, article: Article) -> Iterator[str]:
        yield _underline(article.title, "-")
        yield from self._blocks(article.blocks)

    def _blocks(self, blocks: Iterable[Block]) -> Iterator[str]:
        for block in blocks:
            yield self._block(block)

    def _block(self, block: Block) -> str:
        match block:
            case Prose():
                return _fill(to_plain(block.markdown))
            case Quotation():
                return self._quotation(block)
            case Announcement():
                return "\n".join([*wrap(f"> {block.label}", rest="  "), f"  {block.url}"])
            case Photo():
                return self._photo(block)
            case Profile():
                return _lines(block.name, block.country, block.note)
            case Event():
                days = write_days(block.starts, block.ends, self.language)
                return _lines(f"* {block.title}", days, block.place, block.url)

    def _quotation(self, block: Quotation) -> str:
        text = _fill(to_plain(block.markdown), indent="    ")
        if not block.attribution:
            return text
        return "\n".join([text, "", *wrap(f"— {block.attribution}", first="    ", rest="      ")])

    def _photo(self, block: Photo) -> str:
        lines = wrap(f"[{self.words.photo}: {block.alt}]")
        note = f"{block.caption} ({block.credit})" if block.credit else block.caption
        return "\n".join([*lines, *wrap(note)])


def wrap(text: str, *, first: str = "", rest: str = "") -> list[str]:
    """Return text on lines of at most 72 columns, by the width that its characters take.

    Words are not broken, as addresses would be; scripts written without spaces break
    between their wide characters.
    """
    lines: list[str] = []
    line, width, empty = first, len(first), True
    for word, gap in _words(text):
        size = measure(word)
        if not empty and width + len(gap) + size > COLUMNS:
            lines.append(line)
            line, width, empty = rest, len(rest), True
        piece = word if empty else gap + word
        line += piece
        width += size + len(piece) - len(word)
        empty = False
    return lines if empty else [*lines, line]


def measure(text: str) -> int:
    """Return how many columns a text takes: none for marks, two for wide characters."""
    return sum(_width(char) for char in text)


def _width(char: str) -> int:
    if unicodedata.category(char) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def _words(text: str) -> Iterator[tuple[str, str]]:
    """Yield each unbreakable piece of text and the space before it, if there is one."""
    for word in text.split():
        pieces = _PIECES.findall(word)
        for index, piece in enumerate(pieces):
            yield piece, " " if index == 0 else ""


def _fill(paragraphs: Iterable[tuple[str, str]], indent: str = "") -> str:
    """Join paragraphs, each given as its first line's mark and its text; lists stay close."""
    filled, was_item = "", False
    for mark, text in paragraphs:
        if filled:
            filled += "\n" if mark and was_item else "\n\n"
        filled += _paragraph(mark, text, indent)
        was_item = bool(mark)
    return filled


def _paragraph(mark: str, text: str, indent: str) -> str:
    hanging = indent + " " * len(mark)
    lines: list[str] = []
    for part in text.split("\n"):
        lines += wrap(part, first=hanging if lines else indent + mark, rest=hanging)
    return "\n".join(lines)


def _lines(head: str, *details: str) -> str:
    """Return a line and, indented below it, those that say more."""
    below = [line for part in details for line in wrap(part, first="  ", rest="  ")]
    return "\n".join([*wrap(head, rest="  "), *below])


def _underline(title: str, mark: str) -> str:
    lines = wrap(title)
    return "\n".join([*lines, mark * max(map(measure, lines), default=0)])

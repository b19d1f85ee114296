"""The plain-text part, shaped by hand from the Document: a letter, not stripped HTML."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mailer.rendering.columns import COLUMNS, underline, wrap
from mailer.rendering.dates import write_date, write_days
from mailer.rendering.plain import to_plain
from mailer.rendering.wording import Wording, find_wording
from mailer.types import (
    Announcement,
    Article,
    Block,
    Colophon,
    Document,
    Photo,
    Profile,
    Prose,
    Quotation,
    Section,
    SlotName,
    slot,
)

QUOTE_INDENT = "    "


def write_text(document: Document) -> str:
    """Return the issue as plain text, lines of at most 72 columns where words allow it."""
    writer = TextWriter(document.language, find_wording(document.language))
    paragraphs = [
        *writer.masthead(document),
        writer.contents(document.sections),
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
        lines = [*wrap(document.publication), *wrap(f"{number} \u00b7 {date}"), "=" * COLUMNS]
        yield "\n".join(lines)
        yield f"{self.words.view_on_web}:\n{slot(SlotName.WEB_URL)}"

    def contents(self, sections: Iterable[Section]) -> str:
        """Write the list of what the issue holds."""
        lines = [underline(self.words.contents, "-")]
        for section in sections:
            lines += ["", *wrap(section.title)]
            for article in section.articles:
                lines += wrap(article.title, first="  - ", rest="    ")
        return "\n".join(lines)

    def section(self, section: Section) -> Iterator[str]:
        """Write a section with all that it holds."""
        yield "\n" + underline(section.title, "=")
        yield from map(self.block, section.blocks)
        for article in section.articles:
            yield from self._article(article)

    def colophon(self, colophon: Colophon) -> Iterator[str]:
        """Write who made the issue and where they are."""
        yield "\n" + "\n".join(["=" * COLUMNS, *wrap(colophon.publisher)])
        roles = [
            line
            for role in colophon.roles
            for line in wrap(f"{role.title}: {self.words.comma.join(role.names)}", rest="  ")
        ]
        if roles:
            yield "\n".join(roles)
        contact = [colophon.phone, colophon.email, colophon.website]
        yield "\n".join([*wrap(colophon.address), *(each for each in contact if each)])

    def footer(self) -> Iterator[str]:
        """Write to whom this was sent and how to leave."""
        yield "-" * COLUMNS + "\n" + self.words.sent_to.format(email=slot(SlotName.EMAIL))
        yield f"{self.words.preferences}:\n{slot(SlotName.PREFERENCES_URL)}"
        yield f"{self.words.unsubscribe}:\n{slot(SlotName.UNSUBSCRIBE_URL)}"

    def _article(self, article: Article) -> Iterator[str]:
        yield underline(article.title, "-")
        yield from map(self.block, article.blocks)

    def block(self, block: Block) -> str:
        """Write a block."""
        match block:
            case Prose():
                return to_plain(block.markdown)
            case Quotation():
                return self._quotation(block)
            case Announcement():
                return "\n".join([*wrap(f"{block.label}:"), block.url])
            case Photo():
                return self._photo(block)
            case Profile():
                return _list_below(block.name, block.country, block.note)
            case _:  # an event: nothing else is left
                days = write_days(block.starts, block.ends, self.language)
                return _list_below(f"* {block.title}", days, block.place, block.url)

    def _quotation(self, block: Quotation) -> str:
        text = to_plain(block.markdown, indent=QUOTE_INDENT)
        if not block.attribution:
            return text
        by = wrap(f"\u2014 {block.attribution}", first=QUOTE_INDENT, rest=QUOTE_INDENT + "  ")
        return "\n".join([text, "", *by])

    def _photo(self, block: Photo) -> str:
        note = f"{block.caption} ({block.credit})" if block.credit else block.caption
        return "\n".join([*wrap(f"[{self.words.photo}: {block.alt}]"), *wrap(note)])


def _list_below(head: str, *details: str) -> str:
    """Return a line and, indented below it, those that say more."""
    below = [line for part in details for line in wrap(part, first="  ", rest="  ")]
    return "\n".join([*wrap(head, rest="  "), *below])

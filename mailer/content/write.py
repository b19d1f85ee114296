"""Writing a Document as an issue file: what was read is written back without loss."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator

from mailer.content.markdown import divide, parse
from mailer.content.segments import EVERYBODY, write_names
from mailer.content.titles import write_line, write_title
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
)

# Values that YAML reads as they stand; anything else is put between double quotes.
_WORD = r"(?:[A-Za-z0-9]|[^\x00-\x7f\s])"
_PLAIN = re.compile(rf"{_WORD}(?:{_WORD}|[ _.,()/@+&-]|:(?! |$))*(?<! )")
_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")  # CommonMark §2.4: each may be escaped
_PLAIN_IN_LIST = re.compile(rf"{_WORD}(?:{_WORD}|[.-]| (?={_WORD}))*")


def write_issue(document: Document) -> str:
    """Return the issue file of a Document, in the one form in which we write it."""
    return "\n".join([*_front_matter(document), "", *_body(document.sections)])


def _front_matter(document: Document) -> Iterator[str]:
    yield "---"
    yield f"publication: {_scalar(document.publication)}"
    yield f"number: {document.number}"
    yield f"published: {document.published}"
    yield f"language: {document.language}"
    yield f"subject: {_quoted(document.subject)}"
    if document.preheader:
        yield f"preheader: {_quoted(document.preheader)}"
    yield from _colophon(document.colophon)
    yield "---"


def _colophon(colophon: Colophon) -> Iterator[str]:
    yield "colophon:"
    yield f"  publisher: {_scalar(colophon.publisher)}"
    yield f"  address: {_quoted(colophon.address)}"
    if colophon.phone:
        yield f"  phone: {_quoted(colophon.phone)}"
    if colophon.email:
        yield f"  email: {_scalar(colophon.email)}"
    if colophon.website:
        yield f"  website: {_scalar(colophon.website)}"
    if colophon.roles:
        yield "  roles:"
    for role in colophon.roles:
        title = role.title if _PLAIN_IN_LIST.fullmatch(role.title) else _quoted(role.title)
        yield f"    {title}: [{', '.join(map(_item, role.names))}]"


def _body(sections: Iterable[Section]) -> Iterator[str]:
    for section in sections:
        yield from (f"# {write_title(section.title, section.only_for)}", "")
        yield from _blocks(section.blocks)
        for article in section.articles:
            yield from _article(article)


def _article(article: Article) -> Iterator[str]:
    yield from (f"## {write_title(article.title, article.only_for)}", "")
    yield from _blocks(article.blocks)


def _blocks(blocks: Iterable[Block]) -> Iterator[str]:
    only_for: tuple[str, ...] = ()
    for block in blocks:
        if block.only_for != only_for:
            only_for = block.only_for
            yield from (f":::only {write_names(only_for)}" if only_for else EVERYBODY, "")
        yield from (_block(block), "")


def _block(block: Block) -> str:
    match block:
        case Prose():
            return block.markdown
        case Quotation():
            return _quotation(block)
        case Announcement():
            return _announcement(block)
        case Photo():
            fields = {
                "src": block.source,
                "alt": block.alt,
                "caption": block.caption,
                "credit": block.credit,
            }
            return _fence("photo", fields)
        case Profile():
            fields = {
                "name": block.name,
                "country": block.country,
                "note": block.note,
                "portrait": block.portrait,
                "portrait_alt": block.portrait_alt,
            }
            return _fence("profile", fields)
        case _:
            fields = {
                "title": block.title,
                "starts": block.starts.isoformat(),
                "ends": block.ends.isoformat() if block.ends else "",
                "place": block.place,
                "url": block.url,
            }
            return _fence("event", fields)


def _announcement(block: Announcement) -> str:
    """Write the link plainly if that reads back the same, or else with its marks escaped.

    A bracket in it could be the label of a definition that stands elsewhere in the issue.
    """
    plain = f"[{block.label}]({block.url})"
    again = [link and (link.label, link.url) for _, link in divide(parse(plain))]
    if "[" not in block.label and again == [(block.label, block.url), None]:
        return plain
    label = _PUNCTUATION.sub(r"\\\1", block.label)
    return f"[{label}](<{block.url.replace('&', '&amp;')}>)"


def _quotation(block: Quotation) -> str:
    lines = block.markdown.split("\n")
    if block.attribution:
        lines += ["", f"— {write_line(block.attribution)}"]
    return "\n".join(f"> {line}" if line else ">" for line in lines)


def _fence(kind: str, fields: dict[str, str]) -> str:
    lines = [f"{name}: {_scalar(value)}" for name, value in fields.items() if value]
    return "\n".join([f":::{kind}", *lines, ":::"])


def _scalar(text: str) -> str:
    return text if _PLAIN.fullmatch(text) else _quoted(text)


def _item(text: str) -> str:
    return text if _PLAIN_IN_LIST.fullmatch(text) else _quoted(text)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)

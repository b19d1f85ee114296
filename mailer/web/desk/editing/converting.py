"""From a Document to a draft's content, as an issue file is taken up to be written on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

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
    Role,
    Section,
)
from mailer.web.desk.editing.parts import (
    ARTICLE,
    HEAD,
    SECTION,
    Content,
    Part,
    make_part,
    write_only,
)

_SPECIAL = re.compile(r"([;:\\])")
_TOKEN = re.compile(r"\\?.")
_ESCAPED = re.compile(r"\\([;:\\])")


def make_content(document: Document, *, rev: int, like: Sequence[Part] = ()) -> Content:
    """Return a draft that says what a document says.

    ``like`` are the parts of another language, or of an earlier text: what stands at the same
    place in the same order of kinds is taken for the same part, and has its name.
    """
    parts = [make_part(kind, values, rev=rev) for kind, values in _list_parts(document)]
    _give_names(parts, like)
    return Content(head=make_head(document, rev=rev), parts=parts, bin=[])


def make_head(document: Document, *, rev: int) -> Part:
    """Return the front matter as a part."""
    colophon = document.colophon
    values = {
        "subject": document.subject,
        "preheader": document.preheader,
        "published": str(document.published),
        "publication": document.publication,
        "publisher": colophon.publisher,
        "address": colophon.address,
        "phone": colophon.phone,
        "email": colophon.email,
        "website": colophon.website,
        "roles": write_roles(colophon),
    }
    return make_part(HEAD, values, rev=rev, name=HEAD)


def write_roles(colophon: Colophon) -> str:
    """Return the people, a role a line: ``Editors: Ada Berg; Bo Li``."""
    return "\n".join(
        f"{_escape(role.title)}: {'; '.join(map(_escape, role.names))}" for role in colophon.roles
    )


def read_roles(text: str) -> tuple[Role, ...]:
    """Return the people that a text names; a line without a colon is a role without names."""
    return tuple(_read_role(line) for line in text.splitlines() if line.strip())


def _read_role(line: str) -> Role:
    title, *rest = _cut(line, ":")
    names = (_unescape(name) for name in _cut(":".join(rest), ";"))
    return Role(title=_unescape(title), names=tuple(name for name in names if name))


def _cut(text: str, mark: str) -> list[str]:
    """Return what stands between the marks that no backslash escapes."""
    pieces = [""]
    for token in _TOKEN.findall(text):
        if token == mark:
            pieces.append("")
        else:
            pieces[-1] += token
    return pieces


def _escape(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text)


def _unescape(text: str) -> str:
    return _ESCAPED.sub(r"\1", text.strip())


def _list_parts(document: Document) -> Iterator[tuple[str, dict[str, str]]]:
    for section in document.sections:
        yield _write_heading(SECTION, section)
        yield from map(_write_block, section.blocks)
        for article in section.articles:
            yield _write_heading(ARTICLE, article)
            yield from map(_write_block, article.blocks)


def _write_heading(kind: str, part: Section | Article) -> tuple[str, dict[str, str]]:
    return kind, {"title": part.title, "only": write_only(part.only_for)}


def _write_block(block: Block) -> tuple[str, dict[str, str]]:
    only = {"only": write_only(block.only_for)}
    match block:
        case Prose():
            return "prose", only | {"markdown": block.markdown}
        case Photo():
            own = {"src": block.source, "alt": block.alt}
            return "photo", only | own | {"caption": block.caption, "credit": block.credit}
        case Profile():
            own = {"name": block.name, "country": block.country, "note": block.note}
            shown = {"portrait": block.portrait, "portrait_alt": block.portrait_alt}
            return "profile", only | own | shown
        case Announcement():
            return "announcement", only | {"label": block.label, "url": block.url}
        case Event():
            when = {"starts": str(block.starts), "ends": str(block.ends or "")}
            own = {"title": block.title, "place": block.place, "url": block.url}
            return "event", only | when | own
        case _:
            return "quotation", only | {
                "markdown": block.markdown,
                "attribution": block.attribution,
            }


def _give_names(parts: list[Part], like: Sequence[Part]) -> None:
    kinds, others = [part["kind"] for part in parts], [part["kind"] for part in like]
    matcher = SequenceMatcher(a=kinds, b=others, autojunk=False)
    for here, there, length in matcher.get_matching_blocks():
        for step in range(length):
            parts[here + step]["id"] = like[there + step]["id"]

"""What the theme's templates are given: a Document as plain values, Markdown already HTML."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.utils.safestring import SafeString

from mailer.errors import RenderingError
from mailer.rendering.markdown import to_html
from mailer.rendering.wording import (
    find_direction,
    find_wording,
    write_date,
    write_days,
)
from mailer.types import (
    Article,
    Block,
    Direction,
    Document,
    Event,
    Photo,
    Picture,
    Profile,
    Prose,
    Quotation,
    Section,
    SlotName,
    slot,
)

PictureUrl = Callable[[Picture], str]
# The column's width and that of a portrait, in CSS pixels; the theme's templates agree.
COLUMN_WIDTH = 560
PORTRAIT_WIDTH = 132
COLUMN = "column.mjml"
IN_COLUMN = frozenset(
    f"blocks/{kind}.mjml" for kind in ("section", "article", "prose", "photo", "announcement")
)


def build_view(document: Document, picture_url: PictureUrl) -> dict[str, Any]:
    """Return the templates' context."""
    direction = find_direction(document.language)
    rtl = direction is Direction.RTL
    wording = find_wording(document.language)
    blocks = BlockViews(document, picture_url)
    return {
        "document": document,
        "direction": direction.value,
        "start": "right" if rtl else "left",
        "end": "left" if rtl else "right",
        "words": wording,
        "number": wording.number.format(number=document.number),
        "date": write_date(document.published, document.language),
        "sections": document.sections,
        "rows": [row for section in document.sections for row in _rows(section, blocks)],
        "sent_to": wording.sent_to.format(email=slot(SlotName.EMAIL)),
        "web_url": slot(SlotName.WEB_URL),
        "unsubscribe_url": slot(SlotName.UNSUBSCRIBE_URL),
        "preferences_url": slot(SlotName.PREFERENCES_URL),
    }


def _rows(section: Section, blocks: BlockViews) -> list[dict[str, Any]]:
    """Return a section as rows: what can share a column does, for each row costs a kilobyte."""
    items = [_heading("section", section), *blocks.build(section.blocks)]
    for index, article in enumerate(section.articles):
        heading = _heading("article", article) | {"first": index == 0}
        items += [heading, *blocks.build(article.blocks)]
    rows: list[dict[str, Any]] = []
    for item in items:
        if item["template"] not in IN_COLUMN:
            rows.append(item)
        elif rows and rows[-1]["template"] == COLUMN:
            rows[-1]["items"].append(item)
        else:
            rows.append({"template": COLUMN, "items": [item]})
    return rows


def _heading(kind: str, part: Section | Article) -> dict[str, Any]:
    return {"template": f"blocks/{kind}.mjml", "title": part.title, "anchor": part.anchor}


class BlockViews:
    """Turn blocks into what their templates show: ``template`` names the one that shows it."""

    def __init__(self, document: Document, picture_url: PictureUrl) -> None:
        self._pictures: Mapping[str, Picture] = document.pictures
        self._picture_url = picture_url
        self._language = document.language

    def build(self, blocks: Iterable[Block]) -> list[dict[str, Any]]:
        """Return each block's values."""
        return [self._build(block) for block in blocks]

    def _build(self, block: Block) -> dict[str, Any]:
        kind = type(block).__name__.lower()
        return {"template": f"blocks/{kind}.mjml", "block": block} | self._extras(block)

    def _extras(self, block: Block) -> dict[str, Any]:
        """Return what a template needs beside the block itself."""
        match block:
            case Prose() | Quotation():
                return {"html": SafeString(to_html(block.markdown))}
            case Photo():
                return {"image": self._image(block.source, COLUMN_WIDTH)}
            case Profile() if block.portrait:
                return {"image": self._image(block.portrait, PORTRAIT_WIDTH)}
            case Event():
                return {"days": write_days(block.starts, block.ends, self._language)}
            case _:
                return {}

    def _image(self, source: str, widest: int) -> dict[str, Any]:
        picture = self._pictures.get(source)
        if picture is None:
            raise RenderingError(f"The picture {source!r} was not loaded with the document.")
        return {"url": self._picture_url(picture), "width": str(min(picture.width, widest))}

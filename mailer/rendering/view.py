"""What the theme's templates are given: a Document as plain values, Markdown already HTML."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString

from mailer.rendering.dates import write_date, write_day_numbers, write_days, write_month
from mailer.rendering.language import find_direction
from mailer.rendering.links import check_link, link_mailbox
from mailer.rendering.markdown import to_html
from mailer.rendering.pictures import (
    PHOTO_WIDTH,
    PORTRAIT_WIDTH,
    Image,
    PictureUrl,
    find_picture,
    size_picture,
)
from mailer.rendering.typography import find_typography
from mailer.rendering.wording import find_wording
from mailer.types import (
    Announcement,
    Article,
    Block,
    Colophon,
    Direction,
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

# A mail program shows some 150 characters beside the subject, and goes on reading into the
# body if the preheader is shorter: these take room there and show nothing.
PREVIEW_CHARACTERS = 150
PREVIEW_FILL = "\u034f\u200c\u00a0"


def build_view(document: Document, picture_url: PictureUrl) -> dict[str, Any]:
    """Return the templates' context. Raises RenderingError for links that must not be carried."""
    direction = find_direction(document.language)
    words = find_wording(document.language)
    blocks = BlockViews(document, picture_url)
    return {
        "document": document,
        "colophon": _view_colophon(document.colophon),
        "direction": direction.value,
        "start": "right" if direction is Direction.RTL else "left",
        "end": "left" if direction is Direction.RTL else "right",
        "type": find_typography(document.language),
        "words": words,
        "number": words.number.format(number=document.number),
        "date": write_date(document.published, document.language),
        "preview_fill": PREVIEW_FILL * max(PREVIEW_CHARACTERS - len(document.preheader), 0),
        "sections": [blocks.build_section(section) for section in document.sections],
        "sent_to": format_html(
            words.sent_to, email=format_html('<bdi dir="ltr">{}</bdi>', slot(SlotName.EMAIL))
        ),
        "web_url": slot(SlotName.WEB_URL),
        "unsubscribe_url": slot(SlotName.UNSUBSCRIBE_URL),
        "preferences_url": slot(SlotName.PREFERENCES_URL),
    }


def _view_colophon(colophon: Colophon) -> dict[str, Any]:
    website = colophon.website and check_link(colophon.website, where="the colophon")
    return {
        "publisher": colophon.publisher,
        "address": colophon.address,
        "phone": colophon.phone,
        "email": colophon.email,
        "email_url": link_mailbox(colophon.email),
        "website": website,
        "roles": colophon.roles,
    }


class BlockViews:
    """Turn a document's parts into what their templates show."""

    def __init__(self, document: Document, picture_url: PictureUrl) -> None:
        self._document = document
        self._picture_url = picture_url

    def build_section(self, section: Section) -> dict[str, Any]:
        """Return a section's values, its articles' among them."""
        articles = [self._build_part(article) for article in section.articles]
        return self._build_part(section) | {"articles": articles}

    def _build_part(self, part: Section | Article) -> dict[str, Any]:
        # A section's heading is an h2 and an article's an h3; those of running text stand below.
        highest = 3 if isinstance(part, Section) else 4
        blocks = self._build_blocks(part.blocks, highest)
        return {"title": part.title, "anchor": part.anchor, "blocks": blocks}

    def _build_blocks(self, blocks: Iterable[Block], highest: int) -> list[dict[str, Any]]:
        """Return each block with the template that shows it and what this one needs beside it."""
        return [
            {"template": f"blocks/{type(block).__name__.lower()}.mjml", "block": block}
            | self._list_extras(block, highest)
            for block in blocks
        ]

    def _list_extras(self, block: Block, highest: int) -> dict[str, Any]:
        match block:
            case Prose() | Quotation():
                return {"html": SafeString(to_html(block.markdown, highest=highest))}
            case Photo():
                return {"image": self._view_image(block.source, PHOTO_WIDTH)}
            case Profile():
                portrait = block.portrait
                return {"image": portrait and self._view_image(portrait, PORTRAIT_WIDTH)}
            case Announcement():
                return {"url": check_link(block.url, where=f"the announcement {block.label!r}")}
            case _:  # an event: nothing else is left
                return self._view_event(block)

    def _view_event(self, event: Event) -> dict[str, Any]:
        language = self._document.language
        return {
            "url": event.url and check_link(event.url, where=f"the event {event.title!r}"),
            "days": write_days(event.starts, event.ends, language),
            "month": write_month(event.starts, language),
            "numbers": write_day_numbers(event.starts, event.ends),
        }

    def _view_image(self, source: str, widest: int) -> Image:
        picture = find_picture(self._document, source)
        return size_picture(picture, widest=widest, url=self._picture_url(picture))

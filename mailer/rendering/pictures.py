"""The pictures that a document shows, and how large."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from mailer.errors import RenderingError
from mailer.types import Block, Document, Photo, Picture, Profile

PictureUrl = Callable[[Picture], str]
# In CSS pixels; the theme's templates leave as much room.
PHOTO_WIDTH = 560
PORTRAIT_WIDTH = 132


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """A picture as a template shows it: its address and its size in CSS pixels."""

    url: str
    width: int
    height: int


def size_picture(picture: Picture, *, widest: int, url: str) -> Image:
    """Return a picture at its own size, or scaled down to a width."""
    width = min(picture.width, widest)
    return Image(url=url, width=width, height=max(round(picture.height * width / picture.width), 1))


def find_picture(document: Document, source: str) -> Picture:
    """Return the picture that a block names. Raises RenderingError if it was not loaded."""
    picture = document.pictures.get(source)
    if picture is None:
        raise RenderingError(f"The picture {source!r} was not loaded with the document.")
    return picture


def list_pictures(document: Document) -> tuple[Picture, ...]:
    """Return the pictures that the document shows, each once, in order."""
    shown = (find_picture(document, source) for source in _sources(document) if source)
    return tuple({picture.name: picture for picture in shown}.values())


def _sources(document: Document) -> Iterator[str]:
    for block in _blocks(document):
        match block:
            case Photo():
                yield block.source
            case Profile():
                yield block.portrait
            case _:
                pass


def _blocks(document: Document) -> Iterator[Block]:
    for section in document.sections:
        yield from section.blocks
        for article in section.articles:
            yield from article.blocks

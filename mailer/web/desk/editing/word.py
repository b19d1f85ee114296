"""A Word file as parts of a draft: its headings as articles, its pictures as photos.

Whoever wrote the file may be nobody whom we know, so it is measured before it is unpacked, its
links to other files are not followed, and of its text only what Markdown can say is taken.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import nh3
from lxml import html as lxml_html

from mailer.content.fields import squeeze
from mailer.content.parse import MOST_PICTURES
from mailer.content.pictures import WHOLE, UnfitPictureError
from mailer.web.desk.editing.marking import write_block
from mailer.web.desk.editing.parts import ARTICLE, SECTION
from mailer.web.desk.editing.photographs import take_bytes

LARGEST_OCTETS = 25_000_000  # of the file: a bulletin's text with twenty photographs
# Of all that it holds, unpacked: more is a bomb, or a book.
LARGEST_UNPACKED = 150_000_000
MOST_MEMBERS = 5_000
STYLES = """
p[style-name='Title'] => h1.title:fresh
p[style-name='Subtitle'] => p:fresh
p[style-name='Quote'] => blockquote > p:fresh
p[style-name='Intense Quote'] => blockquote > p:fresh
"""
TAGS = frozenset(
    "a b blockquote br em h1 h2 h3 h4 h5 h6 i img li ol p strong table tr td th ul".split()  # noqa: SIM905 - a list of words
)
Parts = list[tuple[str, dict[str, str]]]


class UnreadableWordError(ValueError):
    """Say why a file can't be taken in, in words for whoever chose it."""


@dataclass(slots=True)
class WordFile:
    """What a Word file says: a title, parts in order, their pictures, and what was left out."""

    title: str = ""
    parts: Parts = field(default_factory=list)
    pictures: dict[str, Any] = field(default_factory=dict)
    left_out: int = 0


def read_word(data: bytes) -> WordFile:
    """Return what a Word file says. Raises UnreadableWordError."""
    # It takes a tenth of a second to load, and few processes ever want it.
    import mammoth  # type: ignore[import-untyped] # noqa: PLC0415

    _measure(data)
    found = WordFile()
    try:
        made = mammoth.convert_to_html(
            io.BytesIO(data),
            style_map=STYLES,
            convert_image=mammoth.images.img_element(lambda image: _take_picture(image, found)),
        )
    except Exception as error:  # its reader raises what a broken file makes it
        raise UnreadableWordError("It can't be read: save it as .docx once more.") from error
    clean = nh3.clean(
        made.value,
        tags=set(TAGS),
        attributes={"a": {"href"}, "img": {"src", "alt"}, "h1": {"class"}},
        link_rel=None,
    )
    _gather(found, lxml_html.fragment_fromstring(clean, create_parent="div"))
    if not found.parts:
        raise UnreadableWordError("There is no text in it.")
    found.parts = list(_arrange(found))
    return found


def _measure(data: bytes) -> None:
    """Raise UnreadableWordError for what is no Word file, or is one that would fill us up."""
    if len(data) > LARGEST_OCTETS:
        raise UnreadableWordError("It is larger than 25 MB: make its pictures smaller.")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise UnreadableWordError("It is no Word file that ends in .docx.") from error
    if "word/document.xml" not in {member.filename for member in members}:
        raise UnreadableWordError("It is no Word file that ends in .docx.")
    unpacked = sum(member.file_size for member in members)
    if unpacked > LARGEST_UNPACKED or len(members) > MOST_MEMBERS:
        raise UnreadableWordError("It holds far more than a bulletin does.")


def _take_picture(image: Any, found: WordFile) -> dict[str, str]:
    """Keep a picture and return its source, or none if it can't be shown in mail."""
    if len(found.pictures) >= MOST_PICTURES:
        found.left_out += 1
        return {"src": ""}
    try:
        with image.open() as file:
            source, kept = take_bytes(file.read(), "picture", WHOLE)
    except (UnfitPictureError, OSError, ValueError, KeyError):
        # A drawing of Word's own, or a picture that is a file on somebody's disk.
        found.left_out += 1
        return {"src": ""}
    found.pictures[source] = kept
    return {"src": source}


def _gather(found: WordFile, root: Any) -> None:
    """Add what the file's paragraphs say, one after the other, to what was found."""
    running: list[str] = []
    for element in root:
        pictures = [values for values in _cut_pictures(element) if values["src"]]
        begun = element.tag in {"h1", "h2", "blockquote"}
        if begun:
            _end_text(found, running)
            _begin(found, element)
        else:
            running += write_block(element)
        if pictures:
            _end_text(found, running)
            found.parts += [("photo", values) for values in pictures]
    _end_text(found, running)


def _begin(found: WordFile, element: Any) -> None:
    """Add a heading or a quotation, which has a part of its own."""
    if element.tag == "blockquote":
        words = "\n\n".join(each for child in element for each in write_block(child))
        if words:
            found.parts.append(("quotation", {"markdown": words}))
    else:
        _add_heading(found, element, int(element.tag[1]))


def _add_heading(found: WordFile, element: Any, level: int) -> None:
    words = squeeze(element.text_content())
    if level == 1 and element.get("class") == "title":
        found.title = found.title or words
    elif words:
        found.parts.append((SECTION if level == 1 else ARTICLE, {"title": words}))


def _cut_pictures(element: Any) -> Iterator[dict[str, str]]:
    """Take the pictures out of a paragraph, as they are blocks of their own here."""
    for image in list(element.iter("img")):
        yield {"src": image.get("src", ""), "alt": squeeze(image.get("alt", ""))}
        image.drop_tree()


def _end_text(found: WordFile, running: list[str]) -> None:
    text = "\n\n".join(each for each in running if each)
    running.clear()
    if text:
        found.parts.append(("prose", {"markdown": text}))


def _arrange(found: WordFile) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the parts under a section, and under an article each, whatever levels were used."""
    kinds = {kind for kind, _ in found.parts}
    # Whoever uses one level of headings means articles.
    alone = SECTION in kinds and ARTICLE not in kinds
    first = found.parts[0][0]
    if alone or first != SECTION:
        yield SECTION, {"title": found.title or "News"}
    if first not in {SECTION, ARTICLE} and not kinds & {SECTION, ARTICLE}:
        yield ARTICLE, {"title": found.title}
    for kind, values in found.parts:
        yield (ARTICLE if alone and kind == SECTION else kind), values

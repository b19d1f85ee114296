"""Refusing a Document that holds what no mail can carry, or what is ours alone to write."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass

from mailer.errors import RenderingError
from mailer.types import SLOT_PATTERN, Document

# Control characters and code points that are no characters; HTML §13.2.3.5 knows no way
# to write them, and a parser stops at, drops or replaces them.
_NO_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff]")


def check_document(document: Document) -> None:
    """Raise RenderingError for a text that can't be rendered as it is."""
    for text in _texts(document):
        check_text(text)


def check_text(text: str) -> None:
    """Raise RenderingError for characters that are no text, and for a slot.

    A slot would put a reader's value, such as the link that unsubscribes, where the
    document's author wants it: into a link to another host, say.
    """
    match = _NO_TEXT.search(text) or SLOT_PATTERN.search(text)
    if match:
        start = max(match.start() - 20, 0)
        raise RenderingError(
            f"The text {text[start : match.end() + 20]!r} holds {match[0]!r}, "
            "which can't be rendered: delete it."
        )


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif is_dataclass(value):
        for field in fields(value):
            yield from _texts(getattr(value, field.name))
    elif isinstance(value, tuple):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, Mapping):
        for key in value:
            yield from _texts(key)

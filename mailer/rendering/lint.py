"""Checking a theme's MJML, since the compiler is silent about what it does not know.

It drops unknown attributes, passes unknown tags through, and ignores some that it knows; a
theme's author would find out in a reader's mailbox.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailer.errors import RenderingError

COMMON = frozenset({"css-class", "mj-class"})
PADDING = frozenset({"padding", "padding-top", "padding-bottom", "padding-left", "padding-right"})
BORDER = frozenset(
    {"border", "border-top", "border-bottom", "border-left", "border-right", "border-radius"}
)
BACKGROUND = frozenset({"background-color"})
TEXT = frozenset(
    {"align", "color", "font-family", "font-size", "font-style", "font-weight", "line-height"}
)
SPACING = frozenset({"letter-spacing", "text-transform", "text-decoration", "height"})
BODY = COMMON | PADDING | BORDER | BACKGROUND
TAGS: dict[str, frozenset[str]] = {
    "mjml": frozenset({"lang", "dir"}),
    "mj-head": frozenset(),
    "mj-title": frozenset(),
    "mj-preview": frozenset(),
    "mj-attributes": frozenset(),
    "mj-style": frozenset(),
    "mj-raw": frozenset(),
    "mj-body": COMMON | BACKGROUND | {"width"},
    "mj-wrapper": BODY | {"direction", "text-align", "full-width"},
    "mj-section": BODY | {"direction", "text-align", "full-width"},
    "mj-column": BODY | {"direction", "width", "vertical-align"} | {f"inner-{a}" for a in BORDER},
    "mj-text": COMMON | PADDING | TEXT | SPACING,
    "mj-image": COMMON
    | PADDING
    | BORDER
    | {"align", "alt", "fluid-on-mobile", "font-size", "height", "href", "src", "title", "width"},
    "mj-button": BODY | TEXT | SPACING | {"href", "inner-padding", "rel", "title", "width"},
    "mj-divider": COMMON
    | PADDING
    | {"align", "border-color", "border-style", "border-width", "width"},
    "mj-spacer": COMMON | {"height"},
    "mj-all": TEXT | PADDING | {"direction"},
}
_TAG = re.compile(r"<(mj[\w-]*)((?:\s+[\w:-]+=\"[^\"]*\")*)\s*/?>")
_NAME = re.compile(r"([\w:-]+)=")


def check_mjml(mjml: str, *, theme: str) -> None:
    """Raise RenderingError, naming theme and tag, for what the compiler would silently drop."""
    findings = list(_find(mjml))
    if findings:
        raise RenderingError(f"The theme {theme!r} has {'; '.join(findings)}.")


def _find(mjml: str) -> Iterator[str]:
    if mjml.count("<mj") != len(_TAG.findall(mjml)):
        yield 'a tag whose attributes are not all written name="value"'
    for tag, attributes in sorted(set(_TAG.findall(mjml))):
        if tag not in TAGS:
            yield f"a tag <{tag}> that is not supported"
            continue
        for name in _NAME.findall(re.sub(r'"[^"]*"', "", attributes)):
            if name not in TAGS[tag]:
                yield f"an attribute {name!r} that <{tag}> does not have"

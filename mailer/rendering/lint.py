"""Checking a theme's files, since the compiler is silent about what it does not know.

It drops unknown attributes, passes unknown tags through, and ignores some that it knows; a
theme's author would find out in a reader's mailbox.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from mailer.errors import RenderingError

PADDING = frozenset({"padding", "padding-top", "padding-bottom", "padding-left", "padding-right"})
SIDES = frozenset({"border", "border-top", "border-bottom", "border-left", "border-right"})
BORDER = SIDES | {"border-radius"}
TEXT = frozenset(
    {"align", "color", "font-family", "font-size", "font-style", "font-weight", "line-height"}
)
SPACING = frozenset({"letter-spacing", "text-transform", "text-decoration", "height"})
BOX = PADDING | BORDER | {"css-class", "background-color"}
# What the compiler heeds, tag by tag: a test compiles each attribute and looks for it.
TAGS: dict[str, frozenset[str]] = {
    "mjml": frozenset({"lang", "dir"}),
    "mj-head": frozenset(),
    "mj-title": frozenset(),
    "mj-preview": frozenset(),
    "mj-attributes": frozenset(),
    "mj-style": frozenset(),
    "mj-raw": frozenset(),
    "mj-body": frozenset({"css-class", "background-color", "width"}),
    "mj-wrapper": BOX | {"direction", "text-align", "full-width"},
    "mj-section": BOX | {"direction", "text-align", "full-width"},
    "mj-group": frozenset({"css-class", "background-color", "direction", "width"}),
    "mj-column": BOX | {"direction", "width", "vertical-align"},
    "mj-text": PADDING | TEXT | SPACING | {"css-class"},
    "mj-table": PADDING
    | TEXT - {"font-style", "font-weight"}
    | {"css-class", "border", "cellpadding", "cellspacing", "width"},
    "mj-image": PADDING
    | {"border", "border-left", "border-right", "border-radius"}
    | {"css-class", "align", "alt", "fluid-on-mobile", "font-size", "height", "href", "src"}
    | {"title", "width"},
    "mj-button": BOX | TEXT | SPACING | {"href", "inner-padding", "rel", "width"},
    "mj-divider": PADDING
    | {"css-class", "align", "border-color", "border-style", "border-width", "width"},
    "mj-spacer": frozenset({"css-class", "height"}),
    "mj-all": TEXT | PADDING,
}
_TEMPLATE_TAG = re.compile(r"{%.*?%}|{#.*?#}")
_VARIABLE = re.compile(r"{{.*?}}")
_SIDE = re.compile(r"{{ *(start|end) *}}")
_TAG = re.compile(r"<(mj[\w-]*)([^<>\"]*(?:\"[^\"]*\"[^<>\"]*)*)>")
_ATTRIBUTES = re.compile(r"(?:\s+[\w:-]+=\"[^\"]*\")*\s*/?")
_NAME = re.compile(r"([\w:-]+)=\"[^\"]*\"")
# A style sheet that loads asks another host; and what is inlined with !important would win
# over the rules for dark mode.
_UNWANTED = {
    "*.css": re.compile(r"@import|url\(|<", re.IGNORECASE),
    "inline.css": re.compile(r"! *important", re.IGNORECASE),
}


def check_theme(folder: Path) -> None:
    """Raise RenderingError, naming template, line and tag, for what would silently be dropped."""
    findings = [*_check_templates(folder), *_check_styles(folder)]
    if findings:
        raise RenderingError(f"The theme {folder.name!r} has {'; '.join(findings)}.")


def _check_templates(folder: Path) -> Iterator[str]:
    for path in sorted(folder.rglob("*.mjml")):
        # Template tags are taken out, and a side of the page is one of its two names.
        source = _TEMPLATE_TAG.sub("", path.read_text(encoding="utf-8"))
        source = _VARIABLE.sub("", _SIDE.sub("left", source))
        for start, what in find_mistakes(source):
            yield f"in {path.relative_to(folder)}:{source.count(chr(10), 0, start) + 1} {what}"


def _check_styles(folder: Path) -> Iterator[str]:
    for pattern, unwanted in _UNWANTED.items():
        for path in sorted(folder.rglob(pattern)):
            match = unwanted.search(path.read_text(encoding="utf-8"))
            if match:
                yield f"in {path.relative_to(folder)} {match[0]!r}, which a theme can't use"


def find_mistakes(mjml: str) -> Iterator[tuple[int, str]]:
    """Yield the offset of each tag that the compiler would not heed as written, and why."""
    for match in re.finditer(r"<mj", mjml):
        tag = _TAG.match(mjml, match.start())
        if tag is None:
            yield match.start(), "a tag that does not end"
        elif tag[1] not in TAGS:
            yield match.start(), f"a tag <{tag[1]}> that is not supported"
        else:
            for what in _find_in_attributes(tag[1], tag[2]):
                yield match.start(), what


def _find_in_attributes(tag: str, attributes: str) -> Iterator[str]:
    if not _ATTRIBUTES.fullmatch(attributes):
        yield f'attributes of <{tag}> that are not all written name="value"'
    for name in _NAME.findall(attributes):
        if name not in TAGS[tag]:
            yield f"an attribute {name!r} that <{tag}> does not have"

"""The parts of a draft: what kinds there are, what each says, and what it is called in a list.

A draft's content is what an issue file says, cut into parts that can be written one by one and
may be unfinished. ``head`` is the front matter, and ``parts`` the body in order: headings of
sections and articles, and blocks. ``bin`` is what was deleted last, to be put back. All values
are text, as a form has them. A part keeps its ``id`` for ever, in every language of the issue;
``rev`` is the draft's revision that changed it last.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from mailer.content.fields import squeeze
from mailer.content.segments import read_names

HEAD = "head"
SECTION = "section"
ARTICLE = "article"
HEADINGS = (SECTION, ARTICLE)
# Far more than a bulletin has; without an end to them a draft could grow until nothing opens it.
MOST_PARTS = 600
# Kept of what was deleted: more than anybody regrets at once.
MOST_BINNED = 20
LONGEST_LABEL = 70
LONGEST_TEXT = 20_000  # as content.parse has it: more stands without an empty line in no issue

COLOPHON = ("publisher", "address", "phone", "email", "website", "roles")
FIELDS: Mapping[str, tuple[str, ...]] = {
    HEAD: ("subject", "preheader", "published", "publication", *COLOPHON),
    SECTION: ("title", "only"),
    ARTICLE: ("title", "only"),
    "prose": ("markdown", "only"),
    "photo": ("src", "alt", "caption", "credit", "only"),
    "profile": ("name", "country", "note", "portrait", "portrait_alt", "only"),
    "quotation": ("markdown", "attribution", "only"),
    "announcement": ("label", "url", "only"),
    "event": ("title", "starts", "ends", "place", "url", "only"),
}
NAMES: Mapping[str, str] = {
    HEAD: "Issue",
    SECTION: "Section",
    ARTICLE: "Article",
    "prose": "Text",
    "photo": "Photo",
    "profile": "Profile",
    "quotation": "Quotation",
    "announcement": "Button",
    "event": "Event",
}
# Which field names the picture that a kind shows, and those that translators write anew.
PICTURED: Mapping[str, str] = {"photo": "src", "profile": "portrait"}
UNTRANSLATED = frozenset({"src", "portrait", "only", "starts", "ends", "url", "published"})
_LABELS: Mapping[str, tuple[str, ...]] = {
    HEAD: ("subject",),
    "photo": ("caption", "alt"),
    "profile": ("name",),
    "announcement": ("label",),
}
_MARKS = re.compile(r"[*_`#>\\]+|\[|\]\([^)]*\)|^\s*[-+]\s+", re.MULTILINE)


class Part(TypedDict):
    """One part of a draft. ``of`` is the fingerprint of the text that it translates, if it does."""

    id: str
    rev: int
    kind: str
    values: dict[str, str]
    of: str


class Binned(TypedDict):
    """Parts that were deleted together, and the part before which they stood, if any."""

    parts: list[Part]
    before: str


class Content(TypedDict):
    """A draft, whole."""

    head: Part
    parts: list[Part]
    bin: list[Binned]


def make_part(
    kind: str, values: Mapping[str, str], *, rev: int, name: str = "", of: str = ""
) -> Part:
    """Return a new part with every field of its kind, under a name that nothing else has."""
    full = {field: values.get(field, "") for field in FIELDS[kind]}
    return Part(id=name or f"p{secrets.token_hex(5)}", rev=rev, kind=kind, values=full, of=of)


def find_part(content: Content, name: str) -> Part | None:
    """Return the part of this name, the head among them."""
    every = (content["head"], *content["parts"])
    return next((part for part in every if part["id"] == name), None)


def find_place(parts: Sequence[Part], name: str) -> int:
    """Return where a part stands, or -1."""
    return next((place for place, part in enumerate(parts) if part["id"] == name), -1)


def measure(parts: Sequence[Part], place: int) -> int:
    """Return how many parts go with the one at a place: a heading's are all that it is above."""
    kind = parts[place]["kind"]
    if kind not in HEADINGS:
        return 1
    enders = (SECTION,) if kind == SECTION else HEADINGS
    rest = range(place + 1, len(parts))
    return next((at for at in rest if parts[at]["kind"] in enders), len(parts)) - place


def label(part: Part) -> str:
    """Return what a part is called in a list: its own first words, or nothing."""
    values = part["values"]
    fields = _LABELS.get(part["kind"], ("title", "markdown"))
    text = next((values[name] for name in fields if values.get(name)), "")
    plain = squeeze(_MARKS.sub("", text[: 4 * LONGEST_LABEL]))
    return plain if len(plain) <= LONGEST_LABEL else f"{plain[:LONGEST_LABEL].rstrip()}…"


def read_only(text: str) -> tuple[str, ...]:
    """Return the segments that a field names: with commas between, or each in quotes."""
    if '"' in text:
        return read_names(text)
    names = (squeeze(name) for name in text.split(","))
    return tuple(dict.fromkeys(name for name in names if name))


def write_only(names: Sequence[str]) -> str:
    """Return segments as the field shows them."""
    if any("," in name for name in names):
        return ", ".join(f'"{name}"' for name in names)
    return ", ".join(names)


def copy_content(content: Mapping[str, Any]) -> Content:
    """Return a copy of which parts can be changed."""
    return Content(
        head=_copy(content["head"]),
        parts=[_copy(part) for part in content["parts"]],
        bin=[
            Binned(parts=[_copy(part) for part in each["parts"]], before=each["before"])
            for each in content.get("bin", [])
        ],
    )


def _copy(part: Mapping[str, Any]) -> Part:
    return Part(
        id=part["id"],
        rev=part["rev"],
        kind=part["kind"],
        values=dict(part["values"]),
        of=part.get("of", ""),
    )

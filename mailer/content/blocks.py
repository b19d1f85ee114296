"""The blocks of an article: each kind its own reader, from fields or Markdown to a frozen type."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable

from mailer.content.fields import Fields, squeeze
from mailer.content.markdown import LINK_REMEDY, LoneLink, is_empty, is_safe_link, parse
from mailer.content.problems import Problems, has_words, judge_text
from mailer.content.references import References
from mailer.content.titles import read_line
from mailer.types import Announcement, Block, Event, Photo, Profile, Quotation

_ATTRIBUTION = re.compile(r"(?:—|\u2013|--)\s*(\S.*)")


def read_photo(fields: Fields) -> Photo:
    """Read a photograph; its alt text is owed to whoever can't see it."""
    return Photo(
        source=fields.take("src", required=True),
        alt=fields.take("alt", required=True),
        caption=fields.take("caption"),
        credit=fields.take("credit"),
    )


def read_profile(fields: Fields) -> Profile:
    """Read a person's card; a portrait needs its alt text."""
    portrait = fields.take("portrait")
    return Profile(
        name=fields.take("name", required=True),
        country=fields.take("country"),
        note=fields.take("note"),
        portrait=portrait,
        portrait_alt=fields.take("portrait_alt", required=bool(portrait)),
    )


def read_event(fields: Fields) -> Event:
    """Read an event, which does not end before it starts."""
    starts = _read_day(fields, "starts", required=True) or dt.date.min
    ends = _read_day(fields, "ends", required=False)
    if ends is not None and ends < starts:
        remedy = "Exchange the two, or leave 'ends' out."
        fields.problems.add(fields.line_of("ends"), "the event ends before it starts", remedy)
    url = fields.take("url")
    if url and not is_safe_link(url):
        fields.problems.add(fields.line_of("url"), f"url is {url[:60]!r}", LINK_REMEDY)
    return Event(
        title=fields.take("title", required=True),
        starts=starts,
        ends=ends,
        place=fields.take("place"),
        url=url,
    )


def _read_day(fields: Fields, name: str, *, required: bool) -> dt.date | None:
    text = fields.take(name, required=required)
    if not text:
        return None
    try:
        return dt.datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=dt.UTC).date()
    except ValueError:
        remedy = f"Write a day as in {name}: 2026-03-14"
        fields.problems.add(fields.line_of(name), f"{name} is {text!r}", remedy)
        return None


FENCED: dict[str, Callable[[Fields], Block]] = {
    "photo": read_photo,
    "profile": read_profile,
    "event": read_event,
}


def read_quotation(lines: list[str], *, line: int, references: References) -> Quotation:
    """Read quoted lines; a last line that begins with a dash says whose words they are."""
    problems, known = references.problems, references.targets
    full = [index for index, text in enumerate(lines) if text.strip()]
    match = _ATTRIBUTION.fullmatch(lines[full[-1]].strip()) if full else None
    attribution = ""
    if match:
        by = line + full.pop()
        where = "the name below a quotation"
        attribution = read_line(match[1], where=where, line=by, known=known, problems=problems)
    first, end = (full[0], full[-1] + 1) if full else (0, 0)
    words = "\n".join(text if text.strip() else "" for text in lines[first:end])
    tokens = parse(words, known)
    if is_empty(tokens):
        problems.add(line, "a quotation has no words", "Write them after '> '.")
    words = references.settle(words, tokens, line=line + first)
    return Quotation(markdown=words, attribution=attribution)


def read_announcement(link: LoneLink, *, line: int, problems: Problems) -> Announcement:
    """Read a paragraph that is one link and nothing else."""
    label = squeeze(link.label)
    if not has_words(label):
        problems.add(line, "a link has no words", "Write them in the brackets: [Read the call].")
    if not is_safe_link(link.url):
        problems.add(line, f"a link leads to {link.url[:60]!r}", LINK_REMEDY)
    for what, remedy in judge_text(label + link.url):
        problems.add(line, what, remedy)
    return Announcement(label=label, url=link.url)

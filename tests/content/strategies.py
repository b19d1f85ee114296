"""Whole documents for properties: every field of every block, as a file can say it.

Texts have no white space at their ends, two parts of running text have something between them,
and the definitions of links stand below what uses them.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from hypothesis import strategies as st

from mailer.content.anchors import Anchors
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
    PublishedDate,
    Quotation,
    Role,
    Section,
)
from tests.content.prose import LINES, MAILBOXES, OPTIONAL, TITLES, URLS, WEB, markdown

# --------------------------------------------------------------------- blocks

DAYS = st.dates(dt.date(1900, 1, 1), dt.date(2100, 1, 1))


@st.composite
def events(draw: st.DrawFn) -> Event:
    starts, ends = sorted([draw(DAYS), draw(DAYS)])
    return Event(
        title=draw(LINES),
        starts=starts,
        ends=draw(st.sampled_from([None, ends])),
        place=draw(OPTIONAL),
        url=draw(st.just("") | URLS),
    )


PORTRAITS = st.just(("", "")) | st.tuples(LINES, LINES)
PROFILES = st.builds(
    lambda name, country, note, portrait: Profile(
        name=name, country=country, note=note, portrait=portrait[0], portrait_alt=portrait[1]
    ),
    *(LINES, OPTIONAL, OPTIONAL, PORTRAITS),
)
BLOCKS: st.SearchStrategy[Block] = st.one_of(
    st.builds(Prose, markdown=markdown()),
    st.builds(Quotation, markdown=markdown(), attribution=st.just("") | TITLES),
    st.builds(Photo, source=LINES, alt=LINES, caption=OPTIONAL, credit=OPTIONAL),
    PROFILES,
    st.builds(Announcement, label=LINES, url=URLS),
    events(),
)
# --------------------------------------------------------------------- documents

# Everybody, or people in any of some segments; a file names four at most.
SEGMENTS = ("Members", "Board of 2026", "\u00d6st, {v\u00e4st} {only: x}", "\u540d #1\u200d*")
AUDIENCES = st.lists(st.sampled_from(SEGMENTS), max_size=2, unique=True).map(tuple)


@st.composite
def block_lists(draw: st.DrawFn) -> tuple[Block, ...]:
    """Blocks of which no two are running text for the same people: these would be one."""
    blocks: list[Block] = []
    for drawn in draw(st.lists(BLOCKS, max_size=4)):
        block = replace(drawn, only_for=draw(AUDIENCES))
        if not (blocks and _is_one_text(blocks[-1], block)):
            blocks.append(block)
    return tuple(blocks)


def _is_one_text(first: Block, second: Block) -> bool:
    both = isinstance(first, Prose) and isinstance(second, Prose)
    return both and first.only_for == second.only_for


@st.composite
def documents(draw: st.DrawFn) -> Document:
    """Whole issues, their anchors those that a reader gives."""
    anchors = Anchors()
    return Document(
        publication=draw(LINES),
        number=draw(st.integers(1, 100_000)),
        published=draw(dates()),
        language=draw(st.sampled_from(["en", "ar", "zh-Hans", "pt-BR"])),
        subject=draw(LINES),
        preheader=draw(OPTIONAL),
        colophon=draw(colophons()),
        sections=tuple(_section(draw, anchors) for _ in range(draw(st.integers(1, 3)))),
    )


@st.composite
def dates(draw: st.DrawFn) -> PublishedDate:
    day = draw(DAYS)
    exact = draw(st.integers(1, 3))
    return PublishedDate(
        year=day.year,
        month=day.month if exact > 1 else None,
        day=day.day if exact > 2 else None,
    )


@st.composite
def colophons(draw: st.DrawFn) -> Colophon:
    roles = draw(st.dictionaries(LINES, st.lists(LINES, min_size=1, max_size=3), max_size=3))
    return Colophon(
        publisher=draw(LINES),
        address=draw(LINES),
        phone=draw(OPTIONAL),
        email=draw(st.just("") | MAILBOXES),
        website=draw(st.just("") | WEB),
        roles=tuple(Role(title=title, names=tuple(names)) for title, names in roles.items()),
    )


def _section(draw: st.DrawFn, anchors: Anchors) -> Section:
    title = draw(TITLES)
    anchor = anchors.take(title, otherwise="section")
    return Section(
        title=title,
        anchor=anchor,
        only_for=draw(AUDIENCES),
        blocks=draw(block_lists()),
        articles=tuple(_article(draw, anchors) for _ in range(draw(st.integers(0, 2)))),
    )


def _article(draw: st.DrawFn, anchors: Anchors) -> Article:
    title = draw(TITLES)
    return Article(
        title=title,
        anchor=anchors.take(title, otherwise="article"),
        only_for=draw(AUDIENCES),
        blocks=draw(block_lists()),
    )

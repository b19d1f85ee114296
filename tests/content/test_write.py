"""What was read is written back without loss."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.content.parse import parse_issue
from mailer.content.read import read_issue
from mailer.content.segments import name_segments
from mailer.content.write import write_issue
from mailer.types import (
    Announcement,
    Article,
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
from tests.conftest import ROOT

SAMPLES = ROOT / "mailer" / "demo" / "issues"
# Any text on one line, as a field holds it: its white space single, its ends bare.
CHARACTERS = st.characters(
    codec="utf-8",
    exclude_categories=("Cc", "Cs", "Zl", "Zp", "Cf"),
    exclude_characters=[
        *map(chr, range(0xFDD0, 0xFDF0)),
        *(chr(plane << 16 | last) for plane in range(17) for last in (0xFFFE, 0xFFFF)),
    ],
)
LINE = st.text(CHARACTERS, min_size=1, max_size=40).map(lambda t: " ".join(t.split())).filter(bool)
OPTIONAL = st.one_of(st.just(""), LINE)
# Running text that is nothing but words: what Markdown makes of marks is not the writer's.
WORDS = st.lists(
    st.text(st.characters(categories=("Lu", "Ll", "Lo")), min_size=1, max_size=8),
    min_size=1,
    max_size=9,
).map(" ".join)
PARAGRAPHS = st.lists(WORDS, min_size=1, max_size=3).map("\n\n".join)
DAYS = st.dates(dt.date(2020, 1, 1), dt.date(2030, 1, 1))
BLOCKS = st.one_of(
    st.builds(Quotation, markdown=PARAGRAPHS, attribution=st.one_of(st.just(""), WORDS)),
    st.builds(Photo, source=LINE, alt=LINE, caption=OPTIONAL, credit=OPTIONAL),
    st.builds(Profile, name=LINE, country=OPTIONAL, note=OPTIONAL),
    st.builds(Announcement, label=WORDS, url=st.just("https://example.org/a?b=c&d=e")),
    st.builds(Event, title=LINE, starts=DAYS, place=OPTIONAL),
)
# Everybody, or people in any of some segments; a file names four at most.
SEGMENTS = ("Members", "Board of 2026", "Öst, {väst}", "\u540d #1")
AUDIENCES = st.just(()) | st.lists(st.sampled_from(SEGMENTS), max_size=2, unique=True).map(tuple)


@st.composite
def block_lists(draw: st.DrawFn) -> tuple:
    """Blocks with running text between them, as two runs of text would be one."""
    blocks = []
    for block in draw(st.lists(BLOCKS, max_size=3)):
        if draw(st.booleans()):
            blocks.append(Prose(markdown=draw(PARAGRAPHS)))
        if isinstance(block, Quotation) and blocks and isinstance(blocks[-1], Quotation):
            continue  # two quotations in a row are one
        blocks.append(block)
    return tuple(replace(block, only_for=draw(AUDIENCES)) for block in blocks)


def sections(draw: st.DrawFn) -> tuple[Section, ...]:
    def article(number: int) -> Article:
        return Article(
            title=draw(WORDS),
            anchor=f"a{number}",
            only_for=draw(AUDIENCES),
            blocks=draw(block_lists()),
        )

    return tuple(
        Section(
            title=draw(WORDS),
            anchor=f"s{index}",
            only_for=draw(AUDIENCES),
            blocks=draw(block_lists()),
            articles=tuple(article(n) for n in range(draw(st.integers(0, 2)))),
        )
        for index in range(draw(st.integers(1, 2)))
    )


@st.composite
def documents(draw: st.DrawFn) -> Document:
    roles = draw(st.dictionaries(LINE, st.lists(LINE, min_size=1, max_size=3), max_size=3))
    return Document(
        publication=draw(LINE),
        number=draw(st.integers(1, 9999)),
        published=PublishedDate(year=2026, month=draw(st.sampled_from([None, 3]))),
        language=draw(st.sampled_from(["en", "ar", "zh-Hans", "pt-BR"])),
        subject=draw(LINE),
        preheader=draw(OPTIONAL),
        colophon=Colophon(
            publisher=draw(LINE),
            address=draw(LINE),
            phone=draw(OPTIONAL),
            roles=tuple(Role(title=title, names=tuple(names)) for title, names in roles.items()),
        ),
        sections=sections(draw),
    )


@settings(max_examples=60, deadline=None)
@given(documents())
def test_a_document_survives_its_file(document: Document):
    text = write_issue(document)

    again = parse_issue(text, file="issue.md", load_picture=None)

    assert write_issue(again) == text
    assert again.colophon == document.colophon
    assert [s.blocks for s in again.sections] == [s.blocks for s in document.sections]
    assert [[a.blocks for a in s.articles] for s in again.sections] == [
        [a.blocks for a in s.articles] for s in document.sections
    ]
    assert name_segments(again) == name_segments(document)
    assert [(s.title, s.only_for) for s in again.sections] == [
        (s.title, s.only_for) for s in document.sections
    ]


@pytest.mark.parametrize("name", ["sample.en.md", "sample.ar.md"])
def test_the_samples_are_written_back_byte_for_byte(name):
    path = SAMPLES / name

    assert write_issue(read_issue(path)) == path.read_text()


def test_the_real_bulletin_is_written_back_byte_for_byte(shared: Path):
    path = shared / "bulletin" / "issue-13.md"

    assert write_issue(read_issue(path)) == path.read_text()


@pytest.mark.parametrize(
    ("label", "url"),
    [
        ("See [1] *now*", "https://x.example/"),
        ("The call", "https://x.example/a)b?c=d&e"),
        ("The_call", "https://x.example/(a"),
    ],
)
def test_a_link_with_marks_in_it_survives_its_file(label, url):
    sample = read_issue(SAMPLES / "sample.en.md")
    link = Announcement(label=label, url=url)
    document = replace(
        sample, sections=(Section(title="A", anchor="a", blocks=(link,)),), pictures={}
    )

    again = parse_issue(write_issue(document), file="issue.md", load_picture=None)

    assert again.sections[0].blocks == (link,)

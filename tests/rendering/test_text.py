"""The plain-text part is a letter of its own, with everything in it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mailer.content.read import read_issue
from mailer.rendering.columns import COLUMNS, measure
from mailer.rendering.text import write_text
from mailer.types import Document, Section
from tests.conftest import ROOT
from tests.fakes.documents import SCRIPTS, make_document

SAMPLE = """\
The Tide
No. 7 · March 2026
========================================================================

View on the web:
MHSLOT.web_url.TOLSHM

In this issue
-------------

News
  - The boat


News
====

The boat
--------

"""


def make_tide(*, number_of_blocks: int) -> Document:
    document = make_document("Words")
    article = replace(document.sections[0].articles[0], title="The boat")
    article = replace(article, blocks=article.blocks[:number_of_blocks])
    section = Section(title="News", anchor="news", articles=(article,))
    return replace(document, publication="The Tide", sections=(section,))


def test_it_opens_with_masthead_and_contents():
    assert write_text(make_tide(number_of_blocks=0)).startswith(SAMPLE.rstrip("\n"))


@pytest.mark.parametrize(
    ("block", "text"),
    [
        (1, "[Photo: Words]\nWords (Words)"),
        (2, "Words\n  Words\n  Words"),
        (4, "    Words\n\n    — Words"),
        (6, "Words:\nhttps://a.example/"),
        (7, "* Words\n  Apr 1\u2009\u2013\u20093, 2026\n  Words\n  https://a.example/"),
        (8, "* Words\n  April 1, 2026"),
        (9, "[Photo: Words]"),
    ],
)
def test_each_block_has_a_shape_of_its_own(block, text):
    document = make_tide(number_of_blocks=10)
    article = document.sections[0].articles[0]
    article = replace(article, blocks=(article.blocks[block],))
    section = replace(document.sections[0], articles=(article,))

    written = write_text(replace(document, sections=(section,)))

    assert f"--------\n\n{text}\n\n\n====" in written


def test_a_quotation_may_stand_without_a_name():
    assert "\n\n    Words\n\nWords:" in write_text(make_document())


def test_it_closes_with_colophon_address_and_the_way_out():
    assert write_text(make_document("Words")).endswith(
        "Words\n\nWords: Words, Bo Li\n\nWords\n+47 1\na@b.example\nhttps://b.example/\n\n"
        + "-" * 72
        + "\nThis was sent to MHSLOT.email.TOLSHM.\n\n"
        "Change your preferences:\nMHSLOT.preferences_url.TOLSHM\n\n"
        "Unsubscribe:\nMHSLOT.unsubscribe_url.TOLSHM\n"
    )


def test_a_colophon_needs_no_roles():
    document = make_document("Words")
    colophon = replace(document.colophon, roles=(), phone="", email="", website="")

    text = write_text(replace(document, colophon=colophon))

    assert f"{'=' * 72}\nWords\n\nWords\n\n{'-' * 72}" in text


@pytest.mark.parametrize("language", SCRIPTS)
def test_no_line_is_too_long_in_any_script(language):
    text = write_text(make_document(f"{SCRIPTS[language]} " * 12, language=language))

    assert max(measure(line) for line in text.split("\n")) <= COLUMNS


def test_names_are_joined_as_the_language_joins_them():
    assert "Words، Bo Li" in write_text(make_document(language="ar"))
    assert "Words、Bo Li" in write_text(make_document(language="zh"))


@pytest.mark.parametrize("language", ["en", "ar"])
def test_the_sample_is_told_whole(language):
    document = read_issue(ROOT / "mailer" / "demo" / "issues" / f"sample.{language}.md")

    text = " ".join(write_text(document).split())

    for section in document.sections:
        for article in section.articles:
            assert text.count(" ".join(article.title.split())) == 2
    for role in document.colophon.roles:
        assert role.title in text
        assert all(name in text for name in role.names)


def test_the_real_bulletin_is_told_whole(shared: Path):
    document = read_issue(shared / "bulletin" / "issue-13.md")

    text = " ".join(write_text(document).split())

    assert text.count("New Year's wishes from the ANSO President") == 2
    assert "Language Editor: Patrick O'Connor" in text
    assert "Call for Application: http://www.anso.org.cn/programmes/talent/scholarship/" in text
    assert document.colophon.address in text

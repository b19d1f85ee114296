"""An issue file is read whole, or refused with every problem, its line and its remedy."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from mailer.content.parse import parse_issue
from mailer.errors import InvalidIssue
from mailer.types import Announcement, Event, Photo, Profile, Prose, PublishedDate, Quotation

FRONT = """\
---
publication: The Harbour Letter
number: 7
published: 2026-03
language: en
subject: "Spring"
preheader: "What the tide brought in"
colophon:
  publisher: Harbour Institute
  address: "1 Quay Street"
  roles:
    Editors: [Ada Berg, Bo Li]
---

"""
BODY = """\
# News

Lead text.

## A lamp

First paragraph.

Second *paragraph*.

[Read the call](https://example.org/call)

> Water remembers.
>
> — Leila Haddad

:::profile
name: Leila Haddad
country: Tunisia
:::

:::photo
src: boat.jpg
alt: A boat
credit: Ada
:::

:::event
title: Assembly
starts: 2026-04-22
ends: 2026-04-24
:::
"""


def problems(text: str | bytes, load_picture=None) -> list[str]:
    with pytest.raises(InvalidIssue) as caught:
        parse_issue(text, file="issue.md", load_picture=load_picture)
    return [str(problem) for problem in caught.value.problems]


def body_problems(body: str) -> list[str]:
    return problems(FRONT + body)


def test_every_kind_of_block_is_read():
    document = parse_issue(FRONT + BODY, file="issue.md", load_picture=None)

    (section,) = document.sections
    (article,) = section.articles
    assert section.blocks == (Prose(markdown="Lead text."),)
    assert article.blocks == (
        Prose(markdown="First paragraph.\n\nSecond *paragraph*."),
        Announcement(label="Read the call", url="https://example.org/call"),
        Quotation(markdown="Water remembers.", attribution="Leila Haddad"),
        Profile(name="Leila Haddad", country="Tunisia"),
        Photo(source="boat.jpg", alt="A boat", credit="Ada"),
        Event(title="Assembly", starts=dt.date(2026, 4, 22), ends=dt.date(2026, 4, 24)),
    )


def test_the_front_matter_is_read():
    document = parse_issue(FRONT + BODY, file="issue.md", load_picture=None)

    assert (document.publication, document.number) == ("The Harbour Letter", 7)
    assert document.published == PublishedDate(year=2026, month=3)
    assert document.colophon.roles[0].names == ("Ada Berg", "Bo Li")


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n"])
def test_line_ends_and_a_byte_order_mark_do_not_matter(end):
    text = "\ufeff" + (FRONT + BODY).replace("\n", end)

    assert parse_issue(text.encode(), file="issue.md", load_picture=None).number == 7


def test_equal_titles_get_anchors_of_their_own():
    text = FRONT + "# News\n\n## Lamp\n\nA.\n\n## Lamp\n\nB.\n\n# الأخبار\n\nC.\n"
    document = parse_issue(text, file="issue.md", load_picture=None)

    anchors = [article.anchor for article in document.sections[0].articles]
    assert anchors == ["lamp", "lamp-2"]
    assert document.sections[1].anchor == "section"


def test_a_heading_inside_a_code_block_is_text():
    document = parse_issue(FRONT + "# N\n\n```\n# no heading\n```\n", file="f", load_picture=None)

    assert len(document.sections) == 1


def test_all_problems_are_told_at_once_with_their_lines():
    found = problems("---\nnumber: x\nsubject: s\nfoo: 1\n---\n# A\n\n:::phto\n:::\n")

    assert [line.split(" ")[0] for line in found if "issue.md:1:" not in line] == [
        "issue.md:2:",
        "issue.md:4:",
        "issue.md:8:",
    ]
    assert any("Did you mean 'photo'?" in line for line in found)


@pytest.mark.parametrize("character", ["\ufdd0", "\ufdef", "\ufffe", "\U0001ffff", "\U0010fffe"])
def test_what_unicode_keeps_from_being_a_character_is_told_with_its_line(character):
    found = body_problems(f"# A\n\nhere {character} it is\n")

    assert found[0].startswith("issue.md:17: there is an invisible character, U+")


def test_links_into_this_issue_lead_to_its_headings():
    text = FRONT + "# News\n\nsee [the news](#news)"

    assert parse_issue(text, file="f", load_picture=None).sections[0].blocks == (
        Prose(markdown="see [the news](#news)"),
    )


def test_an_issue_may_end_with_a_heading():
    assert parse_issue(FRONT + "# News", file="f", load_picture=None).sections[0].title == "News"


def test_a_link_with_a_title_stays_text():
    words = '[the call](https://x.example "Of March")'
    (section,) = parse_issue(f"{FRONT}# A\n\n{words}\n", file="f", load_picture=None).sections

    assert section.blocks == (Prose(markdown=words),)


def test_other_marks_of_code_inside_a_block_of_code_do_not_end_it():
    body = "# A\n\n~~~\n```\n# no heading\n~~~\n\n# B\n\nText.\n"
    document = parse_issue(FRONT + body, file="f", load_picture=None)

    assert [section.title for section in document.sections] == ["A", "B"]


def test_more_pictures_than_are_kept_are_refused_before_any_is_read():
    photos = "".join(f":::photo\nsrc: {n}.jpg\nalt: A boat\n:::\n\n" for n in range(201))
    asked: list[str] = []

    found = problems(f"{FRONT}# A\n\n{photos}", lambda source: asked.append(source) or b"")

    assert found == ["issue.md: the issue has 201 pictures. Keep at most 200."]
    assert asked == []


def test_a_file_without_front_matter_is_told():
    assert "there is no front matter" in problems("# News\n")[0]


def test_ten_megabytes_are_refused_at_once():
    (found,) = problems("x" * 10_000_000)

    assert found.startswith("issue.md: the file has more than 250,000 octets of text. Shorten it")


def test_bytes_that_are_no_utf_8_are_told_with_their_line():
    assert problems(b"---\nsubject: \xff\n---\n")[0].startswith("issue.md:2: the file is not UTF-8")


def test_deep_nesting_is_refused():
    found = problems(FRONT.replace("number: 7", f"number: {'[' * 300}"))

    assert any("nested too deep" in line or "broken" in line for line in found)


def test_a_hundred_problems_are_cut_to_fifty():
    found = body_problems("# A\n\n" + "<b>\n\n" * 100)

    assert len(found) == 51
    assert "and 50 more" in found[-1]


def test_a_picture_that_is_not_there_is_told_with_its_block():
    def missing(source: str) -> bytes:
        raise FileNotFoundError(0, "there is no such file")

    found = problems(FRONT + BODY, missing)

    assert "the picture 'boat.jpg' can't be read: there is no such file" in found[0]


def test_a_picture_that_is_none_is_told():
    found = problems(FRONT + BODY, lambda _: b"<svg onload='alert(1)'/>")

    assert "'boat.jpg' is no JPEG, PNG, GIF or WebP" in found[0]


def test_the_real_bulletin_is_read(shared: Path):
    text = (shared / "bulletin" / "issue-13.md").read_text()
    document = parse_issue(text, file="issue-13.md", load_picture=None)

    assert [len(section.articles) for section in document.sections] == [2, 5, 1]
    assert len(document.colophon.roles) == 3

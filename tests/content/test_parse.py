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


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (('subject: "Spring"', 'subject: ""'), "has no subject"),
        (("number: 7", "number: seven"), "number is 'seven'"),
        (("number: 7", "number: 0"), "number is '0'"),
        (("number: 7", "number: 7\nnumber: 8"), "given twice"),
        (("published: 2026-03", "published: March"), "published is 'March'"),
        (("published: 2026-03", "published: 2026-13"), "published is '2026-13'"),
        (("published: 2026-03", "published:"), "has no published"),
        (("language: en", "language: english please"), "language is"),
        (("language: en", "language: xx"), "language is 'xx'"),
        (("[Ada Berg, Bo Li]", "Ada Berg"), "no list of names"),
        (("[Ada Berg, Bo Li]", "[]"), "a name that is empty"),
        (("  roles:\n    Editors: [Ada Berg, Bo Li]", "  roles: nobody"), "no list of roles"),
        (("  publisher: Harbour Institute", "  email: nobody"), "email is 'nobody'"),
        (("  publisher: Harbour Institute", "  website: ftp://x"), "website is 'ftp://x'"),
        (("publication: The", "publication: [The"), "front matter is broken"),
        (("publication: The Harbour Letter", "publication: {a: b}"), "publication is not text"),
        (("publication: The Harbour Letter", "publication: &a x"), "anchors are not used"),
        (("publication: The Harbour Letter", "publication: *a"), "broken"),
        (("number: 7", "number: !!python/object:os.system 7"), "tags are not used"),
        (("number: 7", "? [a]\n: 1\nnumber: 7"), "a field's name is not text"),
        (('subject: "Spring"', f'subject: "{"x" * 300}"'), "subject has 300 characters"),
        (("colophon:", "colophons:"), "unknown field 'colophons'"),
        (("number: 7", f"number: 7\n{'n' * 201}: 8"), "a field's name has 201 characters"),
        (("Editors: [", "'': ["), "a role has no title"),
        (("Ada Berg", "A" * 201), "a name of more than 200 characters"),
        (("Harbour Institute", '"Harbour \\u202e"'), "issue.md:9: there is an invisible character"),
        (("Harbour Institute", '"Harbour \\ufdd0"'), "issue.md:9: there is an invisible character"),
    ],
)
def test_a_broken_front_matter_is_told(change, message):
    found = problems((FRONT + BODY).replace(*change))

    assert any(message in line for line in found), found


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("", "there is no section"),
        ("Text.\n", "text stands before any section"),
        ("## Article\n\n# S\n", "an article stands before any section"),
        (f"# {'x' * 400}\n", "a heading is very long"),
        ("# A\n\n<script>alert(1)</script>\n", "HTML is not used here"),
        ("# A\n\nSome <b>bold</b> text\n", "HTML is not used here"),
        ("# A\n\n<!-- comment -->\n", "HTML is not used here"),
        ("# A\n\n![boat](boat.jpg)\n", "a picture stands in running text"),
        ("# A\n\nTitle\n=====\n", "a heading is underlined"),
        ("# A\n\n[x](javascript:alert(1)) y\n", "a link leads to 'javascript:"),
        ("# A\n\n[x](java&#115;cript:alert(1)) y\n", "a link leads to"),
        ("# A\n\n[x](JaVaScRiPt:alert)\n", "a link leads to"),
        ("# A\n\nsee <data:text/html,x>\n", "a link leads to 'data:"),
        ("# A\n\n[x](http://[bad) y\n\n[x]: //y\n[x]\n", "a link leads to"),
        ("# A\n\n:::photo\nsrc: a.jpg\n:::\n", "the photo has no alt"),
        ("# A\n\n:::photo\nsrc: a.jpg\nalt: b\nfoo: c\n:::\n", "unknown field 'foo'"),
        ("# A\n\n:::profile\nname: A\nportrait: a.jpg\n:::\n", "no portrait_alt"),
        ("# A\n\n:::event\ntitle: A\nstarts: soon\n:::\n", "starts is 'soon'"),
        ("# A\n\n:::event\ntitle: A\nstarts: 2026-02-02\nends: 2026-02-01\n:::\n", "ends before"),
        ("# A\n\n:::event\ntitle: A\nstarts: 2026-02-02\nurl: ftp://a\n:::\n", "url is 'ftp://a'"),
        ("# A\n\n:::photo\nsrc: a\n", "has no end"),
        ("# A\n\n:::photo\n- a\n:::\n", "no list of fields"),
        ("# A\n\n:::photo\na: [\n:::\n", "the photo is broken"),
        ("# A\n\n> \n", "a quotation has no words"),
        ("# A\n\nnul \0 here\n", "an invisible character, U+0000"),
        ("# A\n\nbidi \u202e here\n", "an invisible character, U+202E"),
        ("# A\n\n[a &#8238; b](https://x.example)\n", "an invisible character, U+202E"),
        ("# A\n\n[](https://x.example)\n", "a link has no words"),
        ("# A\n\n[x](<https://x.example/a b>) y\n", "a link leads to 'https://x.example/a b'"),
        ("# A\n\n[x](#nowhere) y\n", "a link jumps to '#nowhere', which is not in this issue"),
        ("# A\n\n:::photo\n:::\n", "the photo has no src"),
        ("# A\n\n```\ncode\n", "a block of code has no end"),
        ("# A\n\n- # B\n", "a section's or article's heading is indented"),
        ("# A\n\nMHSLOT\n", "a mark that Masthead keeps for itself"),
        (f"# A\n\n{'words ' * 3_400}\n", "more than 20,000 characters stand without an empty line"),
        ("# A\n\n" + "![\n" * 2_000, "too many opening brackets [ stand without an empty line"),
    ],
)
def test_a_bad_body_is_told(body, message):
    found = body_problems(body)

    assert any(message in line for line in found), found


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

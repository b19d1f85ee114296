"""A draft is read by the rules of an issue file: what it says comes out, and what is wrong."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.content.parse import parse_issue
from mailer.content.read import read_issue
from mailer.content.write import write_issue
from mailer.types import Announcement, Colophon, Prose, Quotation, Role
from mailer.web.desk.editing.converting import make_content, read_roles, write_roles
from mailer.web.desk.editing.parts import make_part
from mailer.web.desk.editing.reading import WANTED, read_draft, read_part
from tests.conftest import ROOT
from tests.fakes.documents import make_document
from tests.fakes.world import ISSUE_FILE
from tests.web.desk.editing.pieces import make_draft

SAMPLES = sorted((ROOT / "mailer/demo/issues").glob("sample.*.md"))
TEXT = ISSUE_FILE.format(number=7, language="en", subject="Spring")


def read(text: str):
    document = parse_issue(text, file="issue.md", load_picture=None)
    content = make_content(document, rev=1)
    sources = {
        each["values"].get("src") or each["values"].get("portrait") for each in content["parts"]
    }
    proof = read_draft(
        content, number=document.number, language=document.language, pictures=sources
    )
    return document, proof


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_a_sample_issue_goes_through_a_draft_unchanged(path):
    document, proof = read(path.read_text())

    assert proof.findings == ()
    assert proof.document == document
    assert read_issue(path) == document


def test_every_kind_of_block_goes_through_a_draft_unchanged():
    text = write_issue(make_document("Words and more"))
    marked = text.replace("## Words and more", '## Words and more {only: "Members"}', 1)

    document, proof = read(marked)

    assert proof.findings == ()
    assert proof.document == document


NAMES = st.text("abc:; \\é", min_size=1).map(str.strip).filter(bool)


@given(
    st.lists(st.tuples(NAMES, st.lists(NAMES, min_size=1)), max_size=4, unique_by=lambda x: x[0])
)
def test_people_are_read_back_as_they_were_written(people):
    roles = tuple(Role(title=title, names=tuple(names)) for title, names in people)

    written = write_roles(Colophon(publisher="x", address="y", roles=roles))

    assert read_roles(written) == roles


def test_an_empty_part_of_each_kind_says_what_it_wants():
    for (kind, field), words in WANTED.items():
        if kind == "head":
            continue
        reading = read_part(make_part(kind, {}, rev=1, name="p1"), ())

        assert reading.blocks == ()
        assert (field, words) in {(each.field, each.words) for each in reading.findings}
        assert {each.part for each in reading.findings} == {"p1"}


def judge(kind: str, pictures=(), **values: str):
    return read_part(make_part(kind, values, rev=1, name="p1"), pictures)


@pytest.mark.parametrize(
    ("kind", "values", "words"),
    [
        ("prose", {"markdown": "a\n\n# b"}, "begins with # or ##"),
        ("prose", {"markdown": "a\n\n## b"}, "begins with # or ##"),
        ("prose", {"markdown": ":::event\ntitle: a\nstarts: 2026-01-01\n:::"}, "begins with :::"),
        ("prose", {"markdown": ':::only "Members"\n\nHello'}, "begins with :::"),
        ("prose", {"markdown": "a <b>c</b>"}, "HTML is not used here"),
        ("prose", {"markdown": "[a](javascript:alert)"}, "A link leads to"),
        ("prose", {"markdown": "a\u202eb"}, "invisible character"),
        ("prose", {"markdown": "x MHSLOT.email.TOLSHM"}, "keeps for itself"),
        ("prose", {"markdown": "x " * 10_001}, "very long"),
        ("announcement", {"label": "Go", "url": "javascript:x"}, "A link leads to"),
        ("event", {"title": "a", "starts": "soon"}, "Write a day as in"),
        ("event", {"title": "a", "starts": "2026-01-02", "ends": "2026-01-01"}, "ends before"),
        ("profile", {"name": "Ada", "portrait": "a.jpg"}, "portrait_alt"),
        ("photo", {"src": "lost.jpg", "alt": "A boat"}, "choose it"),
        ("section", {"title": "News", "only": ", ,"}, "No segment"),
    ],
)
def test_what_an_issue_file_would_be_refused_for_is_told(kind, values, words):
    reading = judge(kind, {"a.jpg"}, **values)

    assert any(words in each.words for each in reading.findings), reading
    assert reading.blocks == ()


def test_a_link_that_stands_alone_is_a_button_and_a_quoted_line_a_quotation():
    reading = judge("prose", markdown="Before\n\n[Go](https://a.example/)\n\n> Words", only="Board")

    assert [type(block) for block in reading.blocks] == [Prose, Announcement, Quotation]
    assert {block.only_for for block in reading.blocks} == {("Board",)}


def test_a_quotation_keeps_its_words_and_whose_they_are():
    [block] = judge("quotation", markdown="One\n\nTwo", attribution="Ada  Berg").blocks

    assert block == Quotation(markdown="One\n\nTwo", attribution="Ada Berg")


def prove(content):
    return read_draft(content, number=7, language="en", pictures=())


def test_unfinished_parts_are_left_out_and_told_with_their_names():
    content = make_draft("S", "A", "t")
    content["parts"][2]["values"]["markdown"] = "Hello"

    proof = prove(content)

    assert proof.document.sections[0].articles[0].blocks == (Prose(markdown="Hello"),)
    assert {each.part for each in proof.findings} >= {"S0", "A1", "head"}
    assert proof.anchors["t2"] == "article"


def test_a_link_to_a_heading_that_is_not_there_is_told_at_its_part():
    content = make_draft("S", "A", "t")
    content["parts"][1]["values"]["title"] = "The lamp"
    content["parts"][2]["values"]["markdown"] = "[a](#the-lamp) [b](#the-buoy)"

    words = [each.words for each in prove(content).findings if each.part == "t2"]

    assert words == ["A link jumps to “#the-buoy”, which is not in this issue."]


def test_too_many_segments_and_no_parts_at_all_are_told():
    content = make_draft("S")
    content["parts"][0]["values"] |= {"title": "News", "only": "a, b, c, d, e"}

    assert any("more than 4 segments" in each.words for each in prove(content).findings)
    assert any("Add a section" in each.words for each in prove(make_draft()).findings)


def test_text_before_any_section_is_shown_all_the_same():
    content = make_draft("t")
    content["parts"][0]["values"]["markdown"] = "Hello"

    assert prove(content).document.sections[0].blocks == (Prose(markdown="Hello"),)


def test_what_takes_the_place_of_another_text_keeps_its_names():
    document = parse_issue(TEXT, file="issue.md", load_picture=None)
    first = make_content(document, rev=1)
    longer = parse_issue(TEXT + "\n## More\n\nWords\n", file="issue.md", load_picture=None)

    second = make_content(replace(longer, language="fr"), rev=2, like=first["parts"])

    names = [part["id"] for part in first["parts"]]
    assert [part["id"] for part in second["parts"]][:3] == names

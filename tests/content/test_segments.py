"""A part for a segment's people is marked, read, and left out for everybody else."""

from __future__ import annotations

import pytest

from mailer.content.parse import find_segments, parse_issue
from mailer.content.segments import choose_variant, list_variants, name_segments
from mailer.content.write import write_issue
from mailer.errors import InvalidIssue
from mailer.types import Document, Prose

FRONT = """\
---
publication: The Harbour Letter
number: 7
published: 2026-03
language: en
subject: "Spring"
colophon:
  publisher: Harbour Institute
  address: "1 Quay Street"
---

"""
BODY = """\
# News

For all.

:::only "Members", "Board"

For members and board.

:::everyone

For all again.

## Accounts {only: "Board"}

Figures.

## Tide

:::only "Members"

High water.

# Inside {only: "Members"}

## Cellar

Wine.
"""


def parse(body: str) -> Document:
    return parse_issue(FRONT + body, file="issue.md", load_picture=None)


def show(*segments: str) -> list[str]:
    """Return the headings and paragraphs that people in these segments see."""
    seen: list[str] = []
    for section in choose_variant(parse(BODY), segments).sections:
        seen += [section.title, *words(section.blocks)]
        for article in section.articles:
            seen += [article.title, *words(article.blocks)]
    return seen


def words(blocks) -> list[str]:
    return [block.markdown for block in blocks if isinstance(block, Prose)]


def refuse(body: str) -> str:
    with pytest.raises(InvalidIssue) as refusal:
        parse(body)
    return str(refusal.value)


def test_everybody_else_sees_neither_parts_nor_headings_of_which_nothing_is_left():
    assert show() == ["News", "For all.", "For all again."]


def test_people_in_a_segment_see_its_parts_and_no_others():
    assert show("Board") == [
        *["News", "For all.", "For members and board.", "For all again."],
        *["Accounts", "Figures."],
    ]
    assert show("Members") == [
        *["News", "For all.", "For members and board.", "For all again."],
        *["Tide", "High water.", "Inside", "Cellar", "Wine."],
    ]


def test_people_in_all_segments_see_everything():
    assert choose_variant(parse(BODY), ("Members", "Board")) == parse(BODY)


def test_a_heading_that_was_empty_for_all_stays():
    document = parse("# News\n\n## Empty\n\n# Bare\n")

    assert choose_variant(document, ()) == document


def test_a_file_is_written_back_as_it_was():
    assert write_issue(parse(BODY)).partition("# News")[2] == BODY.partition("# News")[2]


def test_segments_are_named_in_order_with_their_first_lines():
    assert name_segments(parse(BODY)) == ("Members", "Board")
    assert find_segments(FRONT + BODY, file="x") == {"Members": 16, "Board": 16}


def test_variants_are_all_combinations_nobodys_first():
    assert list_variants(("a", "b")) == [(), ("a",), ("b",), ("a", "b")]
    assert len(list_variants("abcd")) == 16


@pytest.mark.parametrize(
    "mark", [":::only", ":::only Members", ':::only ""', ':::only " "', ':::only "a" "b"']
)
def test_a_mark_that_names_nobody_is_refused_with_its_line(mark):
    assert f"issue.md:15: the mark :::only names no segment. {'Write the names'}" in refuse(
        f"# News\n\nWords.\n{mark}\n\nMore."
    )


@pytest.mark.parametrize("mark", ["{only: Members}", "{only}", '{only: ""}', '{only: "a",}'])
def test_a_heading_whose_mark_names_nobody_is_refused(mark):
    assert "issue.md:12: the mark {only: …} names no segment" in refuse(f"# News {mark}\n\nWords.")


def test_a_fifth_segment_is_refused_where_it_is_named():
    marks = "\n\n".join(f':::only "{name}"\n\nWords.' for name in "abcde")

    assert "issue.md:30: the issue names 5 segments. Name at most 4" in refuse(f"# News\n\n{marks}")


@pytest.mark.parametrize("text", ["    :::only", "```\n:::only\n```", "Say {only: x} once"])
def test_what_only_looks_like_a_mark_is_text(text):
    document = parse(f"# News\n\n{text}\n")

    assert name_segments(document) == ()
    assert len(document.sections[0].blocks) == 1


def test_a_name_is_squeezed_and_counted_once():
    document = parse('# News\n\n:::only "A  b", " A b "\n\nWords.')

    assert name_segments(document) == ("A b",)


@pytest.mark.parametrize(
    "marks",
    [
        ":::everyone",
        ":::everyone\n:::everyone",
        ':::only "Members"\n\n:::everyone',
        '\n:::only "Members"\n:::only "Board"\n:::everyone\n',
    ],
)
def test_a_mark_that_changes_nothing_for_the_text_around_it_does_not_part_it(marks):
    (section,) = parse(f"# News\n\nFirst.\n{marks}\nSecond.\n").sections

    (prose,) = section.blocks
    assert prose.markdown.split() == ["First.", "Second."]
    assert prose.only_for == ()


def test_a_repeated_mark_does_not_part_the_text_of_a_segment():
    document = parse('# News\n\n:::only "M"\n\nFirst.\n\n:::only "M"\n\nSecond.\n')

    assert [block.only_for for block in document.sections[0].blocks] == [("M",)]
    assert parse_issue(write_issue(document), file="issue.md", load_picture=None) == document


def test_a_problem_below_marks_that_change_nothing_is_told_with_its_own_line():
    text = f"{FRONT}# News\n\nFirst.\n\n:::everyone\n\nA <b>bold</b> word.\n"
    line = text[: text.index("A <b>")].count("\n") + 1

    with pytest.raises(InvalidIssue) as caught:
        parse_issue(text, file="issue.md", load_picture=None)

    assert {problem.line for problem in caught.value.problems} == {line}

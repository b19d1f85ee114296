"""A link by a label finds its address, wherever in the file that stands."""

from __future__ import annotations

import pytest

from mailer.content.parse import parse_issue
from mailer.content.write import write_issue
from mailer.errors import InvalidIssue
from mailer.rendering.markdown import to_html
from mailer.rendering.plain import to_plain
from mailer.types import Document, Prose, Quotation
from tests.content.test_parse import FRONT, body_problems

BETWEEN = {
    "a button": "[Go](https://go.example/)",
    "a quotation": "> Words.",
    "a block": ":::profile\nname: Leila Haddad\n:::",
    "a mark": ':::only "Members"',
    "a heading": "## Lamp",
}


def parse(body: str) -> Document:
    return parse_issue(FRONT + "# News\n\n" + body, file="issue.md", load_picture=None)


@pytest.mark.parametrize("between", BETWEEN.values(), ids=BETWEEN.keys())
def test_a_link_finds_its_address_beyond_what_stands_between(between):
    body = f"See [the call][r] today.\n\n{between}\n\nMore.\n\n[r]: https://r.example/?a=b&c=d"

    document = parse(body)

    prose = document.sections[0].blocks[0]
    assert isinstance(prose, Prose)
    href = 'href="https://r.example/?a=b&amp;c=d"'
    assert href in to_html(prose.markdown, highest=3)
    assert "the call (https://r.example/?a=b&c=d)" in to_plain(prose.markdown)
    assert parse_issue(write_issue(document), file="issue.md", load_picture=None) == document


@pytest.mark.parametrize("use", ["[the call][R]", "[r][]", "[r]"])
def test_a_quotation_finds_the_address_of_each_kind_of_reference(use):
    document = parse(f'> See {use}.\n>\n> — Ada\n\n[r]: https://r.example/ "A \\" & \\\\"')

    quotation = document.sections[0].blocks[0]
    assert isinstance(quotation, Quotation)
    assert quotation.attribution == "Ada"
    assert quotation.markdown.endswith('[r]: <https://r.example/> "A \\" &amp; \\\\"')
    assert parse_issue(write_issue(document), file="issue.md", load_picture=None) == document


def test_text_without_references_gets_no_definitions():
    document = parse("Words.\n\n> Q.\n\nSee [a].\n\n[a]: https://a.example/")

    assert document.sections[0].blocks[0] == Prose(markdown="Words.")


@pytest.mark.parametrize("use", ["[the call][r]", "[r][]", "*[the call][r]*", "- [the call][r]"])
def test_a_label_that_nothing_defines_is_told_with_its_line(use):
    found = body_problems(f"# News\n\nWords.\n\n{use}\n")

    (told,) = found
    assert told == (
        "issue.md:19: a link's label [r] is not defined in this issue. Below an empty line write "
        "'[r]: https://…' on a line of its own; or for plain brackets write \\[."
    )


@pytest.mark.parametrize("text", ["\\[a]\\[b]", "`[a][b]`", "[a] [b]", "[a][", "[a][b", "[a][ ]"])
def test_brackets_that_are_no_reference_stay(text):
    assert parse(text).sections[0].blocks == (Prose(markdown=text),)


def test_definitions_alone_are_no_block():
    document = parse("[r]: https://r.example/\n\n> See [r].\n\n[s]: https://s.example/\n")

    (quotation,) = document.sections[0].blocks
    assert quotation == Quotation(markdown="See [r].\n\n[r]: <https://r.example/>")
    assert parse_issue(write_issue(document), file="issue.md", load_picture=None) == document


def test_texts_between_which_only_definitions_stood_are_one():
    document = parse('One.\n\n:::only "M"\n\n[r]: https://r.example/\n\n:::everyone\n\nTwo.')

    assert document.sections[0].blocks == (Prose(markdown="One.\n\nTwo."),)
    assert parse_issue(write_issue(document), file="issue.md", load_picture=None) == document


def test_a_quotation_of_definitions_alone_is_told():
    found = body_problems("# A\n\n> [r]: https://r.example/\n> — Ada\n")

    assert found == ["issue.md:17: a quotation has no words. Write them after '> '."]


def test_a_label_with_two_addresses_is_told():
    found = body_problems(
        "# A\n\n[r]\n\n[r]: https://a.example/\n\n> Q.\n\n[R]: https://b.example/\n"
    )

    assert [line.split(". ")[0] for line in found] == [
        "issue.md:23: the label [R] is defined a second time, differently"
    ]


def test_a_script_behind_a_label_far_away_is_told():
    found = body_problems("# A\n\nSee [x][r].\n\n> Q.\n\n[r]: javascript:alert(1)\n")

    assert "a link leads to 'javascript:alert(1)'" in found[0]


def test_a_definition_that_would_be_copied_without_end_is_told():
    uses = "[r]\n\n[Go](https://go.example/)\n\n" * 300
    text = f"{FRONT}# A\n\n{uses}\n\n[r]: https://r.example/{'x' * 1_000}\n"

    with pytest.raises(InvalidIssue) as caught:
        parse_issue(text, file="issue.md", load_picture=None)

    (problem,) = caught.value.problems
    assert problem.what == "the definitions of links are used by too many parts of the issue"

"""Headings, and whose words a quotation is: Markdown of which the words alone are kept."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.content.parse import parse_issue
from mailer.content.problems import Problems
from mailer.content.titles import read_line, read_title, write_line, write_title
from mailer.content.write import write_issue
from mailer.types import Document, Quotation
from tests.content.prose import TITLES
from tests.content.test_parse import FRONT, body_problems


def parse(body: str) -> Document:
    return parse_issue(FRONT + body, file="issue.md", load_picture=None)


WORDS = {
    "The *Beagle* sails &amp; more": "The Beagle sails & more",
    "**Now**: `make` it": "Now: make it",
    "5 * 3 and snake_case": "5 * 3 and snake_case",
    "R & D": "R & D",
    r"Not \*so\* \[1] \# \\": r"Not *so* [1] # \ ".strip(),
    "Vol. [1]": "Vol. [1]",
    "News ##": "News",
    "C#": "C#",
    r"Which \#": "Which #",
    "&#32;Far\t  apart&nbsp;": "Far apart",
    "a &lt;b&gt;": "a <b>",
    "\u0645\u0631 *\u0628\u0627*": "\u0645\u0631 \u0628\u0627",
}


@pytest.mark.parametrize(("written", "words"), WORDS.items())
def test_a_heading_is_the_words_that_its_markdown_shows(written, words):
    document = parse(f"# {written}\n\n## {written}\n")

    (section,) = document.sections
    assert (section.title, section.articles[0].title) == (words, words)
    assert parse_issue(write_issue(document), file="issue.md", load_picture=None) == document


@pytest.mark.parametrize(("written", "words"), WORDS.items())
def test_a_quotation_is_by_the_words_that_markdown_shows(written, words):
    if written == "News ##":
        words = written  # it is no heading, which alone may end so
    document = parse(f"# A\n\n> Words.\n>\n> — {written}\n")

    assert document.sections[0].blocks == (Quotation(markdown="Words.", attribution=words),)
    assert parse_issue(write_issue(document), file="issue.md", load_picture=None) == document


REFUSED = {
    "See [the log](https://x.example)": "a link stands in",
    "<https://x.example>": "a link stands in",
    "See [r]": "a link stands in",
    "See [the log][r]": "a link stands in",
    "See [the log][nowhere]": "a link's label [nowhere] is not defined",
    "![Boat](boat.jpg)": "a picture stands in",
    "A <b>bold</b> one": "HTML is not used here",
    "A <!-- comment -->": "HTML is not used here",
    "bidi &#8238; here": "an invisible character, U+202E",
    "MHS&#76;OT": "a mark that Masthead keeps for itself",
}


@pytest.mark.parametrize("where", ["# {}", "## {}", "> Words.\n> — {}"])
@pytest.mark.parametrize(("written", "message"), REFUSED.items())
def test_what_is_more_than_words_is_refused_with_its_line(written, message, where):
    lines = where.format(written)
    line = (FRONT + "# A\n\n" + lines).count("\n") + 1

    found = body_problems(f"# A\n\n{lines}\n\n[r]: https://r.example/\n")

    assert any(told.startswith(f"issue.md:{line}: ") and message in told for told in found), found


@pytest.mark.parametrize("text", ["#", "##", "&nbsp;", "&#8203;", '{only: "M"}', "\u200d"])
def test_a_heading_without_words_is_refused(text):
    found = body_problems(f"# A\n\n## {text}\n")

    assert "issue.md:17: a heading has no words. Write them after the marks: '# News'." in found


@pytest.mark.parametrize(
    ("text", "title", "names"),
    [
        (r'Say \{only: "M"}', 'Say {only: "M"}', ()),
        (r'Say \\{only: "M"}', "Say \\", ("M",)),
        (r'Say \\\{only: "M"}', 'Say \\{only: "M"}', ()),
        ('Say *it* {only: "*M* &amp;"}', "Say it", ("*M* &amp;",)),
        ('Say ## {only: "M"}', "Say", ("M",)),
        ('Say {only: "M"} once', 'Say {only: "M"} once', ()),
    ],
)
def test_an_escaped_mark_is_text(text, title, names):
    (section,) = parse(f"# {text}\n").sections

    assert (section.title, section.only_for) == (title, names)


@given(TITLES, st.sampled_from([(), ("Members",), ("{only: x}", "\\")]))
def test_a_title_is_read_as_it_was_written_whatever_labels_the_file_defines(title, names):
    problems = Problems("")
    known = {label: {"href": "https://x.example", "title": ""} for label in ("1", "A", "R")}

    written = write_title(title, names)

    again = read_title(written, line=1, known=known, problems=problems)
    assert (again, problems.found) == ((title, names), [])
    line = write_line(title)
    assert read_line(line, where="", line=1, known=known, problems=problems) == title


@pytest.mark.parametrize("title", ["R & D: 5 * 3 (new!)", "C# and snake_case", "A < B", "{x}"])
def test_a_title_that_is_read_the_same_is_written_without_escapes(title):
    assert write_title(title, ()) == title

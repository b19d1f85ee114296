"""Hostile files end soon: what they cost is counted in calls, for a clock judges the machine."""

from __future__ import annotations

import contextlib
import sys
import time

import pytest

from mailer.content import markdown
from mailer.content.parse import LONGEST_RUN, parse_issue
from mailer.errors import InvalidIssue

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
  roles:
    Editors: [Ada Berg]
---

# News

"""
# Plain prose takes about 20 for each octet; what is dense with marks may take so many.
MOST_CALLS_AN_OCTET = 1_000


def count_calls(text: str) -> int:
    """Return how many calls it takes to read a file or to refuse it."""
    calls = 0

    def note(_frame: object, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        parse_issue(text, file="issue.md", load_picture=None)
    except InvalidIssue:
        pass
    finally:
        sys.setprofile(before)
    return calls


def fill(pattern: str, octets: int) -> str:
    return (pattern * (octets // len(pattern) + 1))[:octets]


@pytest.mark.parametrize(
    "pattern", ["x", "![", "[", "a\n", "# A\n\n", "<!--", "\0", "> ", "- a: [\n"]
)
def test_ten_megabytes_of_anything_cost_nothing(pattern):
    assert count_calls(FRONT + fill(pattern, 10_000_000)) < 1_000


@pytest.mark.parametrize("pattern", ["![", "[", "[a][", "[`]`", "[\\]", '[](a "', "[a]: b\n"])
def test_brackets_that_open_without_end_are_refused_before_they_are_read(pattern):
    text = FRONT + fill(pattern, LONGEST_RUN - 100)

    assert count_calls(text) < 2 * len(text)


@pytest.mark.parametrize("pattern", ["[", "[r", "[r][", "[a]: "])
def test_brackets_without_end_are_refused_as_soon_where_links_have_definitions(pattern):
    definition = "[r]: https://r.example/\n\n"

    assert count_calls(FRONT + definition + fill(pattern, 10_000_000)) < 1_000
    text = FRONT + definition + fill(pattern, LONGEST_RUN - 100)
    assert count_calls(text) < 2 * len(text)


@pytest.mark.parametrize(
    "text", ["See [it][r].", "> See [it][r].", "a [ b\n\n[Go](https://g.example)"]
)
def test_a_part_is_parsed_once_whether_or_not_links_have_definitions(text, monkeypatch):
    parsed: list[str] = []
    parse = markdown.PARSER.parse

    def note(source: str, *rest: object) -> object:
        parsed.append(source)
        return parse(source, *rest)

    monkeypatch.setattr(markdown.PARSER, "parse", note)
    definition = ':::only "M"\n\nMore.\n\n[r]: https://r.example/'
    parse_issue(f"{FRONT}{text}\n\n{definition}\n", file="issue.md", load_picture=None)

    assert len(parsed) == 2


@pytest.mark.parametrize("rest", ["&a", "*", "\\]"])
def test_each_bracket_costs_no_more_than_the_steps_that_are_bounded(rest):
    brackets, octets = 60, 2_000
    run = "![" * brackets + fill(rest, octets - 2 * brackets)

    steps = brackets * octets
    assert count_calls(f"{FRONT}{run}\n") < 16 * steps + MOST_CALLS_AN_OCTET / 5 * octets


@pytest.mark.parametrize(
    "pattern", ["a\n", "- a\n", "[a][b] ", "*_`<!&", "> - ", "a\n=\n", "a  \n"]
)
def test_what_is_dense_with_marks_costs_in_proportion(pattern):
    short, long = (FRONT + fill(pattern, octets) for octets in (1_000, 3_000))

    few, many = count_calls(short), count_calls(long)

    assert many < 3.5 * few
    assert many < MOST_CALLS_AN_OCTET * len(long)


def test_ordinary_paragraphs_are_read_in_proportion():
    text = FRONT + fill("The lamp turns *again*, see [the log](https://x.example).\n\n", 20_000)

    assert count_calls(text) < MOST_CALLS_AN_OCTET * len(text)


@pytest.mark.parametrize(
    "line",
    [
        "# a" + " " * 19_000 + "b",
        "# a" + " #" * 9_000 + "b",
        "# a" + "{only " * 3_000,
        "# a" + "{only " * 3_000 + "\\}",
        ':::only "' + "a" * 19_000,
        ':::only "' + " " * 19_000 + '"x',
        "> words\n> \u2014" + " " * 19_000,
    ],
)
def test_a_long_line_is_searched_once(line):
    # These are single calls, which no count of calls sees: searched again from each of its
    # characters, such a line took two seconds, and a file has room for twelve.
    text = FRONT + "\n\n".join([line] * 12)
    before = time.process_time()

    with contextlib.suppress(InvalidIssue):
        parse_issue(text, file="issue.md", load_picture=None)

    assert time.process_time() - before < 5

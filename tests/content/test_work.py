"""Hostile files end soon: what they cost is counted in calls, for a clock judges the machine."""

from __future__ import annotations

import sys

import pytest

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

"""Lines fit 72 columns by the width that their characters take."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.rendering.columns import COLUMNS, measure, underline, wrap


@pytest.mark.parametrize(
    ("text", "columns"),
    [("abc", 3), ("汉字", 4), ("שָׁ", 1), ("a\u200d\u200f", 1), ("\uff46", 2), ("ไทย", 3), ("", 0)],
)
def test_marks_take_no_column_and_wide_characters_take_two(text, columns):
    assert measure(text) == columns


def test_words_stay_whole():
    address = "https://a.example/" + "x" * 100

    assert wrap(f"read {address} now") == ["read", address, "now"]


def test_chinese_breaks_between_characters_but_not_before_a_full_stop():
    lines = wrap("汉" * 36 + "。" + "字" * 10)

    assert lines[0] == "汉" * 35
    assert lines[1].startswith("汉。字")


def test_an_opening_bracket_stays_with_what_follows():
    lines = wrap("汉" * 35 + "「字」" + "汉")

    assert lines == ["汉" * 35, "「字」汉"]


def test_a_no_break_space_does_not_break():
    assert wrap("x" * 70 + " a\u00a0b") == ["x" * 70, "a\u00a0b"]


def test_later_lines_hang_below_the_first():
    lines = wrap("word " * 20, first="- ", rest="  ")

    assert lines[0].startswith("- word")
    assert lines[1].startswith("  word")


def test_nothing_has_no_lines():
    assert wrap("", first="- ") == []
    assert wrap(" \n ") == []


def test_a_rule_is_as_wide_as_its_heading():
    assert underline("汉字", "=") == "汉字\n===="
    assert underline("", "-") == ""


@given(st.text(st.characters(exclude_categories=("Cs",))))
def test_no_character_is_lost(text):
    kept = "".join(wrap(text))

    assert kept.replace(" ", "") == "".join(text.split(" ")).translate(
        str.maketrans("", "", "\t\n\r")
    )


@given(st.lists(st.text("aяع汉", min_size=1, max_size=20)))
def test_no_line_of_words_is_too_long(words):
    assert all(measure(line) <= COLUMNS for line in wrap(" ".join(words)))

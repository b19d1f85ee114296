"""What the parts of a draft are called, and how far each reaches."""

from __future__ import annotations

import pytest

from mailer.web.desk.editing.parts import FIELDS, label, make_part, measure, read_only, write_only
from tests.web.desk.editing.pieces import make_parts


@pytest.mark.parametrize(
    ("place", "length"), [(0, 6), (1, 1), (2, 2), (3, 1), (4, 2), (6, 1), (7, 1)]
)
def test_a_heading_takes_all_below_it_along(place, length):
    parts = make_parts("S", "t", "A", "t", "A", "t", "S", "S")

    assert measure(parts, place) == length


def test_every_kind_has_a_part_with_all_its_fields():
    for kind, fields in FIELDS.items():
        assert tuple(make_part(kind, {}, rev=1)["values"]) == fields


def test_a_text_is_called_by_its_first_words_without_marks():
    part = make_part("prose", {"markdown": "The **lamp**\n> [turns](https://a.example/) "}, rev=1)

    assert label(part) == "The lamp turns"


def test_a_long_label_is_cut_and_an_empty_part_has_none():
    assert label(make_part("article", {"title": "word " * 40}, rev=1)).endswith("word…")
    assert label(make_part("photo", {}, rev=1)) == ""


@pytest.mark.parametrize("names", [(), ("Members",), ("Members", "Board"), ("Board, old", "New")])
def test_segments_are_read_back_as_they_were_written(names):
    assert read_only(write_only(names)) == names

"""Markdown reads well as plain text."""

from __future__ import annotations

import pytest

from mailer.errors import RenderingError
from mailer.rendering.plain import to_plain


@pytest.mark.parametrize(
    ("markdown", "plain"),
    [
        ("one\ntwo", "one two"),
        ("one  \ntwo", "one\ntwo"),
        ("one\n\ntwo", "one\n\ntwo"),
        ("*one* **two** `three`", "one two three"),
        ("### Minor\n\ntext", "Minor\n\ntext"),
        ("a\n\n***\n\nb", "a\n\n* * *\n\nb"),
        ("[label](https://a.example/)", "label (https://a.example/)"),
        ("<https://a.example/>", "https://a.example/"),
        ("[within](#second) it", "within it"),
        ("<a@b.example>", "a@b.example"),
        ("[**bold** label](https://a.example/)", "bold label (https://a.example/)"),
        ("![boat](https://a.example/b.jpg)", "!boat (https://a.example/b.jpg)"),
    ],
)
def test_running_text_keeps_its_words(markdown, plain):
    assert to_plain(markdown) == plain


@pytest.mark.parametrize(
    ("markdown", "plain"),
    [
        ("text\n\n- one\n- two\n\ntext", "text\n\n- one\n- two\n\ntext"),
        ("- one\n\n- two", "- one\n\n- two"),
        ("9. nine\n10. ten", "9. nine\n10. ten"),
        ("0. none", "0. none"),
        ("- one\n  - two\n- three", "- one\n  - two\n- three"),
        ("- - one\n- two", "- - one\n- two"),
        ("- one\n\n  more", "- one\n\n  more"),
        ("- one  \n  more", "- one\n  more"),
        ("-\n\ntext", "text"),
        ("> one\n> two\n>\n> > three", "> one two\n\n> > three"),
    ],
)
def test_lists_and_quotations_keep_their_shape(markdown, plain):
    assert to_plain(markdown) == plain


@pytest.mark.parametrize("markdown", ["    a  b\n    c", "```\na  b\nc\n```"])
def test_code_keeps_its_lines_and_spaces(markdown):
    assert to_plain(markdown) == "a  b\nc"


def test_lines_hang_below_the_mark_of_their_item():
    lines = to_plain("12. " + "word " * 30, indent="    ").split("\n")

    assert lines[0].startswith("    12. word")
    assert all(line.startswith("        word") for line in lines[1:])
    assert max(map(len, lines)) <= 72


def test_a_slot_made_of_emphasis_is_refused():
    with pytest.raises(RenderingError, match="delete it"):
        to_plain("MHSLOT.*unsubscribe_url*.TOLSHM")


def test_html_is_shown_as_it_was_written():
    assert to_plain("a <b>c</b> &amp;") == "a <b>c</b> &"

"""A document may hold any text, save what no mail carries and what is ours to write."""

from __future__ import annotations

import pytest

from mailer.errors import RenderingError
from mailer.rendering.check import check_document, check_text
from mailer.types import SlotName, slot
from tests.fakes.documents import make_document


@pytest.mark.parametrize(
    "char", ["\x00", "\x08", "\x1b", "\x7f", "\x85", "\ud800", "\uffff", "\ufdd0"]
)
def test_it_refuses_what_is_no_character(char):
    with pytest.raises(RenderingError, match="can't be rendered: delete it"):
        check_document(make_document(f"before{char}after"))


@pytest.mark.parametrize("name", list(SlotName))
def test_it_refuses_a_slot_of_the_authors(name):
    with pytest.raises(RenderingError, match=name.value):
        check_document(make_document(url=f"https://evil.example/?{slot(name)}"))


def test_it_shows_where_the_text_is_wrong():
    with pytest.raises(RenderingError, match=r"'the tide came \\x00 in'"):
        check_text("the tide came \x00 in")


@pytest.mark.parametrize("text", ["a\tb\nc\rd", "👩‍🚀", "\u200f\u00a0\u200c", "{{ x }}", "MHSLOT."])
def test_it_lets_all_else_pass(text):
    document = make_document(text)

    check_document(document)

    assert document.subject == text

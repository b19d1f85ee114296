"""Quoted-printable that no content can break out of."""

from __future__ import annotations

import quopri

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.message.quoted import SOFT_BREAK, encode_text, encode_value

ANYTHING = st.text(st.characters(codec="utf-8"), max_size=300)
# What the rules of the format are about, more often than chance would have it.
NASTY = st.text(st.sampled_from("ab.=\r\n\t \0FromÉ名😀\u2028\u202e-_?"), max_size=300)


def check_lines(encoded: bytes) -> None:
    """Check that a body stays within RFC 2045 §6.7 and needs no dot-stuffing."""
    assert encoded.isascii()
    assert encoded.count(b"\r") == encoded.count(b"\n") == encoded.count(b"\r\n")
    for line in encoded.split(b"\r\n"):
        assert len(line) <= 76
        assert not line.startswith((b".", b"From "))


@settings(deadline=None)
@given(value=ANYTHING | NASTY)
def test_a_value_decodes_to_itself_and_breaks_no_line(value):
    encoded = encode_value(value)

    check_lines(encoded + SOFT_BREAK)
    assert quopri.decodestring(encoded).decode() == value


@settings(deadline=None)
@given(text=ANYTHING | NASTY)
def test_text_decodes_to_itself_with_other_line_ends(text):
    encoded = encode_text(text)

    check_lines(encoded + SOFT_BREAK)
    expected = text.replace("\r\n", "\n").replace("\r", "\n")
    assert quopri.decodestring(encoded).decode().replace("\r\n", "\n") == expected


@settings(deadline=None)
@given(parts=st.lists(ANYTHING | NASTY, max_size=5))
def test_pieces_between_soft_breaks_are_one_text(parts):
    encoded = SOFT_BREAK.join(encode_value(part) for part in parts)

    check_lines(encoded)
    assert quopri.decodestring(encoded).decode() == "".join(parts)


@pytest.mark.parametrize(
    ("text", "encoded"),
    [
        ("", b""),
        (".", b"=2E"),
        ("..a\n.b", b"=2E.a\r\n=2Eb"),
        ("From x\nFromage", b"=46rom x\r\nFromage"),
        ("a \nb\t\nc", b"a=20\r\nb=09\r\nc"),
        ("1=2", b"1=3D2"),
        ("é", b"=C3=A9"),
        ("a\r\nb\rc", b"a\r\nb\r\nc"),
        ("x" * 76, b"x" * 73 + b"=\r\n" + b"xxx"),
    ],
)
def test_text_is_encoded_as_little_as_possible(text, encoded):
    assert encode_text(text) == encoded


def test_half_a_surrogate_pair_becomes_a_question_mark():
    assert encode_value("a\ud800b") == b"a?b"

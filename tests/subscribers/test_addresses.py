from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.errors import InvalidAddress
from subscribers.addresses import normalise


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("Ada@People.EXAMPLE", "ada@people.example"),
        ("  ada@people.example\n", "ada@people.example"),
        ("ada@people.example\u2028", "ada@people.example"),
        ("ada@bücher.example", "ada@xn--bcher-kva.example"),
        ("ADA@XN--BCHER-KVA.example", "ada@xn--bcher-kva.example"),
        ("zoe\u0308@people.example", "zoë@people.example"),
        ("ZOË@people.example", "zoë@people.example"),
        ("ада@почта.example", "ада@xn--80a1acny.example"),
    ],
)
def test_the_same_person_is_one_however_the_address_is_written(given, kept):
    assert normalise(given) == kept


@pytest.mark.parametrize(
    "given",
    [
        "",
        "ada",
        "ada@",
        "@people.example",
        "ada@people",
        "ada@localhost",
        "ada@people..example",
        "ada@people.example\r\nRCPT TO:<eve@evil.example>",
        "ada\0@people.example",
        "Ada <ada@people.example>",
        "ada@people.example,eve@evil.example",
        "ada@[127.0.0.1]",
        '"a b"@people.example',
        "a" * 65 + "@people.example",
        "ada@" + "p" * 250 + ".example",
        "\ud800@people.example",
    ],
)
def test_it_refuses_what_is_no_address_with_a_plain_sentence(given):
    with pytest.raises(InvalidAddress) as caught:
        normalise(given)
    assert "\n" not in str(caught.value)
    assert isinstance(caught.value, ValueError)


@given(st.text(max_size=300) | st.emails())
def test_it_returns_a_stable_address_or_refuses_and_does_nothing_else(text):
    try:
        once = normalise(text)
    except InvalidAddress:
        return
    assert normalise(once) == once
    assert unicodedata.is_normalized("NFC", once)
    assert not any(character in once for character in "\r\n\0 ")

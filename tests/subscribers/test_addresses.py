from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.errors import InvalidAddress
from subscribers.addresses import normalise, normalise_slowly


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


LETTERS = "aZ09.-_+'@!é İ\0\n(\""
DOMAINS = [
    "example",
    "test",
    "localhost",
    "local",
    "com",
    "arpa",
    "xn--p1ai",
    "invalid",
    "c0m",
    "a",
]


def judge(way, text):
    try:
        return way(text)
    except InvalidAddress:
        return None


@settings(max_examples=150)
@given(
    st.emails()
    | st.builds(
        "{}@{}.{}".format,
        st.text(LETTERS, min_size=1, max_size=70),
        st.text("aB0-.", min_size=1, max_size=70) | st.just("ab--cd") | st.just("xn--bcher-kva"),
        st.sampled_from(DOMAINS),
    )
)
def test_the_short_way_gives_the_verdict_of_the_long_one(text):
    assert judge(normalise, text) == judge(lambda each: normalise_slowly(each.strip()), text)


@pytest.mark.parametrize("length", [63, 64, 65])
@pytest.mark.parametrize("labels", [1, 60, 120])
def test_both_ways_know_the_same_limits(length, labels):
    text = "a" * length + "@" + "b." * labels + "example"

    assert judge(normalise, text) == (judge(normalise_slowly, text) if len(text) < 255 else None)

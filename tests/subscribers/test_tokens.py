from __future__ import annotations

import base64
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.errors import InvalidToken
from subscribers import tokens
from subscribers.tokens import LinkClaims, Purpose, read, sign

NUMBERS = st.integers(min_value=0, max_value=2**63 - 1)
LISTS = st.integers(min_value=0, max_value=2**32 - 1)


@given(st.sampled_from(Purpose), NUMBERS, LISTS, NUMBERS)
def test_it_reads_what_it_signed(purpose, subscriber_id, list_id, reference):
    token = sign(purpose, subscriber_id=subscriber_id, list_id=list_id, reference=reference)

    assert read(purpose, token) == LinkClaims(
        subscriber_id=subscriber_id, list_id=list_id, reference=reference
    )
    assert re.fullmatch(r"[A-Za-z0-9_-]{50}", token)


@pytest.fixture
def token() -> str:
    return sign(Purpose.UNSUBSCRIBE, subscriber_id=17, list_id=3, reference=99)


@pytest.mark.parametrize("other", [Purpose.PREFERENCES, Purpose.CONFIRM])
def test_a_token_is_for_one_purpose(token, other):
    with pytest.raises(InvalidToken):
        read(other, token)


def test_a_token_is_refused_if_any_of_its_characters_is_another(token):
    for place, character in enumerate(token):
        forged = token[:place] + ("A" if character != "A" else "B") + token[place + 1 :]
        with pytest.raises(InvalidToken):
            read(Purpose.UNSUBSCRIBE, forged)


def test_a_token_is_refused_if_any_of_its_bits_is_another(token):
    raw = bytearray(base64.urlsafe_b64decode(token + "=="))
    for bit in range(len(raw) * 8):
        raw[bit // 8] ^= 1 << bit % 8
        with pytest.raises(InvalidToken):
            read(Purpose.UNSUBSCRIBE, base64.urlsafe_b64encode(raw).rstrip(b"=").decode())
        raw[bit // 8] ^= 1 << bit % 8


@pytest.mark.parametrize("length", range(50))
def test_a_token_is_refused_when_cut_short(token, length):
    with pytest.raises(InvalidToken):
        read(Purpose.UNSUBSCRIBE, token[:length])


@pytest.mark.parametrize(
    "garbage",
    ["", "=" * 50, "!" * 50, "ü" * 50, "\0" * 50, "A" * 50, "A" * 10_000_000, "٣" * 50, "a b" * 17],
)
def test_garbage_is_refused_and_nothing_else_happens(garbage):
    with pytest.raises(InvalidToken):
        read(Purpose.UNSUBSCRIBE, garbage)


def test_a_token_has_one_spelling(token):
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    spellings = [token[:-1] + last for last in alphabet if last != token[-1]]
    for spelling in [*spellings, token + "=", token + "\n", token.replace("A", "+")[:49] + "!"]:
        with pytest.raises(InvalidToken):
            read(Purpose.UNSUBSCRIBE, spelling)


def test_a_token_of_another_installation_is_refused(token, settings):
    settings.SECRET_KEY = "another secret that is long enough to be one"
    tokens._prepare.cache_clear()
    try:
        with pytest.raises(InvalidToken):
            read(Purpose.UNSUBSCRIBE, token)
    finally:
        tokens._prepare.cache_clear()


def test_a_token_shows_nothing_of_its_numbers(token):
    neighbours = [
        {"subscriber_id": 18, "list_id": 3, "reference": 99},
        {"subscriber_id": 17, "list_id": 4, "reference": 99},
        {"subscriber_id": 17, "list_id": 3, "reference": 100},
    ]
    mine = _bits(token)
    for claims in neighbours:
        theirs = _bits(sign(Purpose.UNSUBSCRIBE, **claims))
        # Of 296 bits about half are others by chance: fewer than 90 come once in ten million.
        assert (mine ^ theirs).bit_count() > 90


def test_no_octet_of_a_token_counts_readers():
    raws = [
        base64.urlsafe_b64decode(
            sign(Purpose.UNSUBSCRIBE, subscriber_id=number, list_id=1, reference=1) + "=="
        )
        for number in range(1, 1_001)
    ]

    # A thousand octets of pure chance have about 251 of the 256 values.
    assert min(len({raw[place] for raw in raws}) for place in range(37)) > 220


def test_the_same_claims_make_the_same_token(token):
    assert sign(Purpose.UNSUBSCRIBE, subscriber_id=17, list_id=3, reference=99) == token


def _bits(token: str) -> int:
    return int.from_bytes(base64.urlsafe_b64decode(token + "=="))

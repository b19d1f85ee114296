"""Addresses and identities that nobody can make but us."""

from __future__ import annotations

import pytest

from mailer.errors import InvalidToken
from mailer.message.identity import (
    OF_DELIVERY,
    OF_EDITION,
    bounce_address,
    message_id,
    read_bounce_address,
    read_message_id,
    read_signal_token,
    read_unsubscribe_address,
    signal_token,
    unsubscribe_address,
)

KEY = b"k" * 32
DOMAIN = "bounces.example.org"


@pytest.mark.parametrize("number", [1, 17, 2**40])
def test_an_address_names_its_delivery(number):
    assert read_bounce_address(bounce_address(number, DOMAIN, KEY), KEY) == number
    assert read_unsubscribe_address(unsubscribe_address(number, DOMAIN, KEY), KEY) == number
    assert read_message_id(f"<{message_id(number, DOMAIN, KEY)}>", KEY) == number


def test_case_does_not_matter():
    assert read_bounce_address(bounce_address(5, DOMAIN, KEY).upper(), KEY) == 5


def test_an_address_fits_its_local_part():
    assert len(bounce_address(2**47, DOMAIN, KEY).partition("@")[0]) <= 64


def test_a_delivery_keeps_its_message_id():
    assert message_id(5, DOMAIN, KEY) == message_id(5, DOMAIN, KEY)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "b-@x",
        "b-aaaa@x",
        "b-é@x",
        "postmaster@x",
        "b-" + "a" * 32 + "@x",
        bounce_address(5, DOMAIN, b"another key"),
        unsubscribe_address(5, DOMAIN, KEY),
        message_id(5, DOMAIN, KEY),
        bounce_address(5, DOMAIN, KEY)[:20],
    ],
)
def test_a_forged_address_is_refused(address):
    with pytest.raises(InvalidToken):
        read_bounce_address(address, KEY)


def test_no_neighbour_can_be_guessed():
    own = bounce_address(5, DOMAIN, KEY)
    for letter in "abcdefgh234567":
        forged = own[:10] + letter + own[11:]
        if forged != own:
            with pytest.raises(InvalidToken):
                read_bounce_address(forged, KEY)


@pytest.mark.parametrize("kind", [OF_DELIVERY, OF_EDITION])
@pytest.mark.parametrize("number", [0, 1, 2**48 - 1])
def test_a_signal_s_token_names_what_it_was_made_for(kind, number):
    token = signal_token(kind, number, KEY)

    assert read_signal_token(token, KEY) == (kind, number)
    assert len(token) == 23


@pytest.mark.parametrize(
    "change",
    [
        lambda token: token[:-1],
        lambda token: f"{token}A",
        lambda token: OF_EDITION + token[1:],
        lambda token: token[:5] + ("A" if token[5] != "A" else "B") + token[6:],
        lambda token: token[:-1] + chr(ord(token[-1]) + 1),  # the same octets, written otherwise
        lambda token: token.upper(),
        lambda _: "",
        lambda _: "d" + "é" * 22,
    ],
)
def test_a_signal_s_token_that_was_changed_is_refused(change):
    token = signal_token(OF_DELIVERY, 17, KEY)

    with pytest.raises(InvalidToken):
        read_signal_token(change(token), KEY)


def test_a_signal_s_token_is_good_under_its_own_key_alone():
    with pytest.raises(InvalidToken):
        read_signal_token(signal_token(OF_DELIVERY, 17, KEY), b"another key")

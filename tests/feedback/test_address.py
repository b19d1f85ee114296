from __future__ import annotations

import pytest

from mailer.feedback.address import find_addresses, read_address


@pytest.mark.parametrize(
    ("value", "address"),
    [
        ("rfc822; reader@people.example", "reader@people.example"),
        ("RFC822;<reader@people.example>", "reader@people.example"),
        ("reader@people.example", "reader@people.example"),
        ("rfc822; reader+2Btag@people.example", "reader+tag@people.example"),
        ("rfc822; reader+AB@people.example", "reader+AB@people.example"),
        ("rfc822; a+3Db@people.example", "a=b@people.example"),
        ('rfc822; "a reader"@people.example', '"a reader"@people.example'),
        ("utf-8; \\x{43C}@people.example", "\u043c@people.example"),
        ("utf-8; \\x{FFFFF}\\x{D800}@people.example", "\U000fffff\ud800@people.example"),
        ("rfc822; \u043c@\u043f\u0440\u0438\u043c\u0435\u0440.example", "м@пример.example"),
        ("x400; /C=NO/@people.example", ""),
        ("rfc822; |/usr/bin/procmail", ""),
        ("rfc822; reader", ""),
        ("", ""),
    ],
)
def test_it_reads_the_address_of_a_field(value, address):
    assert read_address(value) == address


def test_it_finds_addresses_in_a_text_once_each_and_in_order():
    text = "<b@x.example>: said a@y.example. mailto:c@z.example (b@x.example)"

    assert find_addresses(text) == ["b@x.example", "a@y.example", "c@z.example"]


def test_it_takes_no_address_that_is_too_long():
    assert find_addresses("a" * 65 + "@x.example") == []
    assert find_addresses("a" * 64 + "@" + "x" * 260) == []

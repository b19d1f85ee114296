"""Content in pieces is judged as if it were whole, however it is cut and however often it comes."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.transport.smtp import content as module
from mailer.transport.smtp.content import LONG_PIECE, ContentChecker, unstuff

LONG = b"y" * 70 + b"\r\n" + b"z" * LONG_PIECE
TROUBLE = st.lists(st.sampled_from([b"\r", b"\n", b".", b"a", b"\xc3", b"\r\n", LONG]), max_size=14)


@settings(max_examples=200, deadline=None)
@given(parts=TROUBLE, cuts=st.lists(st.integers(0, 4_000), max_size=6))
def test_pieces_are_judged_as_the_whole_is(parts, cuts):
    whole = b"".join(parts)
    ends = sorted({0, len(whole), *(cut for cut in cuts if cut < len(whole))})
    pieces = tuple(whole[start:end] for start, end in itertools.pairwise(ends))
    checker = ContentChecker()

    first, again = checker.check(pieces), checker.check(pieces)

    expected = ContentChecker().check(whole)
    assert bool(first.fault) == bool(expected.fault)
    assert (first.size, first.ascii) == (expected.size, expected.ascii)
    # A long piece that begins with a dot counts as stuffed, wherever it stands: that costs a
    # look, and no octet.
    assert first.stuffed or not expected.stuffed
    assert again == first


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ((LONG, b"\r\n.\r\n", LONG, b"\r\n"), "a lone dot"),
        ((b".\r\n", LONG, b"\r\n"), "a lone dot"),
        ((LONG + b"\r\n.", b"\r\n"), "a lone dot"),
        ((LONG + b"\r", b"\n." + LONG, b"\r\n"), ""),
        ((LONG + b"\r", b"x" + LONG, b"\r\n"), "CRLF"),
        ((LONG, b"\n" + LONG, b"\r\n"), "CRLF"),
        ((LONG + b"a\nb" + LONG, b"\r\n"), "CRLF"),
        ((LONG + b"\r\n.\r\n" + LONG, b"\r\n"), "a lone dot"),
        ((LONG, LONG), "CRLF"),
        ((), "CRLF"),
    ],
)
def test_an_end_before_the_end_is_found_across_pieces(content, fault):
    found = ContentChecker().check(content).fault

    assert fault in found
    assert bool(found) == bool(fault)


def test_dots_and_octets_of_a_remembered_piece_are_not_forgotten():
    checker = ContentChecker()
    odd = (LONG + b"\r\n..x" + b"\xff" * 9, LONG, b"\r\n")

    for _ in range(2):
        summary = checker.check(odd)
        assert (summary.ascii, summary.stuffed, summary.fault) == (False, True, "")
    assert checker.check((LONG, b"\r\n")).ascii


@pytest.mark.parametrize("limit", ["MOST_PIECES", "MOST_OCTETS"])
def test_what_is_remembered_is_bounded(monkeypatch, limit):
    monkeypatch.setattr(module, limit, 2 if limit == "MOST_PIECES" else 3 * len(LONG))
    checker = ContentChecker()
    for number in range(20):
        checker.check((LONG + b"%d" % number, b"\r\n"))

    assert len(checker._known) <= 3


@pytest.mark.parametrize(
    ("stuffed", "bare"),
    [
        ((b"..a\r\n",), b".a\r\n"),
        ((b"a\r\n", b"..b\r\n"), b"a\r\n.b\r\n"),
        ((b"a.b\r\n...\r\n",), b"a.b\r\n..\r\n"),
        ((b"..\r\n..\r\n",), b".\r\n.\r\n"),
    ],
)
def test_dots_before_dots_are_taken_away(stuffed, bare):
    assert unstuff(stuffed) == bare

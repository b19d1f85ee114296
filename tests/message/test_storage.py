"""A compiled message survives the database, and a damaged one is not sent."""

from __future__ import annotations

import json
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.errors import MessageError
from mailer.message import storage
from mailer.message.storage import dump, load
from tests.fakes.messages import compile_issue, render

STORED = dump(compile_issue())


def pack(content: object) -> bytes:
    return zlib.compress(json.dumps(content).encode())


def test_a_compiled_message_is_loaded_as_it_was():
    compiled = compile_issue(render(text="Été 名 MHSLOT.name.TOLSHM", subject="Été"))

    assert load(dump(compiled)) == compiled


@settings(deadline=None)
@given(cut=st.integers(0, len(STORED) - 1))
def test_a_message_cut_anywhere_is_refused(cut):
    with pytest.raises(MessageError, match="damaged"):
        load(STORED[:cut])


@settings(deadline=None)
@given(place=st.integers(0, len(STORED) - 1), bit=st.integers(0, 7))
def test_a_message_with_one_wrong_bit_is_never_another_message(place, bit):
    damaged = bytearray(STORED)
    damaged[place] ^= 1 << bit

    try:
        loaded = load(bytes(damaged))
    except MessageError:
        return
    assert loaded == load(STORED)


@settings(deadline=None)
@given(data=st.binary(max_size=200))
def test_any_other_bytes_are_refused(data):
    with pytest.raises(MessageError, match="damaged"):
        load(data)


@pytest.mark.parametrize(
    "content",
    [
        None,
        [],
        {},
        "text",
        {"version": 2, "literals": ["a"], "slots": []},
        {"version": 1, "literals": ["a"], "slots": [["name", "text"]]},
        {"version": 1, "literals": ["a", "b"], "slots": [["name", "smell"]]},
        {"version": 1, "literals": ["a", "b"], "slots": ["name"]},
        {"version": 1, "literals": [1], "slots": []},
        {"version": 1, "literals": 1, "slots": []},
    ],
)
def test_a_message_of_another_shape_is_refused(content):
    with pytest.raises(MessageError, match="damaged"):
        load(pack(content))


def test_a_message_that_unpacks_without_end_is_refused(monkeypatch):
    monkeypatch.setattr(storage, "LARGEST_OCTETS", 100)

    with pytest.raises(MessageError, match="damaged"):
        load(STORED)


def test_a_message_nested_without_end_is_refused():
    with pytest.raises(MessageError, match="damaged"):
        load(zlib.compress(b"[" * 100_000))


def test_a_pickle_is_never_opened():
    with pytest.raises(MessageError, match="damaged"):
        load(b"cos\nsystem\n(S'true'\ntR.")

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.message.words import refuse_controls
from subscribers.models import Subscriber
from subscribers.names import clean_name
from tests.fakes.world import join


@given(st.text(st.characters(codec=None)))
def test_a_cleaned_name_is_one_that_a_header_takes(text):
    cleaned = clean_name(text)

    refuse_controls("name", cleaned)
    assert clean_name(cleaned) == cleaned


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("Ada Berg", "Ada Berg"),
        ("  Ada \t\r\n Berg ", "Ada Berg"),
        ("A\x07da\x9f\u2028Berg", "Ada Berg"),
        ("Zo\u0308e \ud83d", "Zo\u0308e"),
        ("\x01 \x02", ""),
        ("佐藤\u3000花", "佐藤 花"),
    ],
)
def test_controls_are_left_out_and_words_stay(name, kept):
    assert clean_name(name) == kept


def test_a_name_is_cleaned_when_its_owner_joins(group):
    join("bo@people.example", group, name="Bo\x07\r\nBcc: Vik")

    assert Subscriber.objects.get().name == "Bo Bcc: Vik"

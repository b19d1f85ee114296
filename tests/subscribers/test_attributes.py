from __future__ import annotations

import pytest

from subscribers.attributes import is_attribute_name, read_attribute
from subscribers.models import Subscriber
from tests.fakes.world import NOW

KINDS = [
    ({}, ""),
    ({"city": None}, ""),
    ({"city": ""}, ""),
    ({"city": "Oslo"}, "Oslo"),
    ({"city": 5}, "5"),
    ({"city": 5.5}, "5.5"),
    ({"city": True}, "true"),
    ({"city": False}, "false"),
]


@pytest.mark.parametrize(("attributes", "text"), KINDS)
def test_both_engines_read_every_kind_of_value_alike(db, attributes, text):
    Subscriber.objects.create(
        email="a@b.example", email_normalised="a@b.example", attributes=attributes, created_at=NOW
    )

    read = Subscriber.objects.annotate(text=read_attribute("city")).get()

    assert read.text == text


@pytest.mark.parametrize("name", ["city", "Favourite colour", "prénom", "имя", "a-b_c9"])
def test_names_of_any_alphabet_are_read(db, name):
    assert is_attribute_name(name)
    Subscriber.objects.create(
        email="a@b.example", email_normalised="a@b.example", attributes={name: "x"}, created_at=NOW
    )

    assert Subscriber.objects.annotate(text=read_attribute(name)).get().text == "x"


@pytest.mark.parametrize(
    "name", ["", "9", "9lives", "_x", "a.b", "a'b", 'a"b', "a%b", "a\\b", "a\n", "x" * 64]
)
def test_names_that_mean_something_to_a_database_are_refused(name):
    assert not is_attribute_name(name)

"""A person is found by any part of their address or name, before and after they are entered."""

from __future__ import annotations

import unicodedata

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from subscribers.models import SearchEntry, SearchMark, Subscriber
from subscribers.names import clean_name
from subscribers.searching import finding
from subscribers.searching.entering import GRACE, enter_people, read_mark
from subscribers.searching.finding import _by_index, is_beginning, match
from subscribers.searching.trigrams import INDEX
from tests.fakes.world import NOW

ON_POSTGRESQL = connection.vendor == "postgresql"
DECOMPOSED = unicodedata.normalize("NFD", "José")


def enter_all() -> None:
    """Enter everybody, and move the mark behind them."""
    enter_people(now=NOW)
    enter_people(now=NOW + GRACE)


def make(name: str, email: str = "") -> Subscriber:
    address = email or f"reader{Subscriber.objects.count()}@people.example"
    return Subscriber.objects.create(
        email=address, email_normalised=address.lower(), name=name, created_at=NOW
    )


def find(search: str) -> list[str]:
    found = Subscriber.objects.filter(match(search)).order_by("name")
    return list(found.values_list("name", flat=True))


@pytest.fixture(params=["entered", "just come"])
def people(db, request) -> None:
    """Make some people, whom the index knows or does not know yet."""
    make("Ada Okafor", "Ada.First@People.example")
    make("Bo 100%", "bo_berg@people.example")
    make("Bo 1000", "boxberg@people.example")
    make("Weiß", "strand@people.example")
    make("王伟", "wang@people.example")
    make(DECOMPOSED, "jose@people.example")
    make(r"Back\slash", "back@people.example")
    if request.param == "entered":
        enter_all()
        assert read_mark() == (Subscriber.objects.last().pk if ON_POSTGRESQL else 0)


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("kafo", ["Ada Okafor"]),
        ("OKAFOR", ["Ada Okafor"]),
        ("a  okafor", ["Ada Okafor"]),
        ("da.first@peo", ["Ada Okafor"]),
        ("ADA.first@people.example", ["Ada Okafor"]),
        ("0%", ["Bo 100%"]),
        ("o_b", ["Bo 100%"]),
        ("k\\s", [r"Back\slash"]),
        ("O", ["Ada Okafor"]),
        ("oK", ["Ada Okafor"]),
        ("ka", []),
        ("fi", ["Ada Okafor"]),
        ("be", ["Bo 100%"]),
        ("10", ["Bo 100%", "Bo 1000"]),
        ("zq", []),
        ("伟", ["王伟"]),
        ("eiß", ["Weiß"]),
        ("王", ["王伟"]),
        ("王伟", ["王伟"]),
        ("José", [DECOMPOSED]),
        (DECOMPOSED, [DECOMPOSED]),
        ("oka\0for", ["Ada Okafor"]),
        ("example ada", []),
        ("example\nada", []),
        ("nobody", []),
        ("%%", []),
    ],
)
def test_people_are_found_by_any_part(search, found):
    assert find(search) == found


@pytest.mark.usefixtures("people")
def test_great_and_small_letters_of_other_alphabets_are_one():
    if not ON_POSTGRESQL:
        return  # SQLite knows those of ASCII alone
    make("Ольга Шилова")
    make("İlkay")
    for _ in range(2):
        assert find("ШИЛОВА") == find("шилова") == ["Ольга Шилова"]
        assert find("İlkay") == find("İLKAY") == ["İlkay"]
        enter_all()


@pytest.mark.django_db(transaction=True)
@settings(max_examples=60, deadline=None)
@given(
    name=st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=40), at=st.data()
)
def test_an_entry_finds_whoever_reading_everybody_would(name, at):
    person = make(unicodedata.normalize("NFC", clean_name(name)))
    start = at.draw(st.integers(0, len(person.name)))
    part = person.name[start : at.draw(st.integers(start, len(person.name)))]
    try:
        before = Subscriber.objects.filter(match(part)).count()
        enter_all()
        assert Subscriber.objects.filter(match(part)).count() == before
        assert before == 1 or is_beginning(part)
    finally:
        person.delete()
        SearchMark.objects.all().delete()


@pytest.mark.django_db
def test_the_index_serves_the_search():
    if not ON_POSTGRESQL:
        return  # it has none
    make("Ada Okafor")
    enter_all()
    with connection.cursor() as cursor:  # a table this small is read whole otherwise
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_indexscan = off")

        for search in ("kafo", "ok"):
            assert INDEX in SearchEntry.objects.filter(_by_index(search)).explain()


@pytest.mark.django_db
def test_a_name_that_very_many_have_is_found_by_reading_while_some_have_no_entry(monkeypatch):
    monkeypatch.setattr(finding, "MOST_TOGETHER", 2)
    for number in range(3):
        make(f"Ada {number}")
    enter_all()
    make("Ada 3")

    assert "pk__in" not in str(match("ada"))
    assert ("pk__in" in str(match("ada 3"))) is ON_POSTGRESQL
    assert len(find("ada")) == 4
    enter_all()
    assert ("pk__in" in str(match("ada"))) is ON_POSTGRESQL
    assert len(find("ada")) == 4

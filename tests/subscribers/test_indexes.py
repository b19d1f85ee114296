"""Attributes that segments ask for by value have an index, and no others do."""

from __future__ import annotations

import pytest
from django.db import connection

from subscribers import indexes
from subscribers.indexes import find_asked, keep_indexes, name_index
from subscribers.models import Segment, Subscriber
from subscribers.segments import members
from subscribers.tasks import index_attributes
from tests.fakes.world import NOW
from tests.subscribers.test_segments import ask

pytestmark = pytest.mark.django_db(transaction=True)
CITY = ask("attributes.city", "equals", "Oslo")
ON_POSTGRESQL = connection.vendor == "postgresql"


def made(*attributes: str) -> list[str]:
    """Return what is made of what is wanted: SQLite gets none, as it would use none."""
    return list(attributes) if ON_POSTGRESQL else []


@pytest.fixture(autouse=True)
def _none_left():
    yield
    Segment.objects.all().delete()
    keep_indexes()


def kept() -> set[str]:
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, Subscriber._meta.db_table)
    return {name for name in found if name.startswith(indexes.PREFIX)}


def test_an_index_comes_with_the_segment_and_goes_with_it():
    segment = Segment.objects.create(name="A", rule={"all": [CITY]})

    assert keep_indexes() == (made("city"), [])
    assert kept() == {name_index(each) for each in made("city")}
    assert keep_indexes() == ([], [])

    segment.delete()
    index_attributes()
    assert kept() == set()


def test_the_index_serves_the_segment_s_own_question():
    Segment.objects.create(name="A", rule=CITY)
    keep_indexes()
    Subscriber.objects.create(
        email_normalised="a@b.example", attributes={"city": "Oslo"}, created_at=NOW
    )
    if ON_POSTGRESQL:
        with connection.cursor() as cursor:  # a table this small is read whole otherwise
            cursor.execute("SET enable_seqscan = off")

        assert name_index("city") in members(CITY).order_by().explain()
    assert members(CITY).count() == 1


def test_only_tests_by_value_ask_for_an_index_and_the_most_asked_come_first():
    rules = [
        {"any": [ask("attributes.team", "in", ["red"]), CITY]},
        {"not": CITY},
        ask("attributes.note", "contains", "x"),
        ask("country", "equals", "NO"),
        ask("attributes.7", "equals", "x"),
    ]
    for number, rule in enumerate(rules):
        Segment.objects.create(name=str(number), rule=rule)

    assert find_asked() == ["city", "team"]


def test_there_are_never_more_than_a_few(monkeypatch):
    monkeypatch.setattr(indexes, "MOST_INDEXES", 1)
    Segment.objects.create(name="A", rule={"any": [CITY, ask("attributes.team", "equals", "red")]})
    Segment.objects.create(name="B", rule=CITY)

    assert keep_indexes() == (made("city"), [])


def test_an_attribute_with_a_quote_in_its_value_is_found_as_before():
    Segment.objects.create(name="A", rule=ask("attributes.a b", "equals", "O'Hara"))
    keep_indexes()
    Subscriber.objects.create(
        email_normalised="a@b.example", attributes={"a b": "O'Hara"}, created_at=NOW
    )

    assert members(ask("attributes.a b", "equals", "O'Hara")).count() == 1


def test_an_index_that_was_broken_off_is_made_anew():
    Segment.objects.create(name="A", rule=CITY)
    keep_indexes()
    if ON_POSTGRESQL:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE pg_index SET indisvalid = false WHERE indexrelid = %s::regclass",
                [name_index("city")],
            )

    assert keep_indexes() == (made("city"), [])


def test_an_index_has_what_rules_mostly_ask_for_beside_it():
    Segment.objects.create(name="A", rule=CITY)
    keep_indexes()
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, Subscriber._meta.db_table)

    columns = [each["columns"][1:] for name, each in found.items() if name == name_index("city")]
    assert columns == [["country", "language"]] * len(made("city"))


def test_an_index_without_that_from_before_is_made_anew(monkeypatch):
    Segment.objects.create(name="A", rule=CITY)
    with monkeypatch.context() as before:
        before.setattr(indexes, "BESIDE", ())
        keep_indexes()
        (old,) = kept() or {""}

    assert keep_indexes() == (made("city"), [old] if ON_POSTGRESQL else [])
    assert kept() == ({name_index("city")} if ON_POSTGRESQL else set())

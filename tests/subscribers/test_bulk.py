from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from subscribers.bulk import insert_missing, insert_rows, reserve_ids
from subscribers.models import Subscriber, Suppression
from tests.fakes.world import NOW

CELLS = ["plain", "a\tb", "a\nb", "a\rb", "back\\slash", "\\N", "\\.", "Zoë 王 \U0001f600", "'\"$1"]


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("beside", ["x", "two\tcells"])
def test_every_text_comes_back_as_it_was(db, cell, beside):
    columns = ("email", "email_normalised", "name")
    rows = [(f"{number}", f"{number}", name) for number, name in enumerate([cell, beside])]

    insert_rows(Subscriber, columns, rows, always={"created_at": NOW, "country": cell[:2]})

    found = Subscriber.objects.order_by("pk")
    assert [person.name for person in found] == [cell, beside]
    assert [person.country for person in found] == [cell[:2]] * 2
    assert found[0].attributes == {}


def test_nothing_is_written_of_nothing(db):
    insert_rows(Subscriber, ("email", "email_normalised"), [], always={"created_at": NOW})
    assert not Subscriber.objects.exists()


def test_a_row_in_the_way_is_told_as_the_orm_would(db):
    rows = [("a", "a"), ("b", "a")]
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_rows(Subscriber, ("email", "email_normalised"), rows, always={"created_at": NOW})


@pytest.mark.parametrize("cell", CELLS)
def test_what_stands_in_the_way_is_left_as_it_is(db, cell):
    columns = ("email_normalised", "list_id", "reason", "origin", "expires_at", "created_at")
    ends = NOW.replace(microsecond=17)

    assert insert_missing(Suppression, columns, [("a", None, "manual", cell, ends, NOW)]) == 1
    rows = [(name, None, "manual", "later", None, NOW) for name in "bac"]
    assert insert_missing(Suppression, columns, rows) == 2
    assert insert_missing(Suppression, columns, []) == 0

    found = Suppression.objects.order_by("email_normalised").values_list("origin", "expires_at")
    assert [*found] == [(cell, ends), ("later", None), ("later", None)]


def test_reserved_numbers_are_nobodys(db):
    with transaction.atomic():
        numbers = list(reserve_ids(Subscriber, 3))
        rows = [(str(number), f"{number}", f"{number}") for number in numbers]
        always = {"created_at": NOW}
        insert_rows(Subscriber, ("id", "email", "email_normalised"), rows, always=always)
    later = Subscriber.objects.create(email="x", email_normalised="x", created_at=NOW)

    assert len(set(numbers)) == 3
    assert later.pk > max(numbers)

from __future__ import annotations

import datetime as dt

import pytest
from django.db import IntegrityError, connection, models, transaction

from subscribers.binary import copy_cells, lay_out_numbers, lay_out_value
from subscribers.models import Subscriber
from tests.fakes.world import NOW

ON_POSTGRESQL = connection.vendor == "postgresql"


def cell(text: str) -> bytes:
    octets = text.encode()
    return len(octets).to_bytes(4, "big") + octets


if ON_POSTGRESQL:  # COPY is its own

    def test_cells_numbers_and_what_all_have_alike_come_back_as_they_were(db):
        moment = NOW.replace(microsecond=17)
        names = ["Zoë 王", "a\tb\nc\\d"]
        copy_cells(
            Subscriber,
            ("id", "email", "email_normalised", "name"),
            lay_out_numbers([7, 2**40]),
            [cell("a") * 2, cell("b") * 2],
            map(cell, names),
            always={"created_at": moment, "attributes": {"city": "Tromsø"}},
        )

        found = [*Subscriber.objects.order_by("pk")]
        assert [(person.pk, person.name) for person in found] == [
            *zip([7, 2**40], names, strict=True)
        ]
        assert {person.created_at for person in found} == {moment}
        assert (found[0].attributes, found[0].paused_until) == ({"city": "Tromsø"}, None)

    def test_a_row_in_the_way_is_told_as_the_orm_would(db):
        with pytest.raises(IntegrityError), transaction.atomic():
            copy_cells(
                Subscriber,
                ("email", "email_normalised"),
                [cell("a") * 2, cell("a") * 2],
                always={"created_at": NOW},
            )


@pytest.mark.parametrize(
    ("field", "value", "octets"),
    [
        (models.TextField(null=True), None, b"\xff\xff\xff\xff"),
        (models.TextField(), "é", b"\0\0\0\2\xc3\xa9"),
        (models.BooleanField(), True, b"\0\0\0\1\1"),
        (models.BigIntegerField(), -2, b"\0\0\0\x08" + b"\xff" * 7 + b"\xfe"),
        (models.JSONField(), {}, b"\0\0\0\3\x01{}"),
        (
            models.DateTimeField(),
            dt.datetime(2000, 1, 1, 2, microsecond=1, tzinfo=dt.timezone(dt.timedelta(hours=2))),
            b"\0\0\0\x08" + bytes(7) + b"\1",
        ),
    ],
)
def test_a_value_is_laid_out_as_its_column_reads_it(field, value, octets):
    assert lay_out_value(field, value) == octets


@pytest.mark.parametrize(
    ("field", "value"),
    [(models.FloatField(name="x"), 1.5), (models.SmallIntegerField(name="x"), 1)],
)
def test_what_it_does_not_know_is_refused(field, value):
    with pytest.raises(TypeError, match="x has a kind"):
        lay_out_value(field, value)

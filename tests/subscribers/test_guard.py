"""The database itself keeps the evidence, also from who goes past Django."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction

from subscribers.erasure import mark_of
from subscribers.guard import guard_evidence, lift_guard
from subscribers.models import ConsentRecord

TABLE = "subscribers_consentrecord"


def execute(statement: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.parametrize(
    "change",
    [
        f"DELETE FROM {TABLE}",
        f"UPDATE {TABLE} SET method = 'forged'",
        f"UPDATE {TABLE} SET email = 'eve@people.example', subscriber_id = NULL",
        f"UPDATE {TABLE} SET at = '2020-01-01 00:00:00+00', subscriber_id = NULL",
        f"UPDATE {TABLE} SET ip_address = NULL",
        f"UPDATE {TABLE} SET email = 'erased:1', action = 'confirmed', subscriber_id = NULL",
        f"UPDATE {TABLE} SET id = id + 1, subscriber_id = NULL",
    ],
)
def test_evidence_is_neither_changed_nor_deleted_by_a_statement(place, change):
    before = list(ConsentRecord.objects.values())

    with pytest.raises(IntegrityError, match="never changed or deleted"):
        execute(change)

    assert list(ConsentRecord.objects.values()) == before


def test_a_table_of_evidence_is_not_emptied(place):
    if connection.vendor == "sqlite":
        return  # it has no TRUNCATE
    execute("SET CONSTRAINTS ALL IMMEDIATE")  # what the test's own rows still have to be asked
    with pytest.raises(IntegrityError, match="never changed or deleted"):
        execute(f"TRUNCATE {TABLE}")


def test_the_address_gives_way_to_a_mark_when_a_person_is_erased(place):
    mark = mark_of("ada@people.example")

    execute(f"UPDATE {TABLE} SET email = '{mark}', ip_address = NULL, subscriber_id = NULL")

    assert ConsentRecord.objects.get().email == mark


def test_the_guard_can_be_made_anew_over_itself(place):
    guard_evidence()
    guard_evidence()

    with pytest.raises(IntegrityError):
        execute(f"DELETE FROM {TABLE}")


def test_without_the_guard_nothing_would_have_refused(place):
    lift_guard()
    execute(f"DELETE FROM {TABLE}")

    assert not ConsentRecord.objects.exists()
    guard_evidence()

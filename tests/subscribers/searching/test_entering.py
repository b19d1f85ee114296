"""People are entered behind whoever writes them, once, and nobody is left out for long."""

from __future__ import annotations

import datetime as dt
import threading

import pytest
from django.db import connection, transaction

from subscribers.imports import Import, ImportState
from subscribers.models import SearchEntry, SearchMark, Subscriber
from subscribers.searching import entering
from subscribers.searching.entering import GRACE, enter_people, read_mark
from subscribers.searching.finding import match
from subscribers.tasks import enter_all, enter_new
from tests.fakes.world import NOW, make_list

ON_POSTGRESQL = connection.vendor == "postgresql"
pytestmark = pytest.mark.django_db


def make_many(count: int, *, first: int = 1) -> list[Subscriber]:
    return [
        Subscriber.objects.create(
            id=number,
            email=f"reader{number}@people.example",
            email_normalised=f"reader{number}@people.example",
            name=f"Reader {number}",
            created_at=NOW,
        )
        for number in range(first, first + count)
    ]


def entered() -> list[int]:
    return list(SearchEntry.objects.order_by("pk").values_list("pk", flat=True))


def kept(*numbers: int) -> list[int]:
    """Return who is entered of these: SQLite enters nobody, as it reads everybody."""
    return list(numbers) if ON_POSTGRESQL else []


def test_whoever_has_no_entry_gets_one_and_the_mark_follows_after_a_grace():
    make_many(3)

    assert not enter_people(now=NOW)
    assert entered() == kept(1, 2, 3)
    assert read_mark() == 0

    make_many(1, first=4)
    enter_people(now=NOW + GRACE / 2)
    assert (entered(), read_mark()) == (kept(1, 2, 3, 4), 0)

    enter_people(now=NOW + GRACE)
    assert read_mark() == (3 if ON_POSTGRESQL else 0)


def test_a_run_ends_after_some_slices_and_the_next_goes_on(monkeypatch):
    monkeypatch.setattr(entering, "SLICE_ROWS", 2)
    monkeypatch.setattr(entering, "MOST_SLICES", 2)
    make_many(7)

    assert enter_people(now=NOW) is ON_POSTGRESQL
    assert entered() == kept(1, 2, 3, 4)
    assert not enter_people(now=NOW)
    assert entered() == kept(*range(1, 8))


def test_the_mark_stops_before_whoever_has_no_entry():
    make_many(3)
    enter_people(now=NOW)
    SearchEntry.objects.filter(pk=2).delete()
    if ON_POSTGRESQL:
        entering._move_mark(3, now=NOW + GRACE)
        assert read_mark() == 1

    assert Subscriber.objects.filter(match("der 2")).count() == 1


def test_everybody_is_gone_over_once_in_a_while():
    make_many(3)
    enter_people(now=NOW)
    enter_people(now=NOW + GRACE)
    SearchEntry.objects.filter(pk=1).delete()  # as if their number came from an older transaction

    enter_new()
    assert entered() == kept(2, 3)
    enter_all()
    assert entered() == kept(1, 2, 3)


def test_an_import_comes_first():
    make_many(1)
    running = Import.objects.create(
        list=make_list(),
        file_name="people.csv",
        state=ImportState.RUNNING,
        lease_expires_at=NOW + dt.timedelta(seconds=1),
        created_at=NOW,
    )

    enter_people(now=NOW)
    assert entered() == []

    enter_people(now=running.lease_expires_at)
    assert entered() == kept(1)


def test_a_run_with_more_to_do_calls_the_next(monkeypatch):
    calls: list[dict[str, object]] = []
    monkeypatch.setattr(entering, "SLICE_ROWS", 1)
    monkeypatch.setattr(entering, "MOST_SLICES", 1)
    monkeypatch.setattr(enter_new, "apply_async", lambda **options: calls.append(options))
    make_many(2)

    enter_new()

    assert bool(calls) is ON_POSTGRESQL


@pytest.mark.django_db(transaction=True)
def test_whoever_is_being_changed_waits_for_the_next_run_and_nobody_waits_for_them():
    if not ON_POSTGRESQL:
        return  # one writer after the other
    make_many(2)
    changed, may_end = threading.Event(), threading.Event()

    def change() -> None:
        with transaction.atomic():
            Subscriber.objects.filter(pk=1).update(name="Zoe")
            changed.set()
            may_end.wait(20)
        connection.close()

    writer = threading.Thread(target=change)
    writer.start()
    try:
        assert changed.wait(20)
        enter_people(now=NOW)
        assert entered() == [2]
        enter_people(now=NOW + GRACE)
        assert read_mark() == 0
    finally:
        may_end.set()
        writer.join()
    assert Subscriber.objects.filter(match("zo")).count() == 1
    enter_people(now=NOW + GRACE)
    assert SearchEntry.objects.get(pk=1).text == "reader1@people.example\nzoe"


def test_the_mark_never_goes_back_though_the_last_people_went():
    if not ON_POSTGRESQL:
        return  # no mark is kept
    SearchMark.objects.create(pk=1, through=9, seen=9, seen_at=NOW - GRACE)
    make_many(2)

    enter_people(now=NOW)
    enter_people(now=NOW + GRACE)

    assert read_mark() == 9

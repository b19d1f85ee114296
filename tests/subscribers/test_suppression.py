from __future__ import annotations

import datetime as dt
import itertools
import threading

import pytest
from django.db import connection, transaction

from mailer.errors import InvalidAddress
from subscribers import suppression
from subscribers.models import Suppression, SuppressionReason
from subscribers.suppression import (
    Wanted,
    find_suppressed,
    lift,
    read_scope,
    suppress,
    suppress_all,
)
from tests.fakes.world import NOW, make_list

ADA = "ada@people.example"
SOON, LATE = NOW + dt.timedelta(days=1), NOW + dt.timedelta(days=30)


def bounce(**options) -> Suppression:
    choices = {"reason": SuppressionReason.HARD_BOUNCE, "origin": "delivery:1", "now": NOW}
    return suppress(ADA, **(choices | options))


def soft(**options) -> Suppression:
    return bounce(**({"reason": SuppressionReason.SOFT_BOUNCES, "expires_at": SOON} | options))


def test_it_says_why_since_when_and_from_which_event(db):
    kept = bounce()

    assert (kept.reason, kept.origin, kept.created_at) == ("hard_bounce", "delivery:1", NOW)
    assert find_suppressed([ADA], now=NOW) == {ADA: [(None, "hard_bounce (delivery:1)")]}


def test_the_first_reason_stays(db):
    first = bounce()
    again = bounce(reason=SuppressionReason.COMPLAINT, origin="delivery:2")

    assert (again.pk, again.reason, again.origin) == (first.pk, "hard_bounce", "delivery:1")


def test_what_expires_gives_way_to_what_holds_for_good(db):
    soft()
    kept = bounce(now=SOON)

    assert (kept.reason, kept.expires_at, kept.created_at) == ("hard_bounce", None, SOON)


def test_what_holds_for_good_is_never_weakened(db):
    bounce()
    kept = soft(expires_at=LATE)

    assert (kept.reason, kept.expires_at) == ("hard_bounce", None)


def test_a_shorter_one_does_not_shorten_a_longer_one(db):
    soft(expires_at=LATE)

    assert soft(expires_at=SOON).expires_at == LATE
    assert soft(expires_at=LATE + dt.timedelta(days=1)).expires_at > LATE


def test_an_expired_one_holds_no_more(db):
    soft()

    assert find_suppressed([ADA], now=SOON - dt.timedelta(seconds=1)) != {}
    assert find_suppressed([ADA], now=SOON) == {}


def test_one_list_and_every_list_are_two_suppressions(db):
    group = make_list()
    bounce()
    bounce(list_id=group.pk, reason=SuppressionReason.COMPLAINT)

    found = find_suppressed([ADA, "other@people.example"], now=NOW)

    assert set(found[ADA]) == {
        (None, "hard_bounce (delivery:1)"),
        (group.pk, "complaint (delivery:1)"),
    }
    assert "other@people.example" not in found


def test_lifting_one_leaves_the_other(db):
    group = make_list()
    bounce()
    bounce(list_id=group.pk)

    assert lift(ADA)
    assert not lift(ADA)
    assert find_suppressed([ADA], now=NOW) == {ADA: [(group.pk, "hard_bounce (delivery:1)")]}


@pytest.mark.django_db(transaction=True)
def test_many_reports_at_once_make_one_suppression_and_the_strongest_holds():
    start = threading.Barrier(6)
    errors: list[BaseException] = []

    def report(number: int) -> None:
        try:
            start.wait()
            soft() if number % 2 else bounce()
        except BaseException as error:  # noqa: BLE001 - told below, in the test's own thread
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=report, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert errors == []
    kept = Suppression.objects.get()
    assert (kept.reason, kept.expires_at) == ("hard_bounce", None)


ENDS = (None, SOON, LATE)
TIMES = list(itertools.product(*[ENDS] * 3))


def test_many_at_once_come_out_as_one_after_the_other(db):
    group = make_list()
    for place, list_id in itertools.product(range(len(TIMES)), (None, group.pk)):
        suppress(
            f"{place}@people.example", reason=SuppressionReason.SOFT_BOUNCES, origin="before",
            now=NOW, list_id=list_id, expires_at=TIMES[place][0],
        )  # fmt: skip
    wanted = [
        Wanted(
            email_normalised=f"{address}{place}@people.example",
            reason=(SuppressionReason.HARD_BOUNCE, SuppressionReason.COMPLAINT)[turn - 1],
            origin=f"report:{turn}",
            list_id=list_id,
            expires_at=TIMES[place][turn],
        )
        for turn in (1, 2)
        for place, list_id in itertools.product(range(len(TIMES)), (None, group.pk))
        for address in ("", "new")
    ]

    with transaction.atomic():
        for each in wanted:
            suppress(
                each.email_normalised, reason=each.reason, origin=each.origin, now=LATE,
                list_id=each.list_id, expires_at=each.expires_at,
            )  # fmt: skip
        one_by_one = read_all()
        transaction.set_rollback(True)
    suppress_all(wanted, now=LATE)

    assert read_all() == one_by_one
    assert len(one_by_one) == 4 * len(TIMES)


def read_all() -> set[tuple[object, ...]]:
    fields = ("email_normalised", "list_id", "reason", "origin", "created_at", "expires_at")
    return set(Suppression.objects.values_list(*fields))


def test_who_is_suppressed_by_somebody_else_meanwhile_is_held_as_long_as_wanted(db, monkeypatch):
    find, looks = suppression._find_kept, []

    def look(places):
        looks.append(places)
        return find(places) if len(looks) > 1 else {}  # first before the other one has written

    monkeypatch.setattr(suppression, "_find_kept", look)
    soft()

    suppress_all(
        [Wanted(email_normalised=ADA, reason=SuppressionReason.HARD_BOUNCE, origin="import")],
        now=NOW,
    )

    kept = Suppression.objects.get()
    assert (kept.reason, kept.expires_at) == ("hard_bounce", None)


@pytest.mark.parametrize(
    ("given", "scope"),
    [
        (" Ada@People.Example ", "ada@people.example"),
        ("@People.Example", "@people.example"),
        ("@bücher.example", "@xn--bcher-kva.example"),
    ],
)
def test_an_address_or_a_domain_may_be_named(given, scope):
    assert read_scope(given) == scope


@pytest.mark.parametrize(
    "given", ["", "@", "@@people.example", "@people", "@a b.example", "people.example"]
)
def test_what_is_neither_is_refused(given):
    with pytest.raises(InvalidAddress):
        read_scope(given)


def test_what_takes_the_place_of_one_that_has_run_out_is_a_new_row(db):
    old = soft()
    fresh = soft(now=LATE, expires_at=LATE + dt.timedelta(days=1))

    assert fresh.pk > old.pk
    assert Suppression.objects.get().pk == fresh.pk


def test_of_many_too_what_has_run_out_gives_way_to_new_rows(db):
    group = make_list()
    old = soft()
    other = soft(list_id=group.pk)
    wanted = Wanted(email_normalised=ADA, reason=SuppressionReason.MANUAL, origin="file")

    assert suppress_all([wanted], now=LATE) == set()

    kept = Suppression.objects.get(list=None)
    assert kept.pk > old.pk
    assert Suppression.objects.get(list=group).pk == other.pk
    assert (kept.reason, kept.expires_at) == ("manual", None)

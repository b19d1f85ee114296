"""Whoever is about to write is told who has left meanwhile, each of them once."""

from __future__ import annotations

import pytest

from subscribers import consent, departures
from subscribers.consent import Evidence
from subscribers.departures import Departures
from subscribers.models import ConsentAction, ConsentRecord, List, SuppressionReason
from subscribers.suppression import suppress
from tests.fakes.world import NOW, join, make_list

EVIDENCE = Evidence(method="test")


@pytest.fixture
def readers(db) -> List:
    return make_list()


@pytest.fixture
def watching(readers: List) -> Departures:
    """Give what has looked once: only what comes now is news."""
    suppress("old@people.example", reason=SuppressionReason.MANUAL, origin="test", now=NOW)
    watching = Departures()
    watching.look()
    return watching


def leave(email: str, readers: List) -> None:
    place = join(email, readers)
    consent.unsubscribe(
        subscriber_id=place.subscriber_id, list_id=readers.pk, evidence=EVIDENCE, now=NOW
    )


def write_evidence(number: int, email: str, action: ConsentAction) -> None:
    ConsentRecord.objects.create(
        pk=number, email=email, list_slug="readers", action=action, method="test", at=NOW
    )


def test_the_first_look_tells_nobody_apart(db):
    assert Departures().look() is None


def test_nobody_has_left(watching):
    assert watching.look() == frozenset()


def test_who_left_is_named_once(watching, readers):
    leave("ada@people.example", readers)

    assert watching.look() == {"ada@people.example"}
    assert watching.look() == frozenset()

    leave("ben@people.example", readers)
    assert watching.look() == {"ben@people.example"}


def test_an_address_that_is_suppressed_is_named(watching):
    suppress("ada@people.example", reason=SuppressionReason.COMPLAINT, origin="test", now=NOW)

    assert watching.look() == {"ada@people.example"}


def test_a_whole_domain_may_be_anybody(watching):
    suppress("@people.example", reason=SuppressionReason.MANUAL, origin="test", now=NOW)

    assert watching.look() is None


def test_very_many_may_be_anybody(watching, readers, monkeypatch):
    monkeypatch.setattr(departures, "MOST_NAMED", 2)

    for name in ("ada", "ben", "eve"):
        leave(f"{name}@people.example", readers)

    assert watching.look() is None


def test_who_joins_has_not_left(watching, readers):
    join("ada@people.example", readers)

    assert watching.look() == frozenset()


def test_a_row_that_was_committed_late_is_not_missed(watching):
    write_evidence(1_000_002, "ada@people.example", ConsentAction.UNSUBSCRIBED)
    assert watching.look() == {"ada@people.example"}

    write_evidence(1_000_001, "ben@people.example", ConsentAction.UNSUBSCRIBED)

    assert watching.look() == {"ben@people.example"}


def test_what_was_seen_long_ago_is_not_read_again(watching, readers, monkeypatch):
    leave("ada@people.example", readers)
    watching.look()
    monkeypatch.setattr(departures, "SETTLED_SECONDS", 0.0)
    watching.look()
    watching.look()
    monkeypatch.setattr(departures, "_read_departed", lambda _: pytest.fail("was read again"))

    assert watching.look() == frozenset()

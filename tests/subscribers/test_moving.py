"""A reader moves to another address, and whoever reads the old one has a word in it."""

from __future__ import annotations

import datetime as dt

import pytest

from mailer.errors import InvalidAddress
from subscribers import consent
from subscribers.models import (
    AddressChange,
    ConsentRecord,
    Notice,
    Subscriber,
    Subscription,
    SuppressionReason,
)
from subscribers.moving import MOST_A_DAY, ask_change, complete_change, refuse_change
from subscribers.suppression import suppress
from tests.fakes.world import NOW, join, make_list

NEW = "ada@new.example"
DAY = dt.timedelta(days=1)


@pytest.fixture
def person(place) -> Subscriber:
    return place.subscriber


def ask(person, email=NEW, now=NOW) -> AddressChange:
    change = ask_change(person, email, now=now)
    assert change is not None
    return change


def test_nothing_changes_before_the_new_mailbox_confirms(person):
    ask(person)

    person.refresh_from_db()
    assert person.email == "ada@people.example"
    assert list(Notice.objects.order_by("id").values_list("kind", "email")) == [
        ("new_address", NEW),
        ("old_address", "ada@people.example"),
    ]


def test_the_new_mailbox_confirms_and_the_evidence_names_both(person, evidence):
    change = ask(person, "Ada@New.example")

    assert complete_change(change, evidence=evidence, now=NOW)
    assert complete_change(change, evidence=evidence, now=NOW)

    person.refresh_from_db()
    assert (person.email, person.email_normalised) == ("Ada@New.example", NEW)
    assert list(ConsentRecord.objects.values_list("action", "email"))[1:] == [
        ("address_changed", "ada@people.example"),
        ("address_changed", NEW),
    ]


def test_a_link_of_last_week_changes_nothing(person, evidence):
    change = ask(person)

    assert not complete_change(change, evidence=evidence, now=NOW + 8 * DAY)
    assert Subscriber.objects.get().email == "ada@people.example"


def test_the_old_mailbox_refuses_before(person, evidence):
    change = ask(person)

    assert refuse_change(change, evidence=evidence, now=NOW)
    change.refresh_from_db()
    assert not complete_change(change, evidence=evidence, now=NOW)
    assert refuse_change(change, evidence=evidence, now=NOW)
    assert Subscriber.objects.get().email == "ada@people.example"


@pytest.mark.parametrize(("days", "email"), [(6, "ada@people.example"), (8, NEW)])
def test_the_old_mailbox_takes_it_back_for_a_week(person, evidence, days, email):
    change = ask(person)
    complete_change(change, evidence=evidence, now=NOW)
    change.refresh_from_db()

    taken_back = refuse_change(change, evidence=evidence, now=NOW + days * DAY)

    assert taken_back is (email != NEW)
    assert Subscriber.objects.get().email == email


def test_an_address_that_is_known_makes_two_rows_one_person(person, group, evidence):
    events = make_list("events", double_opt_in=True)
    consent.confirm(join("ada@people.example", events), evidence=evidence, now=NOW)
    other = join(NEW, make_list("third")).subscriber
    change = ask(person)

    assert complete_change(change, evidence=evidence, now=NOW)

    confirmed = Subscription.objects.confirmed()
    assert set(confirmed.values_list("subscriber", "list__slug")) == {
        (other.pk, "third"),
        (other.pk, "readers"),
        (other.pk, "events"),
    }


def test_the_same_address_and_a_fourth_wish_a_day_do_nothing(person):
    assert ask_change(person, "ADA@people.example", now=NOW) is None
    for number in range(MOST_A_DAY):
        ask(person, f"ada{number}@new.example")

    assert ask_change(person, NEW, now=NOW) is None
    assert ask_change(person, NEW, now=NOW + DAY) is not None


def test_what_is_no_address_is_refused(person):
    with pytest.raises(InvalidAddress):
        ask_change(person, "ada@new.example\r\nBcc: all@new.example", now=NOW)


def test_an_address_that_must_not_be_written_to_gets_no_letter(person):
    suppress(NEW, reason=SuppressionReason.COMPLAINT, origin="test", now=NOW)

    ask(person)

    assert list(Notice.objects.values_list("kind", flat=True)) == ["old_address"]


def test_two_readers_send_one_letter_a_day_to_a_third(person, group):
    ask(person)
    ask(join("bo@people.example", group).subscriber)

    assert Notice.objects.filter(kind="new_address").count() == 1


def test_evidence_of_an_address_is_found_with_whoever_had_it_once_and_who_has_it_now(
    person, evidence
):
    complete_change(ask(person), evidence=evidence, now=NOW)
    another = join("ada@people.example", make_list("others")).subscriber
    gone = ConsentRecord.objects.create(
        email="ada@people.example", list_slug="old", action="imported", method="import", at=NOW
    )
    join("bo@people.example", make_list("more"))

    found = ConsentRecord.objects.of_person(another, "ada@people.example")

    named = {*ConsentRecord.objects.filter(email="ada@people.example")}
    assert gone in named
    assert {person.pk, another.pk} < {each.subscriber_id for each in named}
    assert set(found) == named
    assert ConsentRecord.objects.of_person(person, NEW).count() == 3

"""Who asked to be forgotten is, and stays so until they come themselves."""

from __future__ import annotations

from django.core import serializers

from mailer.models import Delivery
from mailer.results.own import forget_reader
from subscribers.erasure import erase, find_erased, mark_of, remember
from subscribers.importing.delimited import open_string
from subscribers.importing.direct import import_people
from subscribers.models import (
    ConsentRecord,
    SignUp,
    Subscriber,
    Subscription,
    Suppression,
)
from tests.fakes.world import NOW

ADDRESS = "ada@people.example"


def test_nothing_that_names_the_person_is_left(place):
    SignUp.objects.create(email=ADDRESS, email_normalised=ADDRESS, asked_at=NOW, due_at=NOW)

    mark = erase(place.subscriber, method="test", now=NOW)

    assert not Subscriber.objects.exists()
    assert not SignUp.objects.exists()
    assert not Subscription.objects.exists()
    kept = serializers.serialize("json", [*ConsentRecord.objects.all(), *Suppression.objects.all()])
    assert "ada" not in kept.lower().replace("erased", "")
    assert set(ConsentRecord.objects.values_list("email", flat=True)) == {mark}
    assert list(ConsentRecord.objects.values_list("action", flat=True)) == ["subscribed", "erased"]


def test_the_mark_is_the_installations_own_and_of_one_address(settings):
    assert mark_of(ADDRESS) != mark_of("bo@people.example")
    assert len(mark_of(ADDRESS)) == 71


def test_only_who_was_erased_is_found(place):
    assert find_erased([ADDRESS]) == set()
    erase(place.subscriber, method="test", now=NOW)

    assert find_erased([ADDRESS, "bo@people.example"]) == {ADDRESS}
    assert remember(ADDRESS)
    assert find_erased([ADDRESS]) == set()


def test_an_import_does_not_bring_them_back(place, group):
    erase(place.subscriber, method="test", now=NOW)
    file = open_string("email\nAda@People.example\nbo@people.example\n")

    report = import_people(file, group=group, basis="members", now=NOW)

    assert [person.email for person in Subscriber.objects.all()] == ["bo@people.example"]
    assert report.counts["erased"] == 1


def test_the_ledger_keeps_its_sums_and_no_address(mailing):
    person = Subscriber.objects.order_by("id").first()
    email = person.email_normalised
    forget_reader(person, method="test", now=NOW)

    assert Delivery.objects.filter(mailing=mailing).count() == 20
    assert not Delivery.objects.filter(email=email).exists()
    assert Delivery.objects.filter(email=mark_of(email), subscriber=None).count() == 1

"""Who never confirms is forgotten after a while, and nobody else is."""

from __future__ import annotations

import datetime as dt

import pytest

from subscribers import consent
from subscribers.consent import Evidence
from subscribers.models import (
    ConsentRecord,
    SignUp,
    Subscriber,
    Subscription,
    SubscriptionState,
    Suppression,
)
from subscribers.tasks import clear_unconfirmed
from subscribers.unconfirmed import forget_unconfirmed
from tests.fakes.world import NOW, join, make_list

pytestmark = pytest.mark.django_db
ADDRESS = "ada@people.example"
LATER = NOW + dt.timedelta(days=31)


def leave(place: Subscription, *, now: dt.datetime) -> None:
    evidence = Evidence(method="link")
    consent.unsubscribe(
        subscriber_id=place.subscriber_id, list_id=place.list_id, evidence=evidence, now=now
    )


def wait(address: str, slug: str = "readers") -> Subscription:
    place = join(address, make_list(slug))
    place.state = SubscriptionState.UNCONFIRMED
    place.save()
    return place


def test_an_address_that_nobody_confirmed_is_forgotten():
    wait(ADDRESS)
    SignUp.objects.create(email=ADDRESS, email_normalised=ADDRESS, asked_at=NOW, due_at=NOW)

    assert forget_unconfirmed(before=LATER) == 1

    assert not Subscriber.objects.exists()
    assert not SignUp.objects.exists()
    assert not ConsentRecord.objects.filter(email=ADDRESS).exists()
    assert ConsentRecord.objects.exists()  # that something was asked for stays
    assert not Suppression.objects.exists()  # they may come back


def test_who_is_on_another_list_stays_there():
    place = wait(ADDRESS)
    join(ADDRESS, make_list("members"))

    forget_unconfirmed(before=LATER)

    assert list(Subscription.objects.values_list("list__slug", flat=True)) == ["members"]
    assert Subscriber.objects.get().pk == place.subscriber_id
    assert ConsentRecord.objects.filter(email=ADDRESS).exists()


def test_who_had_left_before_somebody_asked_again_has_left_still():
    place = join(ADDRESS, make_list())
    leave(place, now=NOW)
    consent.subscribe(ADDRESS, place.list, evidence=Evidence(method="form"), now=NOW)
    assert Subscription.objects.get().state == SubscriptionState.UNCONFIRMED

    forget_unconfirmed(before=LATER)

    assert Subscription.objects.get().state == SubscriptionState.UNSUBSCRIBED
    assert Subscription.objects.get().changed_at == NOW
    assert Subscriber.objects.filter(email=ADDRESS).exists()


@pytest.mark.parametrize("state", [SubscriptionState.CONFIRMED, SubscriptionState.UNSUBSCRIBED])
def test_whoever_confirmed_or_left_is_not_touched(state):
    place = wait(ADDRESS)
    Subscription.objects.filter(pk=place.pk).update(state=state)

    assert forget_unconfirmed(before=LATER) == 0
    assert Subscriber.objects.exists()


def test_who_asked_lately_has_time_left():
    wait(ADDRESS)

    assert forget_unconfirmed(before=NOW) == 0
    assert Subscriber.objects.exists()


def test_the_sweep_waits_for_as_long_as_is_set(settings):
    place = wait(ADDRESS)
    settings.UNCONFIRMED_SECONDS = 86_400
    long_ago = dt.datetime.now(dt.UTC) - dt.timedelta(hours=23)
    Subscription.objects.filter(pk=place.pk).update(changed_at=long_ago)

    clear_unconfirmed()
    assert Subscriber.objects.exists()
    settings.UNCONFIRMED_SECONDS = 3_600
    clear_unconfirmed()

    assert not Subscriber.objects.exists()

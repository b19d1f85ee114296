"""Rows become limits: of the transport, of a provider on it, of a provider everywhere."""

from __future__ import annotations

import datetime as dt

import pytest

from mailer.dispatch.limits.rows import DEFAULT_ID, WHOLE, load_limits
from mailer.dispatch.limits.throttle import Limit
from mailer.models import DomainLimit, Transport
from tests.fakes.world import NOW


@pytest.fixture
def relay(db) -> Transport:
    return Transport.objects.create(
        name="relay", url="smtp://mail.example", messages_per_second="14.5", open_connections=3
    )


def test_without_rows_nothing_is_limited(db):
    limits = load_limits(DEFAULT_ID, now=NOW)

    assert limits.whole == Limit(scope="0:*", slowed_as=WHOLE)
    assert limits.all() == []
    assert limits.open_connections is None


def test_a_transport_has_its_own_limits(relay):
    limits = load_limits(relay.pk, now=NOW)

    assert limits.whole == Limit(scope=f"{relay.pk}:*", slowed_as=WHOLE, per_second=14.5)
    assert limits.open_connections == 3


def test_the_cap_is_that_of_the_day_in_utc(relay):
    relay.warm_up_from = dt.date(2026, 3, 1)
    relay.save()
    east = dt.timezone(dt.timedelta(hours=9))
    early = dt.datetime(2026, 3, 2, 8, 0, tzinfo=east)  # still the first of March in UTC

    assert load_limits(relay.pk, now=early).whole.daily_cap == 200
    assert load_limits(relay.pk, now=early + dt.timedelta(hours=1)).whole.daily_cap == 500


def test_a_provider_has_a_limit_here_and_one_with_all_others(relay):
    DomainLimit.objects.create(provider="gmail", in_flight=20)
    DomainLimit.objects.create(provider="gmail", transport=relay, messages_per_second=5)

    limits = load_limits(relay.pk, now=NOW)

    assert limits.of("gmail") == (
        Limit(scope="all:gmail", in_flight=20),
        Limit(scope=f"{relay.pk}:gmail", slowed_as="gmail", per_second=5.0),
    )
    assert limits.own("yahoo") == Limit(scope=f"{relay.pk}:yahoo", slowed_as="yahoo")


def test_another_transports_limits_are_not_ours(relay):
    DomainLimit.objects.create(provider="gmail", transport=relay, in_flight=1)

    assert load_limits(DEFAULT_ID, now=NOW).all() == []
    assert load_limits(relay.pk + 1, now=NOW).all() == []


def test_domains_of_one_provider_share_the_strictest_limit(relay):
    DomainLimit.objects.create(provider="gmail.com", in_flight=20, daily_cap=100)
    DomainLimit.objects.create(provider="googlemail.com", in_flight=10, messages_per_second=2)

    limits = load_limits(relay.pk, now=NOW)

    expected = Limit(scope="all:gmail", per_second=2.0, in_flight=10, daily_cap=100)
    assert limits.providers == {"gmail": (expected,)}

"""Openings and clicks on their way to the ledger: in batches, losing little, delaying nobody."""

from __future__ import annotations

import datetime as dt
import time

import pytest
import redis
from django.db import connection

from mailer.dispatch.freezing.freeze import freeze_mailing
from mailer.models import Delivery, DeliveryState, Link, Signal
from mailer.results import signals
from mailer.results.reading import summarise_reading, tell_apart
from mailer.results.sightings import record_sights, record_waiting
from mailer.results.signals import KEY, Buffer, Sight, hash_network
from tests.fakes.world import NOW
from tests.results.test_machines import FIREFOX

DAY = dt.date(2026, 3, 1)


@pytest.fixture
def buffer(redis_url: str) -> Buffer:
    client = redis.Redis.from_url(redis_url)
    client.delete(KEY)
    return Buffer(client)


@pytest.fixture
def sent(mailing) -> list[Delivery]:
    """Give the deliveries of a mailing whose edition has six links, in two articles."""
    frozen = mailing.frozen_editions.get()
    Link.objects.bulk_create(
        Link(
            frozen_edition=frozen,
            number=number,
            url=f"https://example.org/{number}",
            article="First" if number < 4 else "Second",
        )
        for number in range(1, 7)
    )
    Delivery.objects.update(state=DeliveryState.ACCEPTED)
    return list(Delivery.objects.order_by("id"))


def seen(delivery: Delivery, number: int = 1, *, after: float = 0.0, **fields: object) -> Sight:
    at = NOW.timestamp() + after
    return Sight(**{"agent": FIREFOX} | fields, delivery_id=delivery.pk, number=number, at=at)


def record(*sights: Sight) -> None:
    record_sights(sights, now=NOW + dt.timedelta(hours=1))


def test_what_is_seen_waits_in_redis_and_is_written_in_order(buffer, sent):
    for number in (1, 2):
        assert buffer.add(seen(sent[0], number, after=number * 60))

    assert record_waiting(buffer, now=NOW + dt.timedelta(hours=1)) == 2

    rows = Signal.objects.order_by("number").values_list("number", "times", "by_machine")
    assert list(rows) == [(1, 1, False), (2, 1, False)]
    assert record_waiting(buffer, now=NOW) == 0


def test_many_clicks_take_few_statements(sent, django_assert_max_num_queries):
    sights = [seen(person, number, after=number * 60) for person in sent for number in (1, 2, 3)]

    with django_assert_max_num_queries(12):
        record(*sights * 5)

    assert Signal.objects.count() == len(sent) * 3
    assert set(Signal.objects.values_list("times", flat=True)) == {5}


def test_the_ledger_has_each_person_s_first_opening_and_click(sent):
    record(seen(sent[0], 0, after=5), seen(sent[0], 2, after=60), seen(sent[0], 2, after=90))
    record(seen(sent[0], 0, after=900), seen(sent[1], 1, after=30))

    first, second = Delivery.objects.order_by("id")[:2]
    assert first.opened_at == NOW + dt.timedelta(seconds=5)
    assert first.clicked_at == NOW + dt.timedelta(seconds=60)
    # Who follows a link has opened the message, also where pictures are not shown.
    assert second.opened_at == second.clicked_at == NOW + dt.timedelta(seconds=30)


def test_scanners_are_kept_apart_and_leave_no_mark_on_the_person(sent):
    record(
        seen(sent[0], 0, agent="Mozilla/5.0"),
        seen(sent[0], 1, method="HEAD"),
        seen(sent[0], 1, agent="curl/8.5.0"),
    )

    sent[0].refresh_from_db()
    assert (sent[0].opened_at, sent[0].clicked_at) == (None, None)
    assert not Signal.objects.filter(by_machine=False).exists()
    assert Signal.objects.get(number=1).times == 2


def test_links_followed_too_fast_are_a_machine_s_also_across_batches(sent):
    record(*[seen(sent[0], number, after=number * 0.2) for number in (1, 2, 3)])
    sent[0].refresh_from_db()
    assert sent[0].clicked_at is not None

    record(*[seen(sent[0], number, after=number * 0.2) for number in (4, 5, 6)])

    sent[0].refresh_from_db()
    assert (sent[0].opened_at, sent[0].clicked_at) == (None, None)
    assert Signal.objects.filter(by_machine=True).count() == 6


def test_a_person_who_reads_after_the_scanner_is_counted(sent):
    record(*[seen(sent[0], number, after=number * 0.2) for number in range(1, 7)])

    record(seen(sent[0], 3, after=600))

    sent[0].refresh_from_db()
    assert sent[0].clicked_at == NOW + dt.timedelta(seconds=600)


def test_a_person_who_opens_a_few_links_at_once_stays_a_person(sent):
    record(*[seen(sent[0], number, after=number) for number in (1, 2, 3, 4)])

    assert not Signal.objects.filter(by_machine=True).exists()


def test_every_link_of_a_short_message_within_seconds_is_a_machine_s(sent):
    Link.objects.filter(number__gt=3).delete()

    record(*[seen(sent[0], number, after=number) for number in (1, 2, 3)])

    assert not Signal.objects.filter(by_machine=False).exists()


def test_a_clock_that_is_ahead_does_not_write_the_future(sent):
    record(seen(sent[0], 1, after=86_400))

    sent[0].refresh_from_db()
    assert sent[0].clicked_at == NOW + dt.timedelta(hours=1)


def test_a_delivery_that_is_gone_is_left_out(sent):
    gone = sent[0]
    Delivery.objects.filter(pk=gone.pk).delete()

    record(seen(gone), seen(sent[1]))

    assert Signal.objects.get().delivery_id == sent[1].pk


def test_totals_count_clicks_and_nobody(sent):
    edition = Link.objects.first().frozen_edition_id
    total = Sight(frozen_edition_id=edition, number=2, at=NOW.timestamp(), agent=FIREFOX)
    machine = Sight(frozen_edition_id=edition, number=2, at=NOW.timestamp(), agent="curl/8.5.0")

    record(total, total, machine)

    link = Link.objects.get(number=2)
    assert (link.clicks, link.machine_clicks) == (2, 1)
    assert not Signal.objects.exists()
    assert not Delivery.objects.filter(opened_at__isnull=False).exists()


def test_the_figures_tell_people_from_machines_by_link_and_by_article(sent):
    record(
        seen(sent[0], 1), seen(sent[0], 2, after=60), seen(sent[0], 2, after=70),
        seen(sent[1], 1), seen(sent[2], 5), seen(sent[3], 5, agent="curl/8.5.0"),
        seen(sent[4], 0), seen(sent[5], 0, agent="Mozilla/5.0"),
    )  # fmt: skip
    Link.objects.filter(number=6).update(clicks=7, machine_clicks=2)

    found = summarise_reading(sent[0].mailing)

    assert (found.opened, found.clicked, found.opened_by_machine) == (4, 3, 1)
    by_url = {each.url[-1]: (each.people, each.clicks, each.by_machine) for each in found.links}
    assert by_url == {
        "1": (2, 2, 0), "2": (1, 2, 0), "3": (0, 0, 0),
        "4": (0, 0, 0), "5": (1, 1, 1), "6": (0, 7, 2),
    }  # fmt: skip
    by_article = {each.article: (each.people, each.clicks) for each in found.articles}
    assert by_article == {"First": (2, 4), "Second": (1, 8)}


def test_articles_of_one_title_are_counted_apart_and_told_apart(sent):
    Link.objects.update(article="Briefly")
    for number in range(1, 7):
        Link.objects.filter(number=number).update(anchor="briefly" if number < 4 else "briefly-2")
    record(seen(sent[0], 1), seen(sent[1], 1), seen(sent[1], 5, after=60))

    found = summarise_reading(sent[0].mailing)

    told = {name: (each.people, each.clicks) for name, each in tell_apart(found.articles)}
    assert told == {"Briefly": (2, 2), "Briefly (2)": (1, 1)}


def test_redis_away_costs_the_count_and_no_time(monkeypatch):
    away = redis.Redis.from_url("redis://127.0.0.1:1", socket_connect_timeout=0.1)
    buffer = Buffer(away)
    begun = time.monotonic()

    assert [buffer.add(Sight(at=0.0)) for _ in range(100)] == [False] * 100

    assert time.monotonic() - begun < 1.0


def test_the_list_is_bounded_and_keeps_the_newest(buffer, monkeypatch):
    monkeypatch.setattr(signals, "MOST_WAITING", 3)
    for number in range(5):
        buffer.add(Sight(at=0.0, number=number))

    assert [each.number for each in buffer.take(10)] == [2, 3, 4]


def test_what_can_t_be_written_is_put_back_in_its_order(buffer, sent, monkeypatch):
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the database is away")

    monkeypatch.setattr("mailer.results.sightings.record_sights", fail)
    for number in (1, 2):
        buffer.add(seen(sent[0], number))

    with pytest.raises(RuntimeError):
        record_waiting(buffer, now=NOW)

    assert [each.number for each in buffer.take(10)] == [1, 2]
    buffer.put_back([])
    assert buffer.take(10) == []


def test_a_network_is_known_again_for_a_day_and_by_no_name():
    assert hash_network("198.18.0.1", day=DAY) == ""  # for tests of networks, so nobody's
    assert hash_network("8.8.8.8", day=DAY) == hash_network("8.8.8.200", day=DAY)
    assert hash_network("8.8.8.8", day=DAY) != hash_network("8.8.9.8", day=DAY)
    assert hash_network("8.8.8.8", day=DAY) != hash_network("8.8.8.8", day=dt.date(2026, 3, 2))
    assert hash_network("2a00:1450::1", day=DAY) == hash_network("2a00:1450:0:9::1", day=DAY)
    assert "8.8" not in hash_network("8.8.8.8", day=DAY)


@pytest.mark.parametrize("address", ["", "127.0.0.1", "10.0.0.7", "unix:", "::1", "fe80::1%eth0"])
def test_a_proxy_s_address_is_no_network_of_readers(address):
    assert hash_network(address, day=DAY) == ""


def test_the_engine_is_asked_for_what_both_know(sent):
    assert connection.vendor in {"sqlite", "postgresql"}
    assert freeze_mailing(sent[0].mailing, now=NOW)

"""Prometheus reads every figure; nobody else does."""

from __future__ import annotations

import time

import pytest
import redis
from prometheus_client.parser import text_string_to_metric_families

from mailer.dispatch.limits.providers import provider_of
from mailer.dispatch.watching.presence import Presence
from mailer.dispatch.watching.tally import tally_lost_lease, tally_outcome, tally_replay
from mailer.models import Delivery, InboundMessage
from mailer.results import counters
from mailer.results.counters import RATE_KEY, RATE_STEP_SECONDS, RATED, Counters, open_counters
from mailer.types import Outcome, OutcomeKind
from subscribers.models import List
from tests.fakes.transports import ACCEPTED, FULL
from tests.fakes.world import NOW, join_many, make_list

TOKEN = "a-token-that-nobody-guesses"


@pytest.fixture
def readers(db) -> List:
    group = make_list()
    join_many(20, group)
    return group


@pytest.fixture
def client_of_redis(redis_url, settings) -> redis.Redis:
    settings.REDIS_URL = redis_url
    client = redis.Redis.from_url(redis_url)
    client.flushdb()
    open_counters.cache_clear()
    yield client
    open_counters.cache_clear()


def read(client, **headers: str) -> dict[str, float]:
    """Return the page's figures by name and labels."""
    page = client.get("/metrics", **headers)
    assert page.status_code == 200
    return {
        " ".join([sample.name, *sample.labels.values()]): sample.value
        for family in text_string_to_metric_families(page.content.decode())
        for sample in family.samples
    }


def tally(address: str, kind: OutcomeKind) -> None:
    reply = ACCEPTED if kind is OutcomeKind.ACCEPTED else FULL
    tally_outcome(provider_of(address), Outcome(delivery_id=1, kind=kind, reply=reply))


def test_the_ledger_is_shown_in_figures(client, mailing, client_of_redis):
    Delivery.objects.filter(pk=Delivery.objects.first().pk).update(state="deferred")
    InboundMessage.objects.create(digest="1", recipient="b", raw=b"", received_at=NOW)
    Presence(client_of_redis).say("sender@one", ["send"])

    figures = read(client)

    assert figures["masthead_mailings sending"] == 1
    assert figures["masthead_mailings held"] == 0
    assert figures["masthead_deliveries_waiting pending"] == 19
    assert figures["masthead_deliveries_waiting deferred"] == 1
    assert figures["masthead_batches ready"] == 1
    assert figures["masthead_batches_due"] == 1
    assert figures["masthead_inbound_waiting"] == 1
    assert figures["masthead_oldest_inbound_seconds"] > 0
    assert figures["masthead_workers send"] == 1
    assert figures["masthead_redis_up"] == 1


def test_what_senders_counted_is_shown(client, db, client_of_redis):
    for _ in range(3):
        tally("ada@people.example", OutcomeKind.ACCEPTED)
    tally("ada@gmail.com", OutcomeKind.DEFERRED)
    tally("ada@people.example", OutcomeKind.DEFERRED)
    tally_lost_lease()
    tally_replay(5)
    open_counters().write(at_once=True)

    figures = read(client)

    assert figures["masthead_outcomes_total accepted"] == 3
    assert figures["masthead_outcomes_total deferred"] == 2
    assert figures["masthead_outcomes_total failed"] == 0
    assert figures["masthead_deferrals_total gmail"] == 1
    assert figures["masthead_deferrals_total other"] == 1
    assert figures["masthead_leases_lost_total"] == 1
    assert figures["masthead_journal_replayed_total"] == 5


def test_the_rate_is_that_of_the_last_whole_minute(client, db, client_of_redis, monkeypatch):
    writer = Counters(client_of_redis)
    now = time.time()
    monkeypatch.setattr(counters.time, "time", lambda: now - RATE_STEP_SECONDS)
    writer.add(RATED, 840)
    writer.write(at_once=True)
    monkeypatch.undo()

    assert read(client)["masthead_messages_per_second"] == 14.0
    assert client_of_redis.ttl(RATE_KEY.format(int(now) // 10 - 1)) > 60


def test_labels_have_a_bound_whatever_the_domains_are(client, db, client_of_redis):
    for number in range(500):
        tally(f"ada@domain{number}.example", OutcomeKind.DEFERRED)
    open_counters().write(at_once=True)

    assert [name for name in read(client) if "deferrals" in name] == [
        "masthead_deferrals_total other"
    ]


def test_counts_are_written_once_a_second_and_none_twice(client_of_redis):
    counting = Counters(client_of_redis)
    for _ in range(3):
        counting.add("one")
        counting.write()
    assert counters.read_totals(client_of_redis) == {"one": 1}

    counting.write(at_once=True)
    counting.write(at_once=True)

    assert counters.read_totals(client_of_redis) == {"one": 3}


def test_counts_wait_for_a_redis_that_is_away(client_of_redis):
    counting = Counters(redis.Redis(port=1))
    counting.add("one")
    counting.write()
    counting._client = client_of_redis
    counting.write()
    assert counters.read_totals(client_of_redis) == {}  # it is left alone for a while

    counting.write(at_once=True)

    assert counters.read_totals(client_of_redis) == {"one": 1}


def test_the_ledger_is_shown_without_redis(client, mailing, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"

    figures = read(client)

    assert figures["masthead_redis_up"] == 0
    assert figures["masthead_batches_due"] == 1


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
def test_without_a_token_this_machine_may_read(client, db, client_of_redis, address):
    assert read(client, REMOTE_ADDR=address)


@pytest.mark.parametrize(
    "headers",
    [
        {"REMOTE_ADDR": "192.0.2.1"},
        {"REMOTE_ADDR": ""},
        {"HTTP_X_FORWARDED_FOR": "127.0.0.1"},
        {"HTTP_FORWARDED": "for=127.0.0.1"},
        {"HTTP_AUTHORIZATION": "Bearer ", "REMOTE_ADDR": "192.0.2.1"},
    ],
)
def test_without_a_token_nobody_else_may_not_even_through_a_proxy_here(client, headers):
    assert client.get("/metrics", **headers).status_code == 403


@pytest.mark.parametrize("given", [None, "", "Bearer", "Bearer wrong", "Bearer ä", "Basic x"])
def test_with_a_token_it_must_be_given(client, settings, given):
    settings.METRICS_TOKEN = TOKEN
    headers = {} if given is None else {"HTTP_AUTHORIZATION": given}

    assert client.get("/metrics", **headers).status_code == 403


def test_with_the_token_anybody_may_read(client, db, client_of_redis, settings):
    settings.METRICS_TOKEN = TOKEN

    page = {"HTTP_AUTHORIZATION": f"Bearer {TOKEN}", "REMOTE_ADDR": "192.0.2.1"}

    assert read(client, **page)["masthead_redis_up"] == 1

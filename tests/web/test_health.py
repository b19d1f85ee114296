"""Whoever watches learns what is well and what is not, and nothing secret."""

from __future__ import annotations

import pytest
import redis
from django.db import DatabaseError

from mailer.dispatch.watching.presence import Presence, count_workers
from mailer.web import health


@pytest.fixture
def client_of_redis(redis_url, settings) -> redis.Redis:
    settings.REDIS_URL = redis_url
    client = redis.Redis.from_url(redis_url)
    client.flushdb()
    return client


@pytest.fixture
def workers(client_of_redis) -> None:
    Presence(client_of_redis).say("worker@one", ["default"])
    Presence(client_of_redis).say("sender@one", ["send"])


def look(client) -> tuple[int, dict[str, object]]:
    answer = client.get("/readyz")
    return answer.status_code, answer.json()


def test_a_process_that_answers_is_healthy_without_a_database(client):
    answer = client.get("/healthz")

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert "no-store" in answer["Cache-Control"]


def test_an_installation_is_ready_when_every_part_is(client, db, workers):
    status, body = look(client)

    assert (status, body["status"]) == (200, "ready")
    assert body["parts"] == {
        "database": {"ok": True, "state": "answers"},
        "migrations": {"ok": True, "state": "applied"},
        "redis": {"ok": True, "state": "answers"},
        "workers": {"ok": True, "state": "2 seen lately"},
    }


def test_it_is_not_ready_without_somebody_to_send(client, db, client_of_redis):
    Presence(client_of_redis).say("worker@one", ["default"])

    status, body = look(client)

    assert status == 503
    assert body["parts"]["workers"] == {"ok": False, "state": "nobody hears send"}


def test_it_is_not_ready_without_redis_and_does_not_say_where_that_is(client, db, settings):
    settings.REDIS_URL = "redis://:s3cret@127.0.0.1:1/0"

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["parts"]["redis"] == {"ok": False, "state": "does not answer"}
    assert answer.json()["parts"]["workers"]["state"] == "unknown"
    assert "s3cret" not in answer.content.decode()
    assert "127.0.0.1" not in answer.content.decode()


def test_it_is_not_ready_without_its_database(client, workers, monkeypatch):
    class Broken:
        def cursor(self):
            raise DatabaseError("password s3cret is wrong")

    monkeypatch.setattr(health, "connection", Broken())
    monkeypatch.setitem(health.CHECKS, "migrations", lambda: (False, "unknown"))

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["parts"]["database"]["state"] == "does not answer"
    assert "s3cret" not in answer.content.decode()


def test_it_is_not_ready_when_tables_are_missing(client, db, workers, monkeypatch):
    monkeypatch.setattr(health.MigrationExecutor, "migration_plan", lambda *_: [1, 2])

    status, body = look(client)

    assert status == 503
    assert body["parts"]["migrations"]["state"] == "2 are missing"


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_watching_changes_nothing(client, path):
    assert client.post(path).status_code == 405


def test_a_worker_that_left_or_was_not_heard_for_a_minute_is_gone(client_of_redis):
    presence = Presence(client_of_redis)
    presence.say("sender@one", ["send"])
    presence.leave("sender@one", ["send"])
    long_ago = client_of_redis.time()[0] - 61
    client_of_redis.zadd("masthead:workers:default", {"worker@one": long_ago})

    assert count_workers(client_of_redis) == {"default": 0, "send": 0}


def test_a_worker_is_not_disturbed_by_a_redis_that_is_away():
    presence = Presence(redis.Redis(port=1))

    presence.say("sender@one", ["send"])
    presence.leave("sender@one", ["send"])

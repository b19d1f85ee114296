"""The database and Redis stopped, killed, emptied and full in mid-mailing."""

from __future__ import annotations

import time
from collections.abc import Callable

import redis
from django.conf import settings
from django.db import connection

from tests.faults.row import Effort, Row
from tests.faults.scene import Scene, note_books

MAILING = 3_000
AWAY_SECONDS = 2
# Within this time it must send again: it is the figure of the table.
MOST_SECONDS = 60


def stop_database(scene: Scene, effort: Effort) -> Row:
    """Stop PostgreSQL as a power cut does, and start it again a little later."""
    postgres = scene.place.engines.postgres
    assert postgres

    def strike() -> None:
        postgres.stop("immediate")
        connection.close()
        time.sleep(AWAY_SECONDS)
        postgres.start()

    return _strike(scene, "PostgreSQL stopped at once", strike, effort.times(2, 20))


def flush_redis(scene: Scene, effort: Effort) -> Row:
    """Empty Redis: queues, journals and counters are gone."""
    return _strike(scene, "Redis flushed", lambda: _client().flushall(), effort.times(1, 8))


def kill_redis(scene: Scene, effort: Effort) -> Row:
    """Kill Redis and start it again a little later."""
    server = scene.place.engines.redis
    assert server

    def strike() -> None:
        server.kill()
        time.sleep(AWAY_SECONDS)
        server.start()

    return _strike(scene, "Redis killed", strike, effort.times(1, 8))


def fill_redis(scene: Scene, effort: Effort) -> Row:
    """Let Redis refuse every write for a while, as one that is full does."""

    def strike() -> None:
        _client().config_set("maxmemory", 1)
        time.sleep(AWAY_SECONDS)
        _client().config_set("maxmemory", 0)

    return _strike(scene, "Redis full", strike, effort.times(1, 4))


def _strike(scene: Scene, fault: str, strike: Callable[[], None], times: int) -> Row:
    row = Row(fault=fault)
    restarts, slowest = scene.restarts, 0.0
    run = scene.start(MAILING)
    for _ in range(times):
        scene.await_sending(run, 100)
        if scene.arrived(run) >= run.size - 200:
            break
        strike()
        row.figures["times"] = int(str(row.figures.get("times", 0))) + 1
        slowest = max(slowest, scene.await_sending(run))
    books = scene.finish(run)
    row.hold("sending again after, s", slowest, MOST_SECONDS)
    row.figures["programs that ended"] = scene.restarts - restarts
    note_books(row, [books], duplicates=0)
    return row


def _client() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=10)

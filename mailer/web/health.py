"""Whether the process answers, and whether the installation can do its work.

Nothing secret is said: what is wrong in detail stands in the log.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

import redis
from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from mailer.dispatch.watching.presence import count_workers
from mailer.results.counters import connect

logger = logging.getLogger(__name__)

Finding = tuple[bool, str]
NO_ANSWER = "does not answer"


@require_safe
@never_cache
def show_health(_request: HttpRequest) -> HttpResponse:
    """Say that this process answers; it asks nobody."""
    return JsonResponse({"status": "ok"})


@require_safe
@never_cache
def show_readiness(_request: HttpRequest) -> HttpResponse:
    """Say whether all that sending needs is there, part by part; 503 if a part is not."""
    found = {name: check() for name, check in CHECKS.items()}
    ready = all(good for good, _ in found.values())
    parts = {name: {"ok": good, "state": words} for name, (good, words) in found.items()}
    body = {"status": "ready" if ready else "not ready", "parts": parts}
    return JsonResponse(body, status=200 if ready else 503)


def check_database() -> Finding:
    """Ask the database for nothing."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except (DatabaseError, InterfaceError) as error:
        logger.warning("the database does not answer: %s", error)
        return False, NO_ANSWER
    return True, "answers"


def check_migrations() -> Finding:
    """Compare the database's tables with those that this version wants."""
    try:
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except (DatabaseError, InterfaceError):
        return False, "unknown"
    return (False, f"{len(waiting)} are missing") if waiting else (True, "applied")


def check_redis() -> Finding:
    """Ask Redis whether it is there."""
    try:
        connect().ping()
    except redis.RedisError as error:
        logger.warning("Redis does not answer: %s", error)
        return False, NO_ANSWER
    return True, "answers"


def check_workers() -> Finding:
    """Look whether each queue has a worker that was seen lately."""
    try:
        found = count_workers(connect())
    except redis.RedisError:
        return False, "unknown"
    missing = sorted(queue for queue, workers in found.items() if not workers)
    if missing:
        return False, f"nobody hears {' and '.join(missing)}"
    return True, f"{sum(found.values())} seen lately"


CHECKS: dict[str, Callable[[], Finding]] = {
    "database": check_database,
    "migrations": check_migrations,
    "redis": check_redis,
    "workers": check_workers,
}

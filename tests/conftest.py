"""What every test may lean on: a folder of its own, and servers that are private and end."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db.backends.base.operations import BaseDatabaseOperations
from hypothesis import HealthCheck, settings

from mailer.dispatch.freezing.freeze import load_frozen
from mailer.results import figures
from subscribers.guard import lift_guard
from tests.environment import ON_SERVERS, STARTED, VAR
from tests.fakes.servers import start_redis

pytest_plugins = ["tests.fakes.mailing", "tests.fakes.lanes"]
ROOT = Path(__file__).resolve().parent.parent
IN_CI = bool(os.environ.get("CI"))
# How long it takes to make an example is the machine's affair: a busy one failed a sound test.
settings.register_profile(
    "unhurried", parent=settings(), suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("unhurried")


def pytest_unconfigure() -> None:
    for server in STARTED:
        server.stop()


def require(condition: object, what: str) -> None:
    """Skip the test by name where ``what`` is missing; in CI its absence is a failure."""
    if condition:
        return
    if IN_CI:
        pytest.fail(f"{what} is missing, and CI must have it")
    pytest.skip(f"{what} is missing")


@pytest.fixture(autouse=True)
def forget_frozen_messages() -> None:
    """Let no test meet the message that another froze under the same number."""
    load_frozen.cache_clear()


@pytest.fixture(autouse=True)
def count_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no page show a figure that a busy machine was slow to count, and kept."""
    monkeypatch.setattr(figures, "SLOW_MS", 60_000)


@pytest.fixture(scope="session")
def shared() -> Path:
    """Give the folder of real input files, which a user's clone does not have."""
    folder = Path(os.environ.get("MASTHEAD_SHARED", ROOT.parent / "shared"))
    require(folder.is_dir(), "the folder of shared inputs (MASTHEAD_SHARED)")
    return folder


@pytest.fixture(scope="session")
def redis_url() -> str:
    """Give a private Redis: the servers' own, or the embedded default."""
    if ON_SERVERS:
        return os.environ["REDIS_URL"]
    server = start_redis(VAR / "redis")
    STARTED.append(server)
    return server.url


@pytest.fixture(autouse=True, scope="session")
def empty_what_is_guarded() -> Iterator[None]:
    """Let Django empty the tables between tests: the evidence of consent refuses to go.

    Its guard comes back with the signal of migrations, which Django sends after it.
    """
    plain = BaseDatabaseOperations.execute_sql_flush

    def execute_sql_flush(self: Any, sql_list: list[str]) -> None:
        lift_guard(using=self.connection.alias)
        plain(self, sql_list)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseDatabaseOperations, "execute_sql_flush", execute_sql_flush)
        yield

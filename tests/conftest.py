"""What every test may lean on: a folder of its own, and servers that are private and end."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mailer.dispatch.freeze import load_frozen
from tests.environment import ON_SERVERS, STARTED, VAR
from tests.fakes.servers import start_redis

pytest_plugins = ["tests.fakes.mailing", "tests.fakes.lanes"]
ROOT = Path(__file__).resolve().parent.parent
IN_CI = bool(os.environ.get("CI"))


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

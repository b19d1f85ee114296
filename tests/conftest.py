"""What every test may lean on: a folder of its own, and servers that are private and end."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

# Before Django reads its settings: no test touches the checkout's own data.
VAR = Path(tempfile.mkdtemp(prefix="masthead-test-"))
os.environ["MASTHEAD_VAR"] = str(VAR)
for name in ("DATABASE_URL", "REDIS_URL", "MASTHEAD_PUBLIC_URL"):
    os.environ.pop(name, None)

import pytest  # noqa: E402 - the environment comes first

from tests.fakes.servers import start_postgres, start_redis  # noqa: E402

pytest_plugins = ["tests.fakes.mailing"]
ROOT = Path(__file__).resolve().parent.parent
IN_CI = bool(os.environ.get("CI"))
ON_SERVERS = bool(os.environ.get("MASTHEAD_TEST_SERVERS"))
STARTED = []

if ON_SERVERS:
    postgres = start_postgres(VAR / "postgres")
    redis = start_redis(VAR / "redis", port=True)
    STARTED += [postgres, redis]
    os.environ |= {"DATABASE_URL": postgres.url, "REDIS_URL": redis.url}


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

"""The environment of every test, made before Django reads its settings.

A folder of its own, so that no test touches the checkout's data; and, if asked for, servers
that are private and end with the tests.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from tests.fakes.servers import Server, start_postgres, start_redis

VAR = Path(tempfile.mkdtemp(prefix="masthead-test-"))
ON_SERVERS = bool(os.environ.get("MASTHEAD_TEST_SERVERS"))
STARTED: list[Server] = []

os.environ["MASTHEAD_VAR"] = str(VAR)
# What tests start are Masthead's own programs: they read its own settings.
os.environ["DJANGO_SETTINGS_MODULE"] = "mailer.settings"
for name in ("DATABASE_URL", "REDIS_URL", "MASTHEAD_PUBLIC_URL"):
    os.environ.pop(name, None)

if ON_SERVERS:
    postgres = start_postgres(VAR / "postgres")
    redis = start_redis(VAR / "redis", port=True)
    STARTED += [postgres, redis]
    os.environ |= {"DATABASE_URL": postgres.url, "REDIS_URL": redis.url}

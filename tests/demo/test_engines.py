"""The demo works beside what others keep on a server, and without a word to stderr."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.conftest import ROOT, require
from tests.fakes.servers import start_postgres

CODE = """
from mailer.demo.engines import own_schema
from django.db import connection

with own_schema("masthead_demo_test"), connection.cursor() as cursor:
    cursor.execute("SELECT count(*) FROM pg_namespace WHERE nspname = 'masthead_demo_test'")
    print(cursor.fetchone()[0])
with connection.cursor() as cursor:
    cursor.execute("SELECT count(*) FROM pg_namespace WHERE nspname = 'masthead_demo_test'")
    print(cursor.fetchone()[0])
"""


@pytest.fixture
def postgres():
    # Not in tmp_path, which is root's alone where tests run as root: PostgreSQL's user is another.
    with tempfile.TemporaryDirectory(prefix="masthead-test-") as folder:
        try:
            server = start_postgres(Path(folder) / "postgres")
        except FileNotFoundError:
            require(condition=False, what="PostgreSQL")
        yield server
        server.stop()


def test_a_schema_is_made_and_dropped_without_a_warning(postgres, tmp_path):
    done = subprocess.run(
        [sys.executable, "-W", "always", "-c", CODE],
        cwd=ROOT,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "mailer.settings",
            "MASTHEAD_VAR": str(tmp_path / "var"),
            "DATABASE_URL": postgres.url,
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert "RuntimeWarning" not in done.stderr
    assert done.stdout == "1\n0\n", done.stderr

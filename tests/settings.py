"""Masthead's settings, read in the tests' environment: pytest-django reads them first of all."""

from __future__ import annotations

from tests.environment import ON_SERVERS, VAR  # isort: skip - before the settings are read

from mailer.settings import *  # noqa: F403 - they are Masthead's
from mailer.settings import DATABASES

if not ON_SERVERS:
    # On a file, as installations have one: SQLite in memory has other locks than in WAL.
    DATABASES["default"]["TEST"] = {"NAME": str(VAR / "test.sqlite3")}

# A password is hashed for a second, lest it be guessed; nobody guesses those of tests.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

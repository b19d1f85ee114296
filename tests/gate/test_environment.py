"""The tests run where they say they do."""

from __future__ import annotations

import os

import pytest
from django.conf import settings
from django.db import connection

from tests.environment import ON_SERVERS, VAR


def test_no_test_touches_the_checkouts_own_data():
    assert settings.VAR_DIR == VAR
    assert os.environ["DJANGO_SETTINGS_MODULE"] == "mailer.settings"


@pytest.mark.django_db
def test_the_engines_are_those_that_were_asked_for():
    assert connection.vendor == ("postgresql" if ON_SERVERS else "sqlite")
    assert settings.REDIS_URL.startswith("redis://" if ON_SERVERS else "unix://")
    assert not getattr(connection, "is_in_memory_db", bool)()

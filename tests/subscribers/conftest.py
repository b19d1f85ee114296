"""A list, a person on it, and the ways to tell what happened to them."""

from __future__ import annotations

import pytest

from subscribers.consent import Evidence
from subscribers.models import List, Subscription
from tests.fakes.world import join, make_list


@pytest.fixture(autouse=True)
def own_files(settings, tmp_path_factory):
    """Keep the files of imports apart: rows of different tests have the same numbers."""
    settings.VAR_DIR = tmp_path_factory.mktemp("var")


@pytest.fixture
def group(db: None) -> List:
    return make_list()


@pytest.fixture
def place(group: List) -> Subscription:
    return join("ada@people.example", group, name="Ada Berg", language="en")


@pytest.fixture
def evidence() -> Evidence:
    return Evidence(method="test", ip_address="2001:db8::7", form_version="en-1")

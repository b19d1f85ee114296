"""A reader, and their links."""

from __future__ import annotations

import pytest
from django.test import Client

from subscribers.models import Subscription
from subscribers.tokens import Purpose
from tests.fakes.links import make_path


@pytest.fixture
def client() -> Client:
    """Give a browser that would be refused if a page asked for a CSRF token."""
    return Client(enforce_csrf_checks=True)


@pytest.fixture
def leaving(place: Subscription) -> str:
    return make_path(Purpose.UNSUBSCRIBE, place)


@pytest.fixture
def choosing(place: Subscription) -> str:
    return make_path(Purpose.PREFERENCES, place)

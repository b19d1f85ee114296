"""A second publication beside the first, with a reader of its own."""

from __future__ import annotations

import pytest

from mailer.models import Publication
from subscribers.models import Subscriber
from tests.fakes.world import join, make_list


@pytest.fixture
def stranger(publication) -> Subscriber:
    """Make somebody who is on another publication's list alone."""
    group = make_list("others")
    other = Publication.objects.create(
        name="Other", slug="other", sender_name="O", sender_address="o@other.example"
    )
    other.lists.add(group)
    return join("stranger@people.example", group).subscriber


@pytest.fixture
def reader(readers) -> Subscriber:
    return Subscriber.objects.get(email="reader1@people.example")

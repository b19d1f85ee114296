"""A publication with an issue, and somebody at its desk in each role."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from mailer.dispatch.control.schedule import create_mailing
from mailer.models import Edition, Mailing, Publication, Role
from tests.fakes.desk import make_member
from tests.fakes.world import NOW, join_many, make_edition, make_list, make_publication


@pytest.fixture
def readers(db: None):
    group = make_list()
    join_many(5, group)
    return group


@pytest.fixture
def publication(readers) -> Publication:
    return make_publication(readers)


@pytest.fixture
def edition(publication: Publication) -> Edition:
    return make_edition(publication)


@pytest.fixture
def enter(publication: Publication) -> Callable[[Role], Client]:
    """Log somebody in who has this role."""

    def enter(role: Role) -> Client:
        client = Client()
        client.force_login(make_member(publication, role))
        return client

    return enter


@pytest.fixture
def admin(enter) -> Client:
    return enter(Role.ADMIN)


@pytest.fixture
def author(enter) -> Client:
    return enter(Role.AUTHOR)


@pytest.fixture
def viewer(enter) -> Client:
    return enter(Role.VIEWER)


@pytest.fixture
def mailing(edition: Edition, readers) -> Mailing:
    return create_mailing(edition.issue, lists=[readers], now=NOW)

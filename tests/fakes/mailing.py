"""A planned mailing to twenty people, and a journal on a real Redis."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import redis
from django.utils import timezone
from pytest_django.fixtures import Settings

from mailer.dispatch.batches.journal import Journal
from mailer.dispatch.control.schedule import create_mailing, schedule_mailing, start_due_mailings
from mailer.dispatch.freezing.freeze import freeze_mailing
from mailer.dispatch.planning.plan import plan_slice
from mailer.models import Edition, Mailing
from subscribers.models import List
from tests.fakes.world import NOW, join_many, make_edition, make_list, make_publication


@pytest.fixture
def readers(db: None) -> List:
    group = make_list()
    join_many(20, group)
    return group


@pytest.fixture
def edition(readers: List) -> Edition:
    return make_edition(make_publication(readers))


@pytest.fixture
def start(edition: Edition, readers: List) -> Callable[..., Mailing]:
    """Start a mailing to the readers, as the scheduler does."""

    def start(**choices: object) -> Mailing:
        mailing = create_mailing(edition.issue, lists=[readers], now=NOW, **choices)
        schedule_mailing(mailing, at=NOW)
        start_due_mailings(now=timezone.now())
        mailing.refresh_from_db()
        return mailing

    return start


@pytest.fixture
def plan(redis_url: str, settings: Settings) -> Callable[[Mailing], Mailing]:
    """Freeze and plan a mailing to its end; its journals are on a private Redis."""
    settings.REDIS_URL = redis_url

    def plan(mailing: Mailing) -> Mailing:
        frozen = freeze_mailing(mailing, now=NOW)
        while mailing.state == "planning":
            plan_slice(mailing, frozen, now=NOW)
        return mailing

    return plan


@pytest.fixture
def mailing(start: Callable[..., Mailing], plan: Callable[[Mailing], Mailing]) -> Mailing:
    """Give a mailing that is planned and ready to be sent."""
    return plan(start())


@pytest.fixture
def journal(redis_url: str) -> Iterator[Journal]:
    client = redis.Redis.from_url(redis_url)
    client.flushdb()  # numbers of batches come again from test to test
    opened = Journal(client)
    yield opened
    opened.close()

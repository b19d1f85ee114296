"""An issue that was sent to a public list."""

from __future__ import annotations

import pytest

from mailer.dispatch.control.schedule import create_mailing, schedule_mailing, start_due_mailings
from mailer.dispatch.freezing.freeze import freeze_mailing
from mailer.models import Edition, Mailing
from subscribers.models import List
from tests.fakes.world import NOW, make_edition, make_list, make_publication


@pytest.fixture
def readers(db: None) -> List:
    return make_list()


@pytest.fixture
def edition(readers: List) -> Edition:
    return make_edition(make_publication(readers))


@pytest.fixture
def published(edition: Edition, readers: List) -> Mailing:
    mailing = create_mailing(edition.issue, lists=[readers], now=NOW)
    schedule_mailing(mailing, at=NOW)
    start_due_mailings(now=NOW)
    mailing.refresh_from_db()
    freeze_mailing(mailing, now=NOW)
    return mailing

"""Wake-up calls: any may be lost, repeated or late, and the mailing still ends."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from mailer.celery import app
from mailer.dispatch import tasks
from mailer.dispatch.control.schedule import create_mailing, schedule_mailing
from mailer.models import Delivery, Edition, Mailing, MailingState
from mailer.results.report import summarise
from tests.fakes.transports import ScriptedTransport
from tests.fakes.world import NOW


@pytest.fixture
def transport(monkeypatch, journal, make_lane, watch) -> ScriptedTransport:
    scripted = ScriptedTransport()
    lanes = SimpleNamespace(choose=lambda: make_lane(scripted))
    monkeypatch.setattr(tasks, "process_lanes", lambda: lanes)
    monkeypatch.setattr(tasks, "open_journal", lambda: journal)
    monkeypatch.setattr(tasks, "open_watch", lambda: watch)
    return scripted


@pytest.fixture
def calls(monkeypatch) -> list[str]:
    """Write down wake-up calls instead of sending them."""
    made: list[str] = []
    monkeypatch.setattr(tasks.plan_mailing, "delay", lambda **_: made.append("plan"))
    monkeypatch.setattr(tasks.send_batches, "delay", lambda **_: made.append("send"))
    return made


@pytest.fixture
def scheduled(edition, readers) -> Mailing:
    mailing = create_mailing(edition.issue, lists=[readers], now=NOW)
    schedule_mailing(mailing, at=NOW)
    return mailing


def test_a_mailing_goes_from_its_schedule_to_its_end(scheduled, transport, calls):
    tasks.sweep()
    assert calls == ["plan"]
    tasks.plan_mailing(mailing_id=scheduled.pk)
    assert calls == ["plan", "send"]
    tasks.send_batches()

    scheduled.refresh_from_db()
    assert scheduled.state == MailingState.SENT
    assert summarise(scheduled).accepted == 20


def test_a_sweep_makes_good_for_lost_calls(scheduled, transport, calls):
    tasks.sweep()
    tasks.plan_mailing(mailing_id=scheduled.pk)
    calls.clear()

    tasks.sweep()

    assert calls == ["send"]


def test_a_call_that_comes_twice_sends_nothing_twice(scheduled, transport, calls):
    tasks.sweep()
    for _ in range(2):
        tasks.plan_mailing(mailing_id=scheduled.pk)
    for _ in range(3):
        tasks.send_batches()

    assert len(transport.sent) == 20


def test_an_empty_audience_is_sent_at_once(scheduled, readers, transport, calls):
    readers.subscriptions.all().delete()
    tasks.sweep()

    tasks.plan_mailing(mailing_id=scheduled.pk)

    scheduled.refresh_from_db()
    assert scheduled.state == MailingState.SENT
    assert summarise(scheduled).audience == 0


def test_a_mailing_that_can_not_be_rendered_goes_back_to_draft(scheduled, transport, calls):
    tasks.sweep()
    Edition.objects.update(source="no issue file at all")

    tasks.plan_mailing(mailing_id=scheduled.pk)

    scheduled.refresh_from_db()
    assert scheduled.state == MailingState.DRAFT
    assert "front matter" in scheduled.problem
    assert Delivery.objects.count() == 0


def test_sending_has_workers_of_its_own():
    router = app.amqp.router

    assert router.route({}, tasks.send_batches.name)["queue"].name == "send"
    assert router.route({}, tasks.sweep.name)["queue"].name == "default"


def test_a_pickled_call_is_refused():
    assert app.conf.accept_content == ["json"]

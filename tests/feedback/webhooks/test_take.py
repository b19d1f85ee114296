"""Events of every provider change what a bounce by mail would, once, in any order."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from mailer.feedback.tasks import handle_provider_events
from mailer.feedback.webhooks.handle import (
    NOT_FOUND,
    NOT_OURS,
    _handle,
    forget_old_events,
    handle_waiting_events,
)
from mailer.feedback.webhooks.keep import TOO_OLD
from mailer.models import Delivery, Feedback, Mailing, ProviderEvent
from subscribers.models import Subscription, Suppression
from tests.fakes.webhooks import (
    DEAD,
    by_login,
    by_mailgun,
    by_sendgrid,
    mailgun_event,
    postmark_event,
    sendgrid_event,
    sparkpost_event,
)


@pytest.fixture(autouse=True)
def _in_march():
    """Let the events of the examples be of today."""
    with time_machine.travel(dt.datetime(2026, 3, 1, 9, 0, tzinfo=dt.UTC), tick=False):
        yield


@pytest.mark.parametrize("provider", DEAD)
def test_a_dead_address_is_suppressed_whoever_tells_of_it(provider, delivery, tell):
    tell(provider, DEAD[provider](delivery, timezone.now()))

    suppression = Suppression.objects.get()
    assert suppression.email_normalised == delivery.email
    assert (suppression.reason, suppression.origin) == ("hard_bounce", f"delivery:{delivery.pk}")
    delivery.refresh_from_db()
    assert delivery.bounced_at is not None
    row = Feedback.objects.get()
    assert (row.kind, row.reason, row.permanent) == ("bounce", "unknown_address", True)
    assert row.provider_event is not None
    assert row.inbound_message is None


@pytest.mark.parametrize("provider", DEAD)
def test_an_event_that_is_told_again_counts_once(provider, delivery, tell):
    for _ in range(3):
        tell(provider, DEAD[provider](delivery, timezone.now()))

    assert ProviderEvent.objects.count() == 1
    assert Feedback.objects.count() == 1


def test_events_may_come_in_any_order_and_end_the_same(delivery, tell):
    delayed = mailgun_event(
        delivery,
        severity="temporary",
        reason="generic",
        **{"delivery-status": {"code": 452, "message": "452 4.2.2 mailbox full"}},
    )

    tell("mailgun", by_mailgun(mailgun_event(delivery), now=timezone.now(), token="later"))
    tell("mailgun", by_mailgun(delayed, now=timezone.now(), token="earlier"))

    assert Suppression.objects.get().reason == "hard_bounce"
    kinds = Feedback.objects.order_by("id").values_list("kind", flat=True)
    assert list(kinds) == ["bounce", "delay"]


def test_a_complaint_takes_the_reader_off_the_list(delivery, tell):
    event = sendgrid_event(delivery, event="spamreport", sg_event_id="other")
    for name in ("type", "bounce_classification", "status", "reason", "smtp-id"):
        del event[name]

    tell("sendgrid", by_sendgrid([event], now=timezone.now()))

    assert Suppression.objects.get().reason == "complaint"
    place = Subscription.objects.get(subscriber=delivery.subscriber_id)
    assert place.state == "unsubscribed"
    delivery.refresh_from_db()
    assert delivery.complained_at is not None


def test_who_leaves_through_the_provider_leaves_the_list(delivery, tell):
    event = postmark_event(
        delivery,
        RecordType="SubscriptionChange",
        Type=None,
        SuppressSending=True,
        SuppressionReason="ManualSuppression",
        ChangedAt="2026-03-01T08:00:00Z",
    )

    tell("postmark", by_login(event))

    place = Subscription.objects.get(subscriber=delivery.subscriber_id)
    assert place.state == "unsubscribed"
    assert not Suppression.objects.exists()


def test_a_block_that_a_provider_tells_of_pauses_the_domain_and_spares_the_reader(
    delivery, tell, monkeypatch
):
    monkeypatch.setattr("mailer.results.refusals.FEWEST", 1)
    Mailing.objects.update(state="sending")

    tell("sparkpost", by_login([sparkpost_event(delivery, bounce_class="50", raw_reason="")]))

    assert not Suppression.objects.exists()
    mailing = Mailing.objects.get()
    assert (mailing.state, "harbour.example are paused" in mailing.problem) == ("paused", True)


def test_what_says_nothing_that_we_want_is_not_kept(delivery, tell):
    events = [
        sendgrid_event(delivery, event=name, sg_event_id=name)
        for name in ("processed", "delivered", "open", "click")
    ]

    tell("sendgrid", by_sendgrid(events, now=timezone.now()))

    assert not ProviderEvent.objects.exists()


def test_an_event_that_names_no_delivery_of_ours_changes_nothing(delivery, tell):
    event = postmark_event(delivery, Metadata={"order": "17"})

    tell("postmark", by_login(event))

    assert not Suppression.objects.exists()
    assert not Feedback.objects.exists()
    assert ProviderEvent.objects.get().problem == NOT_OURS


def test_an_event_before_its_delivery_waits_for_it(delivery, tell):
    event = by_login(postmark_event(delivery))
    number, address = delivery.pk, delivery.email
    Delivery.objects.filter(pk=number).update(id=number + 1_000)

    tell("postmark", event)

    row = ProviderEvent.objects.get()
    assert (row.handled_at, row.problem) == (None, NOT_FOUND)
    Delivery.objects.filter(pk=number + 1_000).update(id=number)
    assert handle_waiting_events(now=timezone.now()) == 0  # not yet
    assert handle_waiting_events(now=timezone.now() + dt.timedelta(minutes=2)) == 1
    assert Suppression.objects.get().email_normalised == address


def test_an_event_whose_delivery_never_comes_is_left_with_a_record(delivery, tell):
    event = by_login(postmark_event(delivery))
    Delivery.objects.all().delete()

    tell("postmark", event)
    tries = 0
    while ProviderEvent.objects.filter(handled_at=None):
        tries += 1
        handle_waiting_events(now=ProviderEvent.objects.get().try_at)

    assert tries < 15
    assert ProviderEvent.objects.get().problem == NOT_FOUND


def test_an_event_of_long_ago_is_recorded_and_changes_nothing(delivery, tell):
    tell("postmark", by_login(postmark_event(delivery, BouncedAt="2025-10-01T08:00:00Z")))

    row = ProviderEvent.objects.get()
    assert (row.problem, row.handled_at is not None) == (TOO_OLD, True)
    assert not Suppression.objects.exists()


def test_a_verified_post_that_can_t_be_read_is_noted_for_a_person(delivery, post):
    assert post("postmark", by_login(["no", "event"])) == 200
    assert post("postmark", by_login(["no", "event"])) == 200

    row = ProviderEvent.objects.get()
    assert row.handled_at is not None
    assert row.problem


def test_an_event_that_our_code_fails_on_is_put_off_and_holds_nothing_up(
    delivery, tell, monkeypatch
):
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("a mistake of ours")

    monkeypatch.setattr("mailer.feedback.webhooks.handle.apply_events", fail)

    tell("postmark", by_login(postmark_event(delivery)))

    row = ProviderEvent.objects.get()
    assert (row.handled_at, row.problem) == (None, "a mistake of ours")
    assert row.try_at > timezone.now()


def test_the_database_s_own_errors_end_the_round(delivery, post, monkeypatch):
    def fail(*_: object, **__: object) -> None:
        raise OperationalError("the database is away")

    monkeypatch.setattr("mailer.feedback.webhooks.handle.apply_events", fail)
    post("postmark", by_login(postmark_event(delivery)))

    with pytest.raises(OperationalError):
        handle_waiting_events(now=timezone.now())

    assert ProviderEvent.objects.get().handled_at is None


def test_of_two_workers_one_applies_an_event(delivery, tell):
    tell("postmark", by_login(postmark_event(delivery)))

    assert _handle(ProviderEvent.objects.get().pk, now=timezone.now()) is False
    assert Feedback.objects.count() == 1


def test_the_wake_up_call_applies_what_waits_and_forgets_what_is_old(delivery, post):
    post("postmark", by_login(postmark_event(delivery)))
    ProviderEvent.objects.create(
        provider="brevo", key="old", received_at=timezone.now() - dt.timedelta(days=91)
    )

    handle_provider_events()

    assert Suppression.objects.exists()
    assert ProviderEvent.objects.get().provider == "postmark"
    assert forget_old_events(now=timezone.now()) == 0


def test_a_provider_may_look_whether_the_address_is_right(db):
    assert Client().head("/webhooks/postmark").status_code == 200
    assert Client().get("/webhooks/postmark").status_code == 405


def test_a_provider_whose_secret_is_not_set_has_no_webhook(settings, delivery, post):
    settings.WEBHOOKS = {}

    assert post("postmark", by_login(postmark_event(delivery))) == 404
    assert not ProviderEvent.objects.exists()

from __future__ import annotations

import datetime as dt

import pytest

from mailer.models import Delivery, DeliveryState, Feedback, Mailing, MailingState
from mailer.results.refusals import FEWEST, Refusal, report_refusal
from mailer.types import FeedbackKind, Reason
from subscribers.models import List
from tests.fakes.world import NOW, join_many, make_edition, make_list, make_publication


@pytest.fixture
def deliveries(db: None) -> list[Delivery]:
    """Give what was accepted of a mailing that is still being sent."""
    group = make_list()
    places = join_many(FEWEST, group)
    mailing = Mailing.objects.create(
        issue=make_edition(make_publication(group)).issue,
        created_at=NOW,
        state=MailingState.SENDING,
    )
    return [
        Delivery.objects.create(
            mailing=mailing,
            subscriber=place.subscriber,
            list=group,
            email=place.subscriber.email,
            state=DeliveryState.ACCEPTED,
        )
        for place in places
    ]


def refuse(delivery: Delivery, reason: Reason = Reason.SPAM, at: dt.datetime = NOW) -> list[int]:
    Feedback.objects.create(delivery=delivery, kind=FeedbackKind.BOUNCE, reason=reason, at=at)
    return report_refusal(Refusal(delivery=delivery, reason=reason, words="554 spam"), now=NOW)


def test_many_refusals_about_us_pause_every_mailing_of_the_domain(deliveries):
    first = deliveries[0].mailing
    other = Mailing.objects.create(issue=first.issue, created_at=NOW, state=MailingState.SENDING)

    paused = [refuse(delivery) for delivery in deliveries]

    assert paused[:-1] == [[]] * (FEWEST - 1)
    assert sorted(paused[-1]) == [first.pk, other.pk]
    first.refresh_from_db()
    assert first.state == MailingState.PAUSED
    assert "harbour.example are paused, as 20 of 20 messages came back" in first.problem
    assert "554 spam" in first.problem


def test_the_domain_is_that_of_the_list_where_it_has_its_own_sender(deliveries):
    first = deliveries[0].mailing
    first.lists.add(deliveries[0].list)
    List.objects.update(sender_address="ada@list.example")
    other = Mailing.objects.create(issue=first.issue, created_at=NOW, state=MailingState.SENDING)

    paused = [refuse(delivery) for delivery in deliveries]

    assert paused[-1] == [first.pk]
    first.refresh_from_db()
    assert "list.example are paused" in first.problem
    other.refresh_from_db()
    assert other.state == MailingState.SENDING


def test_a_mailing_that_is_still_being_planned_pauses_too(deliveries):
    mailing = deliveries[0].mailing
    Mailing.objects.update(state=MailingState.PLANNING)

    assert [refuse(delivery) for delivery in deliveries][-1] == [mailing.pk]

    mailing.refresh_from_db()
    assert (mailing.state, mailing.stopped_from) == ("paused", "planning")


@pytest.mark.parametrize("reason", [Reason.MAILBOX_FULL, Reason.CONTENT, Reason.RATE])
def test_what_is_not_about_the_domain_pauses_nothing(deliveries, reason):
    assert not any(refuse(delivery, reason) for delivery in deliveries)


def test_the_same_delivery_counts_once(deliveries):
    assert not any(refuse(deliveries[0]) for _ in range(FEWEST))


def test_refusals_of_another_day_are_past(deliveries):
    for delivery in deliveries[:-1]:
        refuse(delivery, at=NOW - dt.timedelta(days=2))

    assert refuse(deliveries[-1]) == []


def test_refusals_from_before_it_was_resumed_are_past(deliveries):
    Mailing.objects.update(resumed_at=NOW - dt.timedelta(hours=1))
    *earlier, last = Delivery.objects.order_by("id")
    for delivery in earlier:
        refuse(delivery, at=NOW - dt.timedelta(hours=2))

    assert refuse(last) == []


def test_a_small_share_pauses_nothing(deliveries):
    mailing, group = deliveries[0].mailing, deliveries[0].list
    Delivery.objects.bulk_create(
        Delivery(mailing=mailing, list=group, email=f"x{n}@x.example", state=DeliveryState.ACCEPTED)
        for n in range(19 * FEWEST)
    )

    assert not any(refuse(delivery) for delivery in deliveries)


def test_a_mailing_that_somebody_stopped_meanwhile_stays_as_it_is(deliveries, monkeypatch):
    sending = Mailing.objects.get()
    monkeypatch.setattr("mailer.results.refusals._find_sending", lambda _: [sending])
    Mailing.objects.update(state=MailingState.CANCELLED)

    assert not any(refuse(delivery) for delivery in deliveries)
    assert Mailing.objects.get().state == MailingState.CANCELLED

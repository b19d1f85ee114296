"""After a mailing: the failed tried again, a correction to those who got it; and the calendar."""

from __future__ import annotations

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from mailer.dispatch.control.schedule import create_mailing, schedule_mailing, start_due_mailings
from mailer.dispatch.freezing.freeze import freeze_mailing
from mailer.dispatch.planning.following import count_followed, follow
from mailer.dispatch.planning.foresee import foresee
from mailer.dispatch.planning.plan import plan_slice
from mailer.dispatch.planning.waves import count_waves
from mailer.dispatch.planning.whom import read_whom
from mailer.errors import NotReady
from mailer.models import AuditEntry, Delivery, Following, Mailing, MailingState
from mailer.results.report import summarise
from subscribers import consent
from subscribers.consent import Evidence
from subscribers.models import Subscriber
from tests.fakes.world import NOW


def run(mailing: Mailing, **outcomes: str) -> Mailing:
    """Plan a mailing to its end, and give its deliveries these states, by the reader's name."""
    schedule_mailing(mailing, at=NOW)
    start_due_mailings(now=timezone.now())
    mailing.refresh_from_db()
    frozen = freeze_mailing(mailing, now=NOW)
    while mailing.state == MailingState.PLANNING:
        plan_slice(mailing, frozen, now=NOW)
    for name, state in outcomes.items():
        own = Delivery.objects.filter(mailing=mailing, email=f"{name}@people.example")
        assert own.update(state=state) == 1
    Mailing.objects.filter(pk=mailing.pk).update(state=MailingState.SENT, finished_at=NOW)
    mailing.refresh_from_db()
    return mailing


@pytest.fixture
def sent(mailing) -> Mailing:
    """Give a mailing that three got, one did not, and one was never seen to get."""
    return run(
        mailing,
        reader1="accepted",
        reader2="accepted",
        reader3="accepted",
        reader4="failed",
        reader5="uncertain",
    )


def names(mailing: Mailing, **chosen: object) -> list[str]:
    rows = Delivery.objects.filter(mailing=mailing, **chosen).order_by("email")
    return [each.email.partition("@")[0] for each in rows]


def leave(name: str, readers) -> None:
    person = Subscriber.objects.get(email=f"{name}@people.example")
    consent.unsubscribe(
        subscriber_id=person.pk, list_id=readers.pk, evidence=Evidence(method="test"), now=NOW
    )


def test_the_failed_alone_are_tried_again(sent):
    again = run(follow(sent, Following.FAILED, now=NOW))

    assert names(again) == ["reader4"]
    assert summarise(again).adds_up
    # The report of the first stays what it was.
    assert summarise(sent).failed == 1


def test_who_was_reached_meanwhile_is_not_tried_a_third_time(sent):
    run(follow(sent, Following.FAILED, now=NOW), reader4="accepted")

    with pytest.raises(NotReady, match="nobody left"):
        follow(sent, Following.FAILED, now=NOW)


def test_a_correction_goes_to_those_who_got_it_minus_who_left(sent, readers):
    leave("reader2", readers)

    draft = follow(sent, Following.ACCEPTED, now=NOW)
    seen = foresee(read_whom(draft), now=NOW)
    correction = run(draft)

    assert names(correction, state="pending") == ["reader1", "reader3"]
    assert names(correction, skip_reason="unsubscribed") == ["reader2"]
    assert (seen.readers, dict(seen.left_out)) == (2, {"unsubscribed": 1})
    assert summarise(correction).adds_up


def test_readers_are_counted_among_the_followed_alone(sent, monkeypatch):
    draft = follow(sent, Following.ACCEPTED, now=NOW)
    draft.scheduled_at = NOW

    assert sum(wave.readers for wave in count_waves(draft, now=NOW)) == 3
    assert count_followed(draft) == 3
    assert count_followed(sent) == 0


@pytest.mark.parametrize("state", [MailingState.DRAFT, MailingState.SENDING, MailingState.PAUSED])
def test_what_is_not_over_is_not_followed(mailing, state):
    Mailing.objects.update(state=state)
    mailing.refresh_from_db()

    with pytest.raises(NotReady, match="not over"):
        follow(mailing, Following.FAILED, now=NOW)


@pytest.mark.parametrize(
    ("name", "words", "act"),
    [
        ("retry", "did not reach", "drafted another attempt"),
        ("correct", "have not left since", "drafted a correction"),
    ],
)
def test_the_report_leads_to_the_page_that_says_what_will_happen(admin, sent, name, words, act):
    report = admin.get(reverse("desk:report", args=["harbour", sent.pk])).content.decode()
    path = reverse(f"desk:{name}", args=["harbour", sent.pk])
    assert f'action="{path}"' in report

    page = admin.post(path, follow=True).content.decode()

    assert words in page
    assert Mailing.objects.get(follows=sent).state == MailingState.DRAFT
    assert AuditEntry.objects.filter(act=act).count() == 1


def test_what_nobody_needs_is_not_drafted(admin, sent):
    Delivery.objects.filter(state="failed").update(state="accepted")

    page = admin.post(reverse("desk:retry", args=["harbour", sent.pk]), follow=True)

    assert "nobody left" in page.content.decode()
    assert Mailing.objects.count() == 1


def test_the_calendar_shows_a_mailing_on_its_own_zone_s_day(viewer, mailing):
    # Late in the evening of the last of March in UTC is April in Auckland.
    at = dt.datetime(2099, 4, 1, 8, 0)  # a clock's time in the zone
    schedule_mailing(mailing, at=at, time_zone="Pacific/Auckland")
    page = reverse("desk:calendar", args=["harbour"])

    april = viewer.get(page, {"month": "2099-04"})
    march = viewer.get(page, {"month": "2099-03"})

    [day] = april.context["busy"]
    assert day.date == dt.date(2099, 4, 1)
    assert "1 mailing is to come, 0 went out" in april.content.decode()
    assert "08:00 Pacific/Auckland" in april.content.decode()
    assert "No mailing falls in this month" in march.content.decode()


@pytest.mark.parametrize("month", ["", "nonsense", "2026-13", "0001-01", "9999-12", "2026-01-01"])
def test_a_month_that_is_none_is_this_one(viewer, edition, month):
    page = viewer.get(reverse("desk:calendar", args=["harbour"]), {"month": month})

    assert page.context["first"] == timezone.now().date().replace(day=1)


def test_the_calendar_takes_few_queries(viewer, edition, readers, django_assert_max_num_queries):
    for day in range(1, 12):
        mailing = create_mailing(edition.issue, lists=[readers], now=NOW)
        schedule_mailing(mailing, at=dt.datetime(2099, 4, day, 8, 0))

    viewer.get(reverse("desk:calendar", args=["harbour"]))
    with django_assert_max_num_queries(12):
        viewer.get(reverse("desk:calendar", args=["harbour"]), {"month": "2099-04"})

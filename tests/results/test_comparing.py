"""Issues beside one another: in shares, one mailing an issue, in the order of their sending."""

from __future__ import annotations

import datetime as dt

import pytest

from mailer.dispatch.control.schedule import create_mailing
from mailer.models import (
    Delivery,
    Following,
    FrozenEdition,
    Issue,
    Mailing,
    MailingState,
    Publication,
)
from mailer.results.comparing import MOST, compare
from tests.fakes.world import NOW, join_many, make_edition, make_list, make_publication

pytestmark = pytest.mark.django_db


@pytest.fixture
def group():
    group = make_list()
    join_many(10, group)
    return group


@pytest.fixture
def publication(group):
    return make_publication(group)


@pytest.fixture
def send(publication, group):
    """Send an issue on a day, as the ledger would have it."""

    def send(number: int, day: int, *, signals: str = "people", **states: int) -> Mailing:
        edition = make_edition(publication, number=number)
        mailing = create_mailing(edition.issue, lists=[group], now=NOW)
        frozen = FrozenEdition.objects.create(
            mailing=mailing, edition=edition, language="en", compiled=b"", signals=signals
        )
        people = iter(group.subscriptions.select_related("subscriber"))
        for state, count in states.items():
            for place in (next(people) for _ in range(count)):
                Delivery.objects.create(
                    mailing=mailing,
                    frozen_edition=frozen,
                    subscriber_id=place.subscriber_id,
                    list_id=place.list_id,
                    email=place.subscriber.email,
                    email_normalised=place.subscriber.email_normalised,
                    state=state,
                )
        at = NOW + dt.timedelta(days=day)
        Mailing.objects.filter(pk=mailing.pk).update(state=MailingState.SENT, started_at=at)
        mailing.refresh_from_db()
        return mailing

    return send


def touch(mailing: Mailing, column: str, count: int) -> None:
    rows = Delivery.objects.filter(mailing=mailing, state="accepted").order_by("pk")[:count]
    Delivery.objects.filter(pk__in=[row.pk for row in rows]).update(**{column: NOW})


def test_shares_are_of_those_whom_they_are_about(send):
    mailing = send(7, 0, accepted=8, failed=1, uncertain=1)
    touch(mailing, "bounced_at", 1)
    touch(mailing, "unsubscribed_at", 2)
    touch(mailing, "opened_at", 4)
    touch(mailing, "clicked_at", 1)

    [course] = compare(mailing)

    assert (course.reached, course.left) == (70.0, 25.0)
    assert (course.opened_share, course.clicked_share) == (50.0, 12.5)


def test_where_no_person_is_counted_there_are_no_shares_of_reading(send):
    [course] = compare(send(7, 0, signals="totals", accepted=2))

    assert (course.opened_share, course.clicked_share) == (None, None)


def test_nobody_reached_is_no_division(send):
    [course] = compare(send(7, 0, pending=2))

    assert (course.reached, course.left, course.opened_share) == (None, None, None)


def test_the_last_issues_come_in_their_order_and_later_ones_do_not(send):
    made = [send(number, number, accepted=1) for number in range(1, MOST + 4)]

    found = compare(made[-2])

    assert [each.number for each in found] == list(range(3, MOST + 3))
    assert found[-1].mailing == made[-2].pk


def test_of_an_issue_its_first_mailing_counts_and_what_followed_does_not(send):
    first, again = send(1, 1, accepted=1), send(1, 2, accepted=3)
    correction = send(2, 3, accepted=1)
    Mailing.objects.filter(pk=correction.pk).update(following=Following.ACCEPTED)
    unsent = send(3, 4, accepted=1)
    Mailing.objects.filter(pk=unsent.pk).update(state=MailingState.CANCELLED)

    found = compare(send(4, 5, accepted=1))

    assert [each.mailing for each in found][:-1] == [first.pk]
    assert again.pk not in {each.mailing for each in found}


def test_a_correction_is_compared_by_what_it_followed(send):
    send(1, 1, accepted=1)
    first = send(2, 2, accepted=2)
    correction = send(2, 3, accepted=1)
    correction.follows, correction.following = first, Following.ACCEPTED
    correction.save()

    found = compare(correction)

    assert [each.number for each in found] == [1, 2]
    assert found[-1].mailing == first.pk


def test_an_issue_stands_where_its_first_mailing_does(send):
    for number, day in ((1, 1), (2, 2), (1, 3)):
        send(number, day, accepted=1)

    assert [each.number for each in compare(send(3, 4, accepted=1))] == [1, 2, 3]


def test_another_publication_s_issues_are_not_compared(send):
    theirs = send(1, 1, accepted=1)
    last = send(2, 2, accepted=1)
    other = Publication.objects.create(
        name="Other", slug="other", sender_name="O", sender_address="o@other.example"
    )
    Issue.objects.filter(pk=theirs.issue_id).update(publication=other)

    assert [each.number for each in compare(last)] == [2]

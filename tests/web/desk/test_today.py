"""Today: what is next, what is going, what went, what is wrong; and a beginning without any."""

from __future__ import annotations

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from mailer.dispatch.control.schedule import pause_mailing, schedule_mailing, start_due_mailings
from mailer.models import Mailing, MailingState, Membership, Role, Transport
from mailer.results.report import Report
from mailer.web.desk.entry import Desk
from mailer.web.desk.troubles import find_troubles
from subscribers.imports import Import
from tests.fakes.desk import make_user

PAGE = reverse("desk:today", args=["harbour"])


def read(client) -> str:
    return client.get(PAGE).content.decode()


def test_an_empty_desk_teaches_the_first_step_to_those_who_may_take_it(author, publication):
    assert "Upload the first issue" in read(author)


def test_a_viewer_is_not_offered_what_they_may_not_do(viewer, publication):
    assert "Upload the first issue" not in read(viewer)


def test_what_is_scheduled_is_told_with_its_readers_and_zone(viewer, mailing):
    at = dt.datetime(2099, 3, 3, 8, 0)  # a clock's time in the zone
    schedule_mailing(mailing, at=at, time_zone="Europe/Oslo")

    page = read(viewer)

    assert "Tuesday 3 March 2099, 08:00 (Europe/Oslo)" in page
    assert "about 5 readers" in page


def test_what_is_being_sent_is_told_and_why_it_stands_still(viewer, mailing):
    schedule_mailing(mailing, at=timezone.now())
    start_due_mailings(now=timezone.now())
    mailing.refresh_from_db()
    pause_mailing(mailing)
    Mailing.objects.update(problem="Too many were refused.")

    page = read(viewer)

    assert "Being sent now" in page
    assert "Too many were refused." in page


def test_the_last_one_is_summed_up(viewer, mailing):
    Mailing.objects.update(state=MailingState.SENT, finished_at=timezone.now())

    assert "What went out last" in read(viewer)


def test_troubles_of_the_house_are_told(viewer, publication):
    publication.lists.clear()
    Transport.objects.create(
        name="own", url="smtp://m.example", failing_since=timezone.now(), problem="It is down."
    )

    page = read(viewer)

    assert "This publication has no list" in page
    assert "It is down." in page


def keep_import(publication, **fields: object) -> Import:
    group = publication.lists.get()
    now = timezone.now()
    return Import.objects.create(
        **{"list": group, "file_name": "people.csv", "created_at": now} | fields
    )


def test_an_import_that_failed_or_stands_still_is_told_to_who_may_mend_it(
    admin, viewer, publication
):
    long_ago = timezone.now() - dt.timedelta(minutes=11)
    failed = keep_import(publication, state="failed", problem="The file is gone.")
    keep_import(publication, state="running", lease_expires_at=long_ago, file_name="stuck.csv")
    keep_import(publication, state="running", lease_expires_at=timezone.now(), file_name="new.csv")
    keep_import(publication, state="done", file_name="done.csv")

    page = read(admin)

    assert "The import of people.csv failed" in page
    assert reverse("desk:import", args=["harbour", failed.pk]) in page
    assert "The import of stuck.csv stands still" in page
    assert "new.csv" not in page
    assert "done.csv" not in page
    assert "people.csv" not in read(viewer)


@pytest.mark.parametrize(("bounced", "told"), [(1, False), (3, True)])
def test_a_mailing_of_which_much_came_back_is_told(viewer, publication, bounced, told):
    member = Membership.objects.get(publication=publication, role=Role.VIEWER)
    desk = Desk(user=member.user, publication=publication, role=Role.VIEWER)
    report = Report(audience=40, accepted=40, bounced=bounced)

    found = [each.what for each in find_troubles(desk, report, now=timezone.now())]

    assert ("7 % of the last mailing came back" in found) is told


@pytest.mark.usefixtures("mailing")
def test_the_day_takes_few_queries(viewer, django_assert_max_num_queries):
    with django_assert_max_num_queries(20):
        read(viewer)


def test_who_has_one_publication_comes_straight_to_it(viewer, publication):
    assert viewer.get("/desk/")["Location"] == PAGE


def test_who_has_none_is_told_whom_to_ask(client, db):
    client.force_login(make_user("nobody"))

    assert b"Ask an admin" in client.get("/desk/").content

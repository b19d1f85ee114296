"""Editors steer mailings in the admin; what can't be taken back is asked once more."""

from __future__ import annotations

import datetime as dt

import pytest
from django.contrib.auth.models import Permission, User
from django.urls import reverse
from django.utils import timezone

from mailer.dispatch.control.schedule import create_mailing
from mailer.models import Mailing, MailingState
from mailer.web import steering
from tests.fakes.world import NOW, join

PAGE = reverse("admin:mailer_mailing_changelist")


@pytest.fixture(autouse=True)
def wakes(monkeypatch) -> list[int]:
    made: list[int] = []
    monkeypatch.setattr(steering, "wake_scheduler", lambda: made.append(1))
    return made


@pytest.fixture
def draft(edition, readers) -> Mailing:
    join("ada@people.example", readers)
    return create_mailing(edition.issue, lists=[readers], now=NOW)


def log_in(client, *permissions: str) -> None:
    user = User.objects.create_user("editor", password="a long pass phrase", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client.force_login(user)


@pytest.fixture
def editor(client, db):
    log_in(client, "view_mailing", "change_mailing")
    return client


def act(client, mailing: Mailing, action: str, **fields: str):
    return client.post(PAGE, {"action": action, "_selected_action": mailing.pk, **fields})


@pytest.mark.parametrize("action", ["send_now", "cancel", "reschedule"])
def test_what_can_not_be_taken_back_is_shown_first(editor, draft, action):
    page = act(editor, draft, action)

    assert "1 readers on its lists" in page.content.decode()
    draft.refresh_from_db()
    assert draft.state == MailingState.DRAFT


def test_a_mailing_is_sent_now(editor, draft, wakes, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        act(editor, draft, "send_now", confirmed="yes")

    draft.refresh_from_db()
    assert draft.state == MailingState.SCHEDULED
    assert draft.starts_at <= timezone.now()
    assert wakes == [1]


def test_a_mailing_is_paused_resumed_and_cancelled(editor, published):
    for action, state in (
        ("pause", MailingState.PAUSED),
        ("resume", MailingState.PLANNING),
        ("cancel", MailingState.CANCELLED),
    ):
        act(editor, published, action, confirmed="yes")
        published.refresh_from_db()
        assert published.state == state


def test_a_mailing_is_given_another_time(editor, draft):
    act(
        editor,
        draft,
        "reschedule",
        confirmed="yes",
        at="2099-03-01 08:00",
        time_zone="Asia/Tokyo",
        timing="local",
        past_zones="own",
    )

    draft.refresh_from_db()
    assert draft.state == MailingState.SCHEDULED
    assert draft.scheduled_at == dt.datetime(2099, 2, 28, 23, 0, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("at", "zone", "words"),
    [
        ("2099-03-01 08:00", "Mars/Olympus", "This is no time zone"),
        ("2020-03-01 08:00", "UTC", "This time is past"),
        ("2027-03-28 02:30", "Europe/Oslo", "does not exist in Europe/Oslo"),
        ("tomorrow", "UTC", "Enter a valid date/time"),
    ],
)
def test_a_bad_time_is_refused_with_the_reason(editor, draft, at, zone, words):
    fields = {"at": at, "time_zone": zone, "timing": "fixed", "past_zones": "own"}

    page = act(editor, draft, "reschedule", confirmed="yes", **fields)

    assert words in page.content.decode()
    draft.refresh_from_db()
    assert draft.state == MailingState.DRAFT


def test_what_is_not_possible_is_said(editor, draft):
    page = editor.post(PAGE, {"action": "resume", "_selected_action": draft.pk}, follow=True)

    assert "is draft: it can&#x27;t go on from there" in page.content.decode()


def test_who_may_only_look_can_not_steer(client, draft):
    log_in(client, "view_mailing")

    act(client, draft, "cancel", confirmed="yes")

    draft.refresh_from_db()
    assert draft.state == MailingState.DRAFT
    assert b"Cancel" not in client.get(PAGE).content


def test_a_link_changes_nothing(editor, draft):
    editor.get(PAGE, {"action": "cancel", "_selected_action": draft.pk, "confirmed": "yes"})

    draft.refresh_from_db()
    assert draft.state == MailingState.DRAFT

"""A mailing from the desk: planned, told in a sentence, sent once, watched, steered, reported."""

from __future__ import annotations

import csv
import html

import pytest
from django.urls import reverse
from django.utils import timezone

from mailer.dispatch.control.schedule import create_mailing, schedule_mailing, start_due_mailings
from mailer.dispatch.freezing.freeze import freeze_mailing
from mailer.dispatch.planning.plan import plan_slice
from mailer.models import (
    AuditEntry,
    Delivery,
    DeliveryState,
    Edition,
    Mailing,
    MailingState,
    Role,
)
from mailer.web.desk import mailings, planning
from subscribers.models import Segment, SuppressionReason
from subscribers.suppression import suppress
from tests.fakes.world import NOW, join, make_edition, make_list

PLAN = reverse("desk:plan", args=["harbour", 7])
TIME = {"when": "later", "at": "2099-03-03T08:00", "time_zone": "Europe/Oslo", "timing": "fixed"}


@pytest.fixture(autouse=True)
def wakes(monkeypatch) -> list[int]:
    made: list[int] = []
    for module in (mailings, planning):
        monkeypatch.setattr(module, "wake_scheduler", lambda: made.append(1))
    return made


def find(name: str, mailing: Mailing) -> str:
    return reverse(f"desk:{name}", args=["harbour", mailing.pk])


def plan(client, readers, **fields: object):
    return client.post(PLAN, TIME | {"lists": [readers.pk]} | fields)


def confirm(client, mailing: Mailing):
    seen = client.get(find("check", mailing)).context["seen"]
    return client.post(find("confirm", mailing), {"seen": seen})


@pytest.fixture
def planned(edition, readers) -> Mailing:
    """Give a mailing that is being sent: four waiting, one accepted."""
    mailing = create_mailing(edition.issue, lists=[readers], now=NOW)
    schedule_mailing(mailing, at=NOW)
    start_due_mailings(now=timezone.now())
    mailing.refresh_from_db()
    frozen = freeze_mailing(mailing, now=NOW)
    while mailing.state == MailingState.PLANNING:
        plan_slice(mailing, frozen, now=NOW)
    return mailing


def fail_one(mailing: Mailing, words: str = "No such user here") -> None:
    first = Delivery.objects.filter(mailing=mailing).first()
    Delivery.objects.filter(pk=first.pk).update(
        state=DeliveryState.FAILED,
        reply_code=550,
        reply_status="5.1.1",
        reply_stage="rcpt",
        reply_text=words,
    )


def test_the_page_before_the_button_says_what_will_happen_and_to_whom(admin, edition, readers):
    suppress("reader1@people.example", reason=SuppressionReason.MANUAL, origin="test", now=NOW)
    segment = Segment.objects.create(
        name="Not the second",
        rule={"not": {"field": "email", "operator": "equals", "value": "reader2@people.example"}},
    )

    page = admin.get(plan(admin, readers, segment=segment.pk)["Location"]).content.decode()

    assert "<strong>3 people</strong>" in page
    assert "Tuesday 3 March 2099, 08:00 (Europe/Oslo)" in page
    assert "Suppressed</th>" in page
    assert "Outside the segment</th>" in page
    assert "Schedule it for 3 people" in page
    assert Mailing.objects.get().state == MailingState.DRAFT


def test_a_plan_says_who_gets_nothing_and_the_story_of_a_reader_does_too(admin, edition, readers):
    board = make_list("board")
    edition.issue.publication.lists.add(board)
    join("reader1@people.example", board)
    rule = {"field": "email", "operator": "equals", "value": "reader2@people.example"}
    late = Segment.objects.create(name="Late <payers>", rule=rule)

    answer = plan(admin, readers, without_lists=[board.pk], without_segment=late.pk)
    page = admin.get(answer["Location"]).content.decode()

    assert "<strong>3 people</strong>" in page
    assert "but to nobody who is also in <bdi>Board</bdi> or <bdi>Late &lt;payers&gt;</bdi>" in page
    assert "Excluded by the plan</th>" in page
    mailing = Mailing.objects.get()
    assert AuditEntry.objects.get().after["not to the lists"] == "Board"
    changed = admin.get(find("change_plan", mailing)).content.decode()
    assert f'value="{board.pk}" id="id_without_lists_0" checked' in changed
    Mailing.objects.update(scheduled_at=None)
    confirm(admin, mailing)
    start_due_mailings(now=timezone.now())
    mailing.refresh_from_db()
    plan_slice(mailing, freeze_mailing(mailing, now=NOW), now=NOW)
    reader = Delivery.objects.get(email="reader1@people.example").subscriber_id
    story = admin.get(reverse("desk:reader", args=["harbour", reader])).content.decode()
    assert "Left out: excluded by the plan (Board)" in story


def test_a_plan_is_counted_while_it_is_written_and_nothing_is_kept(enter, edition, readers):
    editor, part = enter(Role.EDITOR), {"HX-Request": "true"}
    rule = {"field": "email", "operator": "contains", "value": "reader"}
    segment = Segment.objects.create(name="All of them", rule=rule)

    counted = [
        editor.post(PLAN, fields, headers=part).content.decode()
        for fields in (
            {"lists": [readers.pk]},
            {"lists": [readers.pk], "without_segment": segment.pk},
            {},
            {"lists": [readers.pk], "segment": segment.pk, "without_segment": segment.pk},
        )
    ]

    assert "<strong>5 people</strong>" in counted[0]
    assert "<strong>0 people</strong>" in counted[1]
    assert "5 excluded by the plan" in counted[1]
    assert "Choose whom it is for" in counted[2]
    assert "Choose whom it is for" in counted[3]
    assert "<html" not in counted[0]
    assert not Mailing.objects.exists()
    assert not AuditEntry.objects.exists()


def test_the_button_schedules_it_once_and_the_act_is_written_down(
    admin, edition, readers, wakes, django_capture_on_commit_callbacks
):
    plan(admin, readers)
    mailing = Mailing.objects.get()
    seen = admin.get(find("check", mailing)).context["seen"]

    with django_capture_on_commit_callbacks(execute=True):
        for _ in range(2):
            admin.post(find("confirm", mailing), {"seen": seen})

    mailing.refresh_from_db()
    assert mailing.state == MailingState.SCHEDULED
    assert wakes == [1]
    assert AuditEntry.objects.filter(act="scheduled").count() == 1


def test_an_issue_that_was_changed_meanwhile_is_shown_once_more(admin, edition, readers):
    plan(admin, readers)
    mailing = Mailing.objects.get()
    seen = admin.get(find("check", mailing)).context["seen"]
    Edition.objects.update(content_hash="0" * 64)

    answer = admin.post(find("confirm", mailing), {"seen": seen}, follow=True)

    assert "changed since you looked" in answer.content.decode()
    mailing.refresh_from_db()
    assert mailing.state == MailingState.DRAFT


def test_a_draft_can_go_at_once(admin, edition, readers):
    plan(admin, readers, when="now", at="")

    confirm(admin, Mailing.objects.get())

    mailing = Mailing.objects.get()
    assert mailing.state == MailingState.SCHEDULED
    assert mailing.starts_at <= timezone.now()


def test_a_time_that_has_passed_meanwhile_sends_nothing(admin, edition, readers):
    plan(admin, readers)
    Mailing.objects.update(scheduled_at=NOW)

    confirm(admin, Mailing.objects.get())

    assert Mailing.objects.get().state == MailingState.DRAFT


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"at": "2020-03-03T08:00"}, "This time is past"),
        ({"at": ""}, "Write when"),
        ({"at": "2027-03-28T02:30"}, "does not exist in Europe/Oslo"),
        ({"time_zone": "Mars/Olympus"}, "This is no time zone"),
        ({"lists": []}, "Choose at least one list."),
        ({"without_segment": 10**9}, "Select a valid choice"),
        ({"lists": [10**9]}, "Select a valid choice"),
    ],
)
def test_a_plan_that_can_not_be_is_refused_with_the_reason(admin, edition, readers, fields, words):
    assert words in plan(admin, readers, **fields).content.decode()
    assert not Mailing.objects.exists()


def test_another_publication_s_list_can_not_be_chosen(admin, edition, readers):
    page = plan(admin, readers, lists=[make_list("strangers").pk])

    assert "Select a valid choice" in page.content.decode()


def test_a_list_that_it_is_to_or_that_is_another_s_can_not_be_left_out(enter, edition, readers):
    editor = enter(Role.EDITOR)
    strangers = make_list("strangers")
    edition.issue.publication.lists.add(make_list("board"))

    both = plan(editor, readers, without_lists=[readers.pk]).content.decode()
    other = plan(editor, readers, without_lists=[strangers.pk]).content.decode()

    assert "a list and not to its readers: Readers" in html.unescape(both)
    assert "Select a valid choice" in other
    assert "Strangers" not in other
    assert not Mailing.objects.exists()


def test_an_editor_plans_and_does_not_send(enter, edition, readers):
    editor = enter(Role.EDITOR)
    page = editor.get(plan(editor, readers)["Location"]).content.decode()
    mailing = Mailing.objects.get()

    assert "Schedule it" not in page
    assert "The responsible editor" in page
    assert editor.post(find("confirm", mailing), {"seen": "x"}).status_code == 403


def test_it_is_paused_resumed_and_cancelled_and_each_is_written_down(admin, planned):
    admin.post(find("pause", planned))
    admin.post(find("resume", planned))
    refused = admin.post(find("cancel", planned), {"number": "8"})
    planned.refresh_from_db()
    assert (refused.status_code, planned.state) == (422, MailingState.SENDING)

    admin.post(find("cancel", planned), {"number": "7"})

    planned.refresh_from_db()
    assert planned.state == MailingState.CANCELLED
    acts = AuditEntry.objects.order_by("id").values_list("act", flat=True)
    assert list(acts) == ["paused", "resumed", "cancelled"]


def test_what_can_not_be_done_is_said_and_not_written_down(admin, planned):
    page = admin.post(find("resume", planned), follow=True).content.decode()

    assert "go on from there" in page
    assert not AuditEntry.objects.exists()


def test_a_link_steers_nothing(admin, planned):
    assert admin.get(find("pause", planned)).status_code == 405
    admin.get(find("cancel", planned), {"number": "7"})

    planned.refresh_from_db()
    assert planned.state == MailingState.SENDING


def test_progress_is_live_and_failures_are_told_in_words(viewer, planned):
    fail_one(planned, "<script>alert(1)</script>")

    page = viewer.get(find("sending", planned)).content.decode()
    part = viewer.get(find("sending", planned), headers={"HX-Request": "true"}).content.decode()

    assert "The address does not exist" in page
    assert "<script>alert" not in page
    assert 'hx-trigger="every 2s"' in part
    assert "<html" not in part
    assert "Pause</button>" not in part


def test_what_is_over_asks_no_more(viewer, planned):
    Mailing.objects.update(state=MailingState.SENT, finished_at=NOW)

    assert "hx-get" not in viewer.get(find("sending", planned)).content.decode()


def test_the_report_adds_up_on_the_page_and_in_the_file(viewer, planned):
    fail_one(planned)

    page = viewer.get(find("report", planned)).content.decode()
    rows = dict(
        list(csv.reader(viewer.get(find("report_csv", planned)).content.decode().splitlines()))
    )

    assert "The parts add up to the whole." in page
    assert rows["Refused for good"] == "1"
    assert rows["On the lists, in all"] == "5"
    assert rows["Still waiting"] == "4"


@pytest.mark.parametrize("name", ["check", "sending", "report", "cancel"])
def test_each_page_takes_few_queries(admin, mailing, planned, name, django_assert_max_num_queries):
    make_edition(mailing.issue.publication, language="fr")

    with django_assert_max_num_queries(32):
        admin.get(find(name, mailing if name == "check" else planned))


def test_an_issue_stands_beside_those_before_it_once_there_are_some(viewer, planned):
    assert "Beside the issues before" not in viewer.get(find("report", planned)).content.decode()
    earlier = make_edition(planned.issue.publication, number=6).issue
    before = create_mailing(earlier, lists=planned.lists.all(), now=NOW)
    Mailing.objects.filter(pk=before.pk).update(state=MailingState.SENT, started_at=NOW)
    Delivery.objects.filter(mailing=planned).update(mailing=before, state=DeliveryState.ACCEPTED)
    Delivery.objects.filter(pk=Delivery.objects.first().pk).update(mailing=planned)

    page = viewer.get(find("report", planned)).content.decode()

    assert "Beside the issues before" in page
    assert find("report", before) in page
    assert "100.0\N{NARROW NO-BREAK SPACE}%" in page


def test_a_draft_can_be_changed(admin, edition, readers):
    plan(admin, readers)
    mailing = Mailing.objects.get()

    shown = admin.get(find("change_plan", mailing)).content.decode()
    admin.post(
        find("change_plan", mailing),
        TIME | {"lists": [readers.pk], "at": "2099-04-01T09:00"},
    )

    mailing.refresh_from_db()
    assert 'value="2099-03-03T08:00"' in shown
    assert mailing.scheduled_at.isoformat() == "2099-04-01T07:00:00+00:00"

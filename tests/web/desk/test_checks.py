"""The page of checks: what it finds, whose name stands under a warning, what is visited."""

from __future__ import annotations

from threading import Event

import pytest
from django.urls import reverse
from django.utils import timezone

from mailer.checks.visit import Visit
from mailer.content.parse import parse_issue
from mailer.dispatch import tasks
from mailer.dispatch.checking.visit import (
    LONGEST_ROUND,
    UNSEEN,
    begin_round,
    visit_all,
    visit_links,
)
from mailer.dispatch.control.schedule import schedule_mailing, start_due_mailings
from mailer.dispatch.editions.intake import store_issue
from mailer.dispatch.freezing.freeze import freeze_mailing
from mailer.dispatch.tasks import plan_mailing, visit_edition_links
from mailer.errors import NotReady
from mailer.models import Acceptance, AuditEntry, Draft, Edition, LinkRound, MailingState
from mailer.web.desk import checks, planning
from tests.fakes.world import ISSUE_FILE, NOW

PAGE = reverse("desk:checks", args=["harbour", 7])
LINK = "\n[Read more](https://a.example/report)\n\nSee [here](https://a.example/gone).\n"


@pytest.fixture(autouse=True)
def asleep(monkeypatch) -> None:
    monkeypatch.setattr(planning, "wake_scheduler", lambda: None)


FIELD = "\nDear *|FNAME|*, welcome.\n"


def write(publication, body: str, *, language: str = "en") -> Edition:
    text = ISSUE_FILE.format(number=7, language=language, subject="Spring") + body
    document = parse_issue(text, file="issue.md", load_picture=None)
    return store_issue(document, publication=publication, now=NOW)


def place(name: str, language: str = "en") -> str:
    return reverse(f"desk:{name}", args=["harbour", 7, language])


def test_a_finding_is_told_with_what_it_means_and_a_way_to_it(viewer, publication):
    write(publication, LINK)

    page = viewer.get(PAGE).content.decode()

    assert "does not say where it leads" in page
    assert f"{place('page')}#the-lighthouse-is-lit-again" in page
    assert "2 warnings wait for somebody" in page
    assert "Accept the chosen" not in page  # a viewer's name counts for nothing


def test_who_writes_is_led_to_the_very_block_in_the_editor(author, publication):
    edition = write(publication, LINK)
    author.get(reverse("desk:write", args=["harbour", 7, "en"]))  # takes the edition up
    draft = Draft.objects.get()
    parts = {part["kind"]: part["id"] for part in draft.content["parts"]}

    page = author.get(PAGE).content.decode()

    assert draft.kept_hash == edition.content_hash
    assert f"{place('write')}?part={parts['prose']}" in page
    write(publication, LINK + "\nAnother.\n")
    assert "?part=" not in author.get(PAGE).content.decode()


def test_a_warning_is_accepted_by_name_once_and_written_down(author, publication):
    edition = write(publication, LINK)
    rows = author.get(PAGE).context["editions"][0]["groups"][0][2]
    keys = [row.finding.key for row in rows]

    for _ in range(2):
        author.post(place("accept"), {"key": [keys[0], "0" * 16]})

    [kept] = Acceptance.objects.filter(edition=edition)
    assert kept.name == "author"
    assert AuditEntry.objects.filter(act="accepted a warning").count() == 1
    assert "Accepted by <bdi>author</bdi>" in author.get(PAGE).content.decode()


def test_a_warning_that_says_something_else_wants_a_name_of_its_own(author, publication):
    write(publication, LINK)
    rows = author.get(PAGE).context["editions"][0]["groups"][0][2]
    author.post(place("accept"), {"key": [row.finding.key for row in rows]})

    write(publication, LINK + "\nAnd [more](https://a.example/).\n")

    assert author.get(PAGE).context["editions"][0]["open"] == 1


def test_an_error_blocks_scheduling_whoever_asks(admin, mailing, publication):
    write(publication, FIELD)

    with pytest.raises(NotReady, match="FNAME"):
        schedule_mailing(mailing, at=NOW)

    assert "1 error must be mended" in admin.get(PAGE).content.decode()


def test_an_error_that_came_after_scheduling_is_not_sent(mailing, publication):
    schedule_mailing(mailing, at=timezone.now())
    start_due_mailings(now=timezone.now())
    write(publication, FIELD)
    mailing.refresh_from_db()

    with pytest.raises(NotReady):
        freeze_mailing(mailing, now=NOW)
    plan_mailing(mailing_id=mailing.pk)

    mailing.refresh_from_db()
    assert mailing.state == MailingState.DRAFT
    assert "FNAME" in mailing.problem


def test_whoever_sends_puts_their_name_under_what_has_none(admin, mailing, publication):
    write(publication, LINK)
    page = admin.get(reverse("desk:check", args=["harbour", mailing.pk]))
    assert "2 warnings have nobody" in page.content.decode()

    admin.post(
        reverse("desk:confirm", args=["harbour", mailing.pk]), {"seen": page.context["seen"]}
    )

    mailing.refresh_from_db()
    assert mailing.state == MailingState.SCHEDULED
    assert set(Acceptance.objects.values_list("name", flat=True)) == {"admin"}
    assert AuditEntry.objects.filter(act="accepted a warning").count() == 2


def test_the_page_before_the_button_has_none_while_there_are_errors(admin, mailing, publication):
    write(publication, FIELD)

    page = admin.get(reverse("desk:check", args=["harbour", mailing.pk])).content.decode()

    assert "1 error must be mended first" in page
    assert "Send it to" not in page


def test_a_language_of_the_issue_before_is_missed(admin, publication, edition):
    document = parse_issue(
        ISSUE_FILE.format(number=6, language="fr", subject="x"), file="x", load_picture=None
    )
    store_issue(document, publication=publication, now=NOW)

    assert "There is no edition in fr" in admin.get(PAGE).content.decode()


def test_an_edition_that_can_not_be_rendered_says_why(admin, publication, edition):
    write(publication, '\n:::only "Nobody"\n\nWords.\n')

    assert "there is no segment" in admin.get(PAGE).content.decode()
    assert admin.post(place("accept"), {"key": ["x"]}).status_code == 302


def test_links_are_visited_in_the_background_and_their_answers_kept_with_time(
    author, publication, monkeypatch, django_capture_on_commit_callbacks
):
    edition = write(publication, LINK)
    woken: list[int] = []
    monkeypatch.setattr(checks, "wake_visitor", woken.append)
    with django_capture_on_commit_callbacks(execute=True):
        author.post(place("visit"))
        author.post(place("visit"))
    assert woken == [edition.pk]
    assert "being visited now" in author.get(PAGE).content.decode()

    def visit(url: str) -> Visit:
        return Visit(status=404 if "gone" in url else 200)

    visit_links(edition, now=timezone.now, visit=visit)

    page = author.get(PAGE).content.decode()
    assert "https://a.example/gone leads to a page that is not there (404)" in page
    [kept] = LinkRound.objects.all()
    assert {each["status"] for each in kept.answers} == {200, 404}
    assert all(each["at"] for each in kept.answers)


def test_answers_of_an_older_text_are_not_told_of_the_new_one(author, publication):
    edition = write(publication, LINK)
    begin_round(edition, now=timezone.now())
    visit_links(edition, now=timezone.now, visit=lambda _: Visit(status=404))

    write(publication, LINK + "\nMore.\n")

    assert "404" not in author.get(PAGE).content.decode()


def test_a_round_whose_worker_died_can_be_begun_again(edition):
    assert begin_round(edition, now=NOW)
    assert not begin_round(edition, now=NOW)
    assert begin_round(edition, now=NOW + LONGEST_ROUND * 2)


def test_the_task_visits_nothing_that_is_not_public(publication, settings):
    edition = write(publication, "\nSee [the printer](http://127.0.0.1/status).\n")
    begin_round(edition, now=timezone.now())

    visit_edition_links(edition_id=edition.pk)
    visit_edition_links(edition_id=10**9)

    [answer] = LinkRound.objects.get().answers
    assert answer["refused"]
    assert "127.0.0.1 is not on the public network" in answer["problem"]


def test_what_time_does_not_suffice_for_is_said():
    gate = Event()

    def visit(url: str) -> Visit:
        gate.wait(5)
        return Visit(status=200)

    found = visit_all([f"https://a.example/{n}" for n in range(3)], visit=visit, seconds=0.05)
    gate.set()

    assert [each.problem for _, each in found] == [UNSEEN.problem] * 3


def test_a_broker_that_is_away_stops_nobody(edition, monkeypatch):
    def fail(**_):
        raise tasks.OperationalError

    monkeypatch.setattr(tasks.visit_edition_links, "apply_async", fail)

    tasks.wake_visitor(edition.pk)


def test_the_page_takes_few_queries(admin, publication, django_assert_max_num_queries):
    for language in ("en", "fr", "es", "ru"):
        write(publication, LINK, language=language)
    admin.get(PAGE)

    with django_assert_max_num_queries(14):
        admin.get(PAGE)

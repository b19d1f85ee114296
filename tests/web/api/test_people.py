"""A program puts people on lists and takes them off, within what people themselves said."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from mailer.dispatch.letters.letter import make_letter
from mailer.models import AuditEntry, Publication
from mailer.results import figures
from mailer.web.desk import figures as desk_figures
from subscribers import consent
from subscribers.adding import MOST_UNANSWERED, add_person, count_unanswered
from subscribers.consent import Evidence
from subscribers.erasure import erase
from subscribers.joining import ONE_LETTER, answer_sign_ups, record_sent
from subscribers.models import (
    ConsentRecord,
    List,
    Notice,
    SignUp,
    Subscriber,
    Subscription,
    SuppressionReason,
)
from subscribers.suppression import suppress
from subscribers.unconfirmed import forget_unconfirmed
from tests.fakes.world import join, make_list

ADDRESS = "ada@people.example"
PATH = "lists/readers/people"
ADA = {"email": ADDRESS, "basis": "member since 2026", "name": "Ada", "language": "fr"}


def test_lists_are_told_with_their_people_in_figures(ask):
    told = ask("lists").json()

    assert told == {
        "lists": [
            {
                "slug": "readers",
                "name": List.objects.get().name,
                "public": List.objects.get().public,
                "unconfirmed": 0,
                "confirmed": 3,
                "unsubscribed": 0,
            }
        ],
        "counted_at": told["counted_at"],
    }
    assert dt.datetime.fromisoformat(told["counted_at"])


def test_figures_that_took_long_are_told_as_they_were_kept(ask, monkeypatch):
    monkeypatch.setattr(figures, "SLOW_MS", 0)
    monkeypatch.setattr(desk_figures, "wake_counter", lambda _: None)
    first = ask("lists").json()
    join(ADDRESS, List.objects.get())

    second, third = ask("lists").json(), ask("lists").json()

    # What took long to count is not counted for each who asks, and is told with its time.
    assert second["lists"] == third["lists"] == first["lists"]
    assert second["counted_at"] == third["counted_at"]


def test_somebody_is_put_on_a_list_with_evidence_and_a_line_in_the_log(ask):
    first, second = ask(PATH, ADA), ask(PATH, ADA)

    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == {"email": ADDRESS, "list": "readers", "state": "confirmed"}
    person = Subscriber.objects.get(email=ADDRESS)
    assert (person.name, person.language) == ("Ada", "fr")
    record = ConsentRecord.objects.filter(email=ADDRESS).first()
    assert record.method.startswith("api:")
    assert record.basis == "member since 2026"
    [entry] = AuditEntry.objects.all()
    assert entry.actor == "token members"
    assert ADDRESS not in f"{entry.subject}{entry.after}"


def test_a_list_of_double_opt_in_sends_one_letter_however_often_it_is_told(ask):
    List.objects.update(double_opt_in=True)

    states = [ask(PATH, ADA).json()["state"] for _ in range(3)]

    assert states == ["unconfirmed"] * 3
    assert Notice.objects.count() == 1


def let_letters_leave() -> None:
    """Send what is owed, as a worker does."""
    for notice in Notice.objects.filter(state="waiting"):
        record_sent(notice, now=timezone.now())
        Notice.objects.filter(pk=notice.pk).update(state="sent")


def let_month_pass() -> None:
    forget_unconfirmed(before=timezone.now() + dt.timedelta(days=30))


def sync(ask, nights: int = 3) -> int:
    """Name somebody each night of a month, and return the last answer's status."""
    statuses = []
    for _ in range(nights):
        statuses.append(ask(PATH, ADA).status_code)
        let_letters_leave()
    let_month_pass()
    return statuses[-1]


def count_letters() -> int:
    return ConsentRecord.objects.filter(action="confirmation_sent").count()


def test_who_stays_silent_is_asked_twice_in_all_however_long_a_program_syncs(ask):
    List.objects.update(double_opt_in=True)

    statuses = [sync(ask) for _ in range(4)]

    assert statuses == [200, 200, 409, 409]
    assert count_letters() == MOST_UNANSWERED == 2
    assert not Subscriber.objects.filter(email=ADDRESS).exists()
    assert not ConsentRecord.objects.filter(
        email=ADDRESS
    ).exists()  # and is forgotten none the less
    error = ask(PATH, ADA).json()["error"]
    assert (error["where"], "did not answer" in error["what"]) == ("email", True)


def test_who_stays_silent_and_is_on_another_list_is_asked_no_more_often(ask, readers):
    List.objects.update(double_opt_in=True)
    join(ADDRESS, List.objects.create(name="Others", slug="others"))

    assert [sync(ask) for _ in range(3)] == [200, 200, 409]
    assert count_letters() == 2


def test_who_stayed_silent_comes_on_their_own_word_or_by_the_desk(ask, readers):
    List.objects.update(double_opt_in=True)
    sync(ask)
    sync(ask)
    now, evidence = timezone.now(), Evidence(method="form")
    SignUp.objects.create(
        email=ADDRESS, email_normalised=ADDRESS, lists=[readers.pk], asked_at=now, due_at=now
    )
    later = now + ONE_LETTER * 2  # the mailbox had none for a day
    assert answer_sign_ups(now=later) == 1
    assert Notice.objects.get().kind == "confirm"
    let_letters_leave()
    let_month_pass()

    readers.refresh_from_db()
    add_person(ADDRESS, readers, evidence=evidence, now=later)
    assert Notice.objects.get().kind == "confirm"


def test_who_answered_once_may_be_asked_again(ask, readers):
    List.objects.update(double_opt_in=True)
    sync(ask)
    ask(PATH, ADA)
    let_letters_leave()
    place = Subscription.objects.get(subscriber__email=ADDRESS)
    assert count_unanswered(ADDRESS, readers) == 2
    consent.confirm(place, evidence=Evidence(method="link"), now=timezone.now())

    assert count_unanswered(ADDRESS, readers) == 0
    erase(place.subscriber, method="own", now=timezone.now())
    assert ask(PATH, ADA).json()["state"] == "unconfirmed"


def test_where_nobody_is_asked_nobody_is_refused_for_silence(ask, readers):
    List.objects.update(double_opt_in=True)
    sync(ask)
    sync(ask)
    List.objects.update(double_opt_in=False)

    assert ask(PATH, ADA).json()["state"] == "confirmed"


def test_who_has_left_is_not_brought_back(ask):
    ask(PATH, ADA)
    assert ask(f"{PATH}/remove", {"email": ADDRESS}).json()["state"] == "unsubscribed"

    answer = ask(PATH, ADA)

    assert answer.status_code == 409
    assert Subscription.objects.get(subscriber__email=ADDRESS).state == "unsubscribed"
    assert not Notice.objects.exists()


def test_who_is_suppressed_is_not_put_on_a_list(ask):
    suppress(ADDRESS, reason=SuppressionReason.COMPLAINT, origin="test", now=timezone.now())

    answer = ask(PATH, ADA)

    assert answer.status_code == 409
    assert "suppressed" in answer.json()["error"]["what"]
    assert not Subscriber.objects.filter(email=ADDRESS).exists()


def test_who_is_suppressed_for_this_list_is_not_put_on_it(ask, readers):
    suppress(
        ADDRESS,
        reason=SuppressionReason.MANUAL,
        origin="test",
        now=timezone.now(),
        list_id=readers.pk,
    )

    assert ask(PATH, ADA).status_code == 409


@pytest.mark.parametrize("language", ["", "mt", "zh-Hant", "pt-BR"])
def test_a_letter_goes_to_whoever_is_added_whatever_their_language(ask, language):
    List.objects.update(double_opt_in=True)
    ask(PATH, ADA | {"language": language})

    letter = make_letter(Notice.objects.get(), now=timezone.now())

    assert ADDRESS.encode() in letter.whole()


def test_taking_off_twice_is_once(ask):
    ask(PATH, ADA)
    for _ in range(2):
        assert ask(f"{PATH}/remove", {"email": "ADA@people.example"}).status_code == 200

    assert AuditEntry.objects.filter(act="took off a list").count() == 1


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({}, "email"),
        ({"email": ADDRESS}, "basis"),
        (ADA | {"email": "no address"}, "email"),
        (ADA | {"email": 7}, "email"),
        (ADA | {"colour": "red"}, "colour"),
        (ADA | {"name": "x" * 201}, "name"),
        (ADA | {"language": "xx-bogus-<b>"}, "language"),
        (ADA | {"language": "fr\n"}, "language"),
        (ADA | {"basis": "m\ud800"}, "basis"),
        (ADA | {"name": "\ud800"}, "name"),
        (ADA | {"email": "a\0@people.example"}, "email"),
        (ADA | {"email": "ada@people.example\r\nBcc: eve@x.example"}, "email"),
    ],
)
def test_bad_input_names_the_field_and_stores_nothing(ask, body, where):
    answer = ask(PATH, body)

    assert answer.status_code == 422
    assert answer.json()["error"]["where"] == where
    assert Subscriber.objects.count() == 3


def test_a_list_of_another_publication_is_not_there(ask):
    other = Publication.objects.create(
        name="Other", slug="other", sender_name="O", sender_address="o@other.example"
    )
    other.lists.add(make_list("others"))

    assert ask("lists/others/people", ADA).status_code == 404
    assert ask("lists/others/people/remove", {"email": ADDRESS}).status_code == 404
    assert [each["slug"] for each in ask("lists").json()["lists"]] == ["readers"]


def test_who_is_not_on_the_list_can_not_be_taken_off(ask):
    assert ask(f"{PATH}/remove", {"email": ADDRESS}).status_code == 404
    assert ask(f"{PATH}/remove", {"email": "?"}).status_code == 422


def test_evidence_of_who_left_elsewhere_stays(ask, readers):
    other = make_list("others")
    place = consent.subscribe(ADDRESS, other, evidence=Evidence(method="form"), now=timezone.now())

    ask(PATH, ADA)

    place.refresh_from_db()
    assert place.state == "confirmed"

"""From the form to a confirmed subscription, through a real mail server."""

from __future__ import annotations

import datetime as dt

import pytest
import redis
from django.utils import timezone

from subscribers.joining import CONFIRM_WITHIN
from subscribers.models import (
    ConsentRecord,
    ConsentText,
    Notice,
    SignUp,
    Subscriber,
    Subscription,
    Suppression,
    SuppressionReason,
)
from subscribers.suppression import suppress
from tests.fakes.forms import answer, find_link, prove, send_in, text_of
from tests.fakes.world import join, make_list

pytestmark = pytest.mark.usefixtures("publication", "mailbox", "woken")


def states() -> dict[str, str]:
    return dict(Subscription.objects.values_list("list__slug", "state"))


def test_a_reader_asks_gets_a_letter_and_confirms(
    client, mailbox, woken, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        page = send_in(client)
    assert b"look into your mailbox" in page.content
    assert woken == ["answerer"]
    assert not Subscriber.objects.exists()

    answer()
    letter = mailbox.read_one()
    assert letter["Subject"] == "Please confirm your subscription to The Harbour Letter"
    assert letter["To"] == "ada@people.example"
    assert letter["From"] == "Harbour Institute <letter@harbour.example>"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert "Ada" not in text_of(letter).replace("ada@", "")
    assert states() == {"readers": "unconfirmed"}

    link = find_link(letter)
    for method in ("get", "head"):
        assert getattr(client, method)(link).status_code == 200
    assert states() == {"readers": "unconfirmed"}
    assert b"is confirmed" in client.post(link).content
    assert states() == {"readers": "confirmed"}


def test_the_evidence_is_complete(client, mailbox):
    send_in(client)
    answer()
    client.post(find_link(mailbox.read_one()))

    records = list(ConsentRecord.objects.order_by("id"))
    assert [each.action for each in records] == ["subscribed", "confirmation_sent", "confirmed"]
    assert {each.email for each in records} == {"ada@people.example"}
    asked = records[0]
    assert (asked.method, asked.ip_address) == ("form", "127.0.0.1")
    text = ConsentText.objects.get(version=asked.form_version).text
    assert "The Harbour Letter" in text
    assert "I agree that Harbour Institute keeps my address" in text
    assert records[2].method == "confirmation page"
    assert not SignUp.objects.exists()


@pytest.mark.parametrize(
    ("language", "subject"),
    [
        ("fr", "Veuillez confirmer votre abonnement à The Harbour Letter"),
        ("ar", "يرجى تأكيد اشتراكك في The Harbour Letter"),
        ("zh-hans", "请确认您对《The Harbour Letter》的订阅"),
    ],
)
def test_the_letter_is_in_the_language_of_the_form(client, mailbox, language, subject):
    send_in(client, language=language)
    answer()

    letter = mailbox.read_one()
    assert letter["Subject"] == subject
    direction = "rtl" if language == "ar" else "ltr"
    assert f'dir="{direction}"' in letter.get_body(("html",)).get_content()


def test_following_the_link_again_changes_nothing_and_revives_nobody(client, mailbox):
    send_in(client)
    answer()
    link = find_link(mailbox.read_one())
    client.post(link)
    assert b"is confirmed" in client.post(link).content

    Subscription.objects.update(state="unsubscribed")
    page = client.post(link)

    assert b"expired" in page.content
    assert states() == {"readers": "unsubscribed"}
    assert ConsentRecord.objects.filter(action="confirmed").count() == 1


def test_an_old_link_confirms_nothing(client, mailbox):
    send_in(client)
    answer()
    link = find_link(mailbox.read_one())
    Notice.objects.update(created_at=timezone.now() - CONFIRM_WITHIN - dt.timedelta(minutes=1))

    assert b"expired" in client.get(link).content
    assert b"expired" in client.post(link).content
    assert states() == {"readers": "unconfirmed"}


def test_a_letter_confirms_its_own_lists_and_no_others(client, mailbox, publication):
    send_in(client)
    answer()
    other = make_list("events", double_opt_in=True)
    join("ada@people.example", other)

    client.post(find_link(mailbox.read_one()))

    assert states() == {"readers": "confirmed", "events": "unconfirmed"}


def test_one_letter_asks_for_all_lists_that_were_chosen(client, mailbox, publication):
    publication.lists.add(make_list("events", double_opt_in=True))

    send_in(client, lists=["readers", "events"])
    answer()
    client.post(find_link(mailbox.read_one()))

    assert states() == {"readers": "confirmed", "events": "confirmed"}


def test_a_list_with_single_opt_in_welcomes_at_once(client, mailbox, publication):
    publication.lists.add(
        make_list(
            "events",
            name="Events",
            welcome=True,
            welcome_text="Hello!\n\nWe write once a month.",
            sender_name="Events Desk",
            sender_address="events@harbour.example",
        )
    )

    send_in(client, lists=["events"])
    answer()

    letter = mailbox.read_one()
    assert letter["Subject"] == "Welcome to Events"
    assert letter["From"] == "Events Desk <events@harbour.example>"
    assert letter["List-Id"] == "Events <events.harbour.example>"
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "We write once a month." in text_of(letter)
    assert states() == {"events": "confirmed"}
    leave = letter["List-Unsubscribe"].strip("<>").removeprefix("http://127.0.0.1:8000")
    assert client.post(leave, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert states() == {"events": "unsubscribed"}


def test_who_left_a_list_with_single_opt_in_comes_back_only_by_confirming(
    client, mailbox, publication
):
    events = make_list("events")
    publication.lists.add(events)
    place = join("ada@people.example", events)
    Subscription.objects.filter(pk=place.pk).update(state="unsubscribed")

    send_in(client, lists=["events"])
    answer()

    assert states() == {"events": "unconfirmed"}
    client.post(find_link(mailbox.read_one()))
    assert states() == {"events": "confirmed"}


def test_who_is_on_the_list_is_told_so_by_mail_alone(client, mailbox, group):
    new = send_in(client, email="new@people.example")
    join("ada@people.example", group)
    Subscription.objects.update(state="confirmed")

    known = send_in(client)
    answer()

    assert known.content == new.content
    assert sorted(str(each["Subject"]) for each in mailbox.read()) == [
        "Please confirm your subscription to The Harbour Letter",
        "You are on the list already",
    ]


def test_a_confirmation_is_followed_by_a_welcome(client, mailbox, group):
    group.welcome = True
    group.save()
    send_in(client)
    answer()
    link = find_link(mailbox.read_one())
    mailbox.empty()

    client.post(link)
    client.post(link)
    answer()

    assert mailbox.read_one()["Subject"] == "Welcome to The Harbour Letter"


@pytest.mark.parametrize("reason", ["complaint", "hard_bounce", "manual"])
def test_who_must_not_be_written_to_is_not_on_a_strangers_word(client, mailbox, reason):
    suppress(
        "ada@people.example",
        reason=SuppressionReason(reason),
        origin="test",
        now=timezone.now(),
    )

    page = send_in(client)
    answer()

    assert b"look into your mailbox" in page.content
    assert mailbox.read() == []
    assert not Subscriber.objects.exists()
    assert Suppression.objects.count() == 1


@pytest.mark.parametrize("scope", ["ada@people.example", "@people.example"])
def test_a_list_that_must_not_write_to_somebody_is_not_joined_on_a_strangers_word(
    client, mailbox, publication, group, scope
):
    other = make_list("second", name="Second", double_opt_in=True)
    publication.lists.add(other)
    suppress(
        scope,
        reason=SuppressionReason.MANUAL,
        origin="test",
        now=timezone.now(),
        list_id=group.pk,
    )

    alone = send_in(client, lists=[group.slug])
    answer()
    assert mailbox.read() == []
    assert not Subscriber.objects.exists()

    both = send_in(client, lists=[group.slug, other.slug])
    answer()

    # The other list's letter comes, and tells nothing of this one.
    letter = mailbox.read_one()
    assert "Second" in text_of(letter)
    assert group.name not in text_of(letter).replace("The Harbour Letter", "")
    assert states() == {"second": "unconfirmed"}
    assert alone.content == both.content


def test_nobody_of_a_suppressed_domain_is_written_to_on_a_strangers_word(client, mailbox):
    suppress("@people.example", reason=SuppressionReason.MANUAL, origin="test", now=timezone.now())

    send_in(client)
    answer()

    assert mailbox.read() == []
    assert not Subscriber.objects.exists()


def test_a_private_list_is_neither_shown_nor_joined(client, mailbox, publication):
    publication.lists.add(make_list("board", name="The Board", public=False))

    assert b"The Board" not in client.get("/subscribe/harbour").content
    assert send_in(client, lists=["board"]).status_code == 400
    assert send_in(client, lists=["readers", "board"]).status_code == 400
    assert not SignUp.objects.exists()


def test_a_letter_that_is_deferred_is_sent_later_with_the_same_identity(client, mailbox, settings):
    mailbox.server.answers["dot"] = ["451 4.3.0 later", "250 ok"]
    send_in(client)
    answer()
    notice = Notice.objects.get()
    assert (notice.state, notice.attempts) == ("waiting", 1)
    assert not ConsentRecord.objects.filter(action="confirmation_sent").exists()

    Notice.objects.update(due_at=timezone.now())
    redis.Redis.from_url(settings.REDIS_URL).flushdb()  # where the domain is asked to be spared
    answer()

    first, second = mailbox.read()
    assert first["Message-ID"] == second["Message-ID"]
    assert Notice.objects.get().state == "sent"
    assert ConsentRecord.objects.filter(action="confirmation_sent").count() == 1


def test_a_letter_that_is_refused_is_given_up(client, mailbox):
    mailbox.server.answers["rcpt"] = "550 5.1.1 nobody here"
    send_in(client)
    answer()

    notice = Notice.objects.get()
    assert (notice.state, notice.reply[:3]) == ("failed", "550")
    assert states() == {"readers": "unconfirmed"}


def test_a_server_that_is_away_costs_no_attempt(client, mailbox, settings):
    settings.SMTP_URL = "smtp://127.0.0.1:9?tls=none"
    send_in(client)
    answer()

    notice = Notice.objects.get()
    assert (notice.state, notice.attempts) == ("waiting", 0)


def test_work_that_was_not_done_makes_the_letter_slower(client, mailbox):
    page = send_in(client, proven=False)
    assert b"look into your mailbox" in page.content
    answer()
    assert mailbox.read() == []

    SignUp.objects.update(due_at=timezone.now())
    answer()
    assert len(mailbox.read()) == 1


def test_a_program_is_told_what_is_offered_and_may_ask(client, mailbox):
    offer = client.get("/subscribe/harbour/json?language=fr").json()
    assert offer["lists"][0]["slug"] == "readers"
    assert offer["consent"]["text"].startswith("J\u2019accepte")

    asked = {"email": "ada@people.example", "lists": ["readers"], "altcha": prove(client)}
    response = client.post(
        "/subscribe/harbour/json?language=fr", asked, content_type="application/json"
    )

    assert (response.status_code, response.json()) == (202, {"status": "asked"})
    assert response["Access-Control-Allow-Origin"] == "*"
    answer()
    assert mailbox.read_one()["Content-Language"] == "fr"
    record = ConsentRecord.objects.get(action="subscribed")
    assert (record.method, record.form_version) == ("json", offer["consent"]["version"])

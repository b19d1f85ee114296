"""Logging in: guesses, a new password, a second factor, and other sessions."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal import auth as totp
from allauth.usersessions.models import UserSession
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from mailer.dispatch.letters.post import Post
from mailer.errors import MessageError
from mailer.models import Transport
from tests.fakes.desk import PASSWORD, make_user

LOGIN = "/accounts/login/"
NEW = "another long pass phrase"


@pytest.fixture(autouse=True)
def forget_attempts():
    cache.clear()


@pytest.fixture
def user(db):
    return make_user("ada")


def log_in(client, password: str = PASSWORD, name: str = "ada@desk.example", **extra):
    return client.post(LOGIN, {"login": name, "password": password}, **extra)


@pytest.mark.parametrize("name", ["ada@desk.example", "ada"])
def test_somebody_logs_in_by_address_or_name_and_comes_to_the_desk(client, user, name):
    answer = log_in(client, name=name)

    assert (answer.status_code, answer["Location"]) == (302, reverse("desk:publications"))


def test_five_wrong_guesses_close_the_door_for_a_while(client, user):
    for _ in range(5):
        log_in(client, "wrong")

    answer = log_in(client)

    assert answer.status_code == 429
    assert b"Wait a quarter of an hour" in answer.content
    with time_machine.travel(dt.datetime.now(tz=dt.UTC) + dt.timedelta(minutes=16)):
        assert log_in(client).status_code == 302


def test_guesses_from_elsewhere_do_not_lock_anybody_out(client, user):
    for _ in range(6):
        log_in(client, "wrong", REMOTE_ADDR="203.0.113.9")

    assert log_in(client, REMOTE_ADDR="203.0.113.9").status_code == 429
    assert log_in(client).status_code == 302


def test_capitals_do_not_give_more_guesses(client, user):
    for name in ("ada@desk.example", "Ada@desk.example", "ADA@desk.example") * 2:
        log_in(client, "wrong", name=name)

    assert log_in(client).status_code == 429


def test_the_admin_has_no_door_of_its_own(client, user):
    answer = client.get("/admin/login/", {"next": "/admin/"})

    assert answer.status_code == 302
    assert answer["Location"].startswith(LOGIN)


def test_nobody_makes_an_account_for_themselves(client, db):
    assert b"closed" in client.get("/accounts/signup/").content.lower()
    client.post("/accounts/signup/", {"email": "eve@evil.example", "password1": NEW})

    assert not EmailAddress.objects.filter(email="eve@evil.example").exists()


def test_a_new_password_ends_all_other_sessions(client, user):
    other = Client()
    log_in(other)
    log_in(client)

    client.post(
        "/accounts/password/change/",
        {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW},
    )

    assert client.get("/desk/").status_code == 200
    assert other.get("/desk/").status_code == 302


def test_a_letter_leads_to_a_new_password(client, user):
    client.post("/accounts/password/reset/", {"email": "ada@desk.example"})

    [letter] = mail.outbox
    [path] = [word.partition("testserver")[2] for word in letter.body.split() if "/key/" in word]
    form = client.get(path, follow=True)
    client.post(form.redirect_chain[-1][0], {"password1": NEW, "password2": NEW})
    assert log_in(Client(), NEW).status_code == 302


def test_where_a_session_is_used_is_written_once_a_minute_and_at_each_change(client, user):
    client.force_login(user)
    client.get("/desk/", HTTP_USER_AGENT="one")
    seen = UserSession.objects.get()

    client.get("/desk/", HTTP_USER_AGENT="one")
    assert UserSession.objects.get().last_seen_at == seen.last_seen_at
    client.get("/desk/", HTTP_USER_AGENT="two")
    assert UserSession.objects.get().user_agent == "two"


def test_sessions_are_listed_and_can_be_ended(client, user):
    other = Client(HTTP_USER_AGENT="A telephone")
    log_in(other)
    log_in(client)

    page = client.get("/accounts/sessions/")
    assert b"A telephone" in page.content
    client.post("/accounts/sessions/")

    assert other.get("/desk/").status_code == 302


def test_who_has_a_second_factor_is_asked_for_it(client, user):
    secret = totp.generate_totp_secret()
    totp.TOTP.activate(user, secret)

    answer = log_in(client)

    assert answer["Location"].startswith("/accounts/2fa/authenticate/")
    assert client.get("/desk/").status_code == 302
    code = totp.format_hotp_value(
        totp.hotp_value(secret, next(totp.yield_hotp_counters_from_time()))
    )
    client.post("/accounts/2fa/authenticate/", {"code": code})
    assert client.get("/desk/").status_code == 200


@pytest.mark.parametrize(
    "path",
    ["login/", "password/reset/", "password/change/", "email/", "2fa/", "sessions/"],
)
def test_the_pages_of_an_account_are_the_desk_s_and_speak_english(client, user, path):
    if path not in {"login/", "password/reset/"}:
        log_in(client)

    page = client.get(f"/accounts/{path}", HTTP_ACCEPT_LANGUAGE="fr").content.decode()

    assert "desk/desk.css" in page
    assert "Mot de passe" not in page
    assert "<style" not in page
    assert " style=" not in page


def test_letters_leave_by_the_mail_servers_of_mailings(db):
    Transport.objects.create(name="own", url="smtp://mail.example.org:2525?tls=required")

    post = Post()

    assert (post.host, post.port, post.use_tls) == ("mail.example.org", 2525, True)


def test_without_a_mail_server_it_is_said(db):
    Transport.objects.create(name="own", url="smtp://mail.example.org", enabled=False)

    with pytest.raises(MessageError, match="No mail server can be had"):
        Post()

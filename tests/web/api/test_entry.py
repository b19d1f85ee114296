"""Who is let in to the API, and what whoever is not is told."""

from __future__ import annotations

import datetime as dt

import pytest
import redis
from django.test import Client
from django.utils import timezone

from mailer.models import ApiToken, Role, Scope
from mailer.web.api import entry
from tests.fakes.desk import make_member

LISTS = "lists"
ADD = "lists/readers/people"
METHODS = ("get", "head")


@pytest.mark.parametrize("given", ["", "Bearer", "Bearer  ", "Bearer mh_x", "Basic YTpi", "mh_x"])
def test_without_a_token_nothing_is_told(publication, given):
    answer = Client().get("/api/v1/lists", headers={"Authorization": given})

    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert answer.json()["error"]["remedy"]


def test_a_log_in_at_the_desk_counts_nothing_here(publication):
    client = Client()
    client.force_login(make_member(publication, Role.ADMIN))

    assert client.get("/api/v1/lists").status_code == 401


def test_a_token_that_was_withdrawn_lets_nobody_in(ask):
    assert ask(LISTS).status_code == 200

    ApiToken.objects.update(withdrawn_at=timezone.now())

    assert ask(LISTS).status_code == 401


def test_a_token_to_read_changes_nothing(ask, make_token):
    answer = ask(ADD, {"email": "a@b.example", "basis": "member"}, token=make_token(Scope.READ))

    assert answer.status_code == 403


@pytest.mark.parametrize("path", ["lists", "mailings"])
def test_the_head_of_an_answer_can_be_had_alone(make_token, path):
    headers = {"Authorization": f"Bearer {make_token(Scope.READ)}"}

    whole, head = (getattr(Client(), way)(f"/api/v1/{path}", headers=headers) for way in METHODS)

    assert (head.status_code, head.content) == (200, b"")
    assert head["Content-Length"] == str(len(whole.content))
    assert head["Content-Type"] == whole["Content-Type"] == "application/json"


def test_a_head_changes_nothing(make_token):
    headers = {"Authorization": f"Bearer {make_token(Scope.PEOPLE)}"}

    answer = Client().head("/api/v1/lists/readers/people", headers=headers)

    assert (answer.status_code, answer["Allow"]) == (405, "POST")


def test_a_body_in_chunks_is_refused_with_the_remedy(make_token):
    headers = {"Authorization": f"Bearer {make_token(Scope.PEOPLE)}"}
    chunked = {"CONTENT_LENGTH": "", "HTTP_TRANSFER_ENCODING": "chunked"}

    answer = Client().generic(
        "POST", f"/api/v1/{ADD}", b"{}", content_type="application/json", headers=headers, **chunked
    )

    assert answer.status_code == 411
    assert "Content-Length" in answer.json()["error"]["remedy"]


def test_the_token_itself_is_kept_nowhere(make_token):
    token = make_token(Scope.READ)

    [row] = ApiToken.objects.values()
    assert token.startswith(row["hint"])
    assert token not in str(row)


def test_when_it_was_used_is_written_down_once_a_minute(make_token):
    token, now = make_token(Scope.READ), timezone.now()

    for seconds in (0, 30, 90):
        ApiToken.find(token, now=now + dt.timedelta(seconds=seconds))
        used = ApiToken.objects.get().used_at

    assert used == now + dt.timedelta(seconds=90)
    ApiToken.find(token, now=now + dt.timedelta(seconds=120))
    assert ApiToken.objects.get().used_at == used


def test_the_wrong_method_is_named(ask):
    answer = ask(LISTS, {})

    assert answer.status_code == 405
    assert "GET" in answer.json()["error"]["what"]
    assert answer["Allow"] == "GET, HEAD"


def test_too_many_requests_have_to_wait(ask, monkeypatch):
    monkeypatch.setattr(entry, "MOST_A_MINUTE", 2)

    codes = [ask(LISTS).status_code for _ in range(4)]

    # The minute may end between two of them.
    assert 429 in codes or codes == [200] * 4
    assert codes[0] == 200


def test_without_redis_whoever_has_a_token_is_let_in(ask, monkeypatch):
    class Gone:
        def pipeline(self, **_: object):
            raise redis.ConnectionError

    monkeypatch.setattr(entry, "connect", Gone)

    assert ask(LISTS).status_code == 200


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'"a"', b"\xff", b"[" * 50_000, b'{"email": "a"} x']
)
def test_a_body_that_is_no_object_is_refused(ask, body):
    answer = ask(ADD, body)

    assert answer.status_code == 400
    assert answer.json()["error"]["remedy"]


def test_a_large_body_is_refused(ask):
    assert ask(ADD, b'{"email": "%s"}' % (b"a" * 70_000)).status_code == 413


@pytest.mark.parametrize("path", ["", "nothing/here", "mailings/x", f"mailings/{'9' * 4_400}"])
def test_an_unknown_address_is_told_as_json(ask, path):
    answer = ask(path)

    assert answer.status_code == 404
    assert answer.json()["error"]["what"] == "There is no such thing."

"""Tokens at the desk: shown once, listed, withdrawn; and the webhooks' page."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from mailer.models import ApiToken, AuditEntry, ProviderEvent
from mailer.web.desk.house import tokens

PAGE = reverse("desk:tokens", args=["harbour"])
SERVICES = reverse("desk:services", args=["harbour"])
WANTED = {"name": "The members' database", "scope": "read"}


def lists_with(token: str) -> int:
    client = Client()
    return client.get("/api/v1/lists", headers={"Authorization": f"Bearer {token}"}).status_code


def test_a_token_is_shown_once_and_lets_in_until_it_is_withdrawn(admin):
    page = admin.post(PAGE, WANTED).content.decode()
    token = re.search(r"mh_[\w-]{43}", page)[0]

    assert lists_with(token) == 200
    assert token not in admin.get(PAGE).content.decode()
    path = reverse("desk:withdraw_token", args=["harbour", ApiToken.objects.get().pk])
    assert token[:7] in admin.get(path).content.decode()
    assert admin.post(path, {"hint": "mh_"}).status_code == 422
    assert lists_with(token) == 200
    admin.post(path, {"hint": token[:7]})
    assert lists_with(token) == 401
    assert [each.act for each in AuditEntry.objects.order_by("pk")] == [
        "made a token",
        "withdrew a token",
    ]
    assert all(token not in str(each.after) + each.subject for each in AuditEntry.objects.all())


def test_a_token_without_a_name_is_refused(admin):
    assert admin.post(PAGE, {"name": "", "scope": "all"}).status_code == 422
    assert not ApiToken.objects.exists()


def test_there_are_not_more_tokens_than_somebody_can_tell_apart(admin, monkeypatch):
    monkeypatch.setattr(tokens, "MOST", 1)
    admin.post(PAGE, WANTED)

    assert admin.post(PAGE, WANTED).status_code == 422
    assert ApiToken.objects.count() == 1


def test_a_token_is_withdrawn_once(admin):
    admin.post(PAGE, WANTED)
    path = reverse("desk:withdraw_token", args=["harbour", ApiToken.objects.get().pk])

    hint = {"hint": ApiToken.objects.get().hint}
    assert [admin.post(path, hint).status_code for _ in range(2)] == [302, 404]


@pytest.mark.django_db
def test_each_service_is_told_with_what_it_told(admin, settings):
    settings.WEBHOOKS = {"postmark": "user:long-enough-password"}
    now = timezone.now()
    for number, problem in enumerate(("", "It can't be read.")):
        ProviderEvent.objects.create(
            provider="postmark", key=str(number), received_at=now, problem=problem
        )
    ProviderEvent.objects.create(
        provider="postmark", key="old", received_at=now - dt.timedelta(days=31)
    )

    page = admin.get(SERVICES).content.decode()

    assert f"{settings.PUBLIC_URL}/webhooks/postmark" in page
    assert "2 events in 30 days" in page
    assert "MASTHEAD_WEBHOOK_SES" in page
    assert "long-enough-password" not in page

"""Limits of servers and providers: seen by each admin, changed by who is admin of everything."""

from __future__ import annotations

import pytest
from django.urls import reverse

from mailer.models import AuditEntry, DomainLimit, Publication, Transport

PAGE = reverse("desk:limits", args=["harbour"])
LIMIT = {"provider": " Gmail ", "messages_per_second": "20", "in_flight": "", "daily_cap": "5000"}


@pytest.fixture
def server() -> Transport:
    return Transport.objects.create(
        name="own", url="smtp://user:secret-word@127.0.0.1:25", daily_cap=9000
    )


def change(server: Transport) -> str:
    return reverse("desk:change_limits", args=["harbour", server.pk])


def test_limits_of_a_server_are_shown_and_changed_and_nothing_else_is(admin, server):
    Transport.objects.filter(pk=server.pk).update(failures=3, problem="It is away.")
    fields = {"weight": "2", "messages_per_second": "10.5", "daily_cap": "100", "url": "smtp://x"}

    shown = admin.get(PAGE).content.decode()
    admin.post(change(server), fields)

    assert "9\N{NARROW NO-BREAK SPACE}000" in shown
    assert "secret-word" not in shown + admin.get(change(server)).content.decode()
    changed = Transport.objects.get()
    assert (changed.weight, float(changed.messages_per_second or 0), changed.daily_cap) == (
        2,
        10.5,
        100,
    )
    assert (changed.url, changed.failures, changed.problem) == (server.url, 3, "It is away.")
    entry = AuditEntry.objects.get()
    assert (entry.before["daily_cap"], entry.after["daily_cap"]) == ("9000", "100")


def test_a_provider_s_limit_is_set_once_and_dropped_when_that_was_asked(admin, server):
    admin.post(PAGE, LIMIT)
    again = admin.post(PAGE, LIMIT)
    [limit] = DomainLimit.objects.all()

    assert (limit.provider, limit.transport, limit.daily_cap) == ("gmail", None, 5000)
    assert again.status_code == 422
    drop = reverse("desk:drop_limit", args=["harbour", limit.pk])
    assert "Drop the limit of" in admin.get(drop).content.decode()
    assert DomainLimit.objects.exists()
    admin.post(drop)
    assert not DomainLimit.objects.exists()
    acts = list(AuditEntry.objects.order_by("id").values_list("act", flat=True))
    assert acts == ["set the limit of", "dropped the limit of"]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"daily_cap": "0"}, "greater than or equal to 1"),
        ({"messages_per_second": "0"}, "greater than or equal to"),
        ({"messages_per_second": "", "daily_cap": ""}, "Write at least one limit."),
        ({"provider": ""}, "This field is required"),
        ({"transport": "999999"}, "Select a valid choice"),
    ],
)
def test_what_is_no_limit_is_refused_with_the_reason(admin, fields, words):
    answer = admin.post(PAGE, LIMIT | fields)

    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not DomainLimit.objects.exists()


def test_who_keeps_one_publication_of_two_sees_them_and_changes_none(admin, server):
    Publication.objects.create(
        name="Other", slug="other", sender_name="O", sender_address="o@o.example"
    )
    limit = DomainLimit.objects.create(provider="gmail", daily_cap=5)
    drop = reverse("desk:drop_limit", args=["harbour", limit.pk])

    page = admin.get(PAGE).content.decode()
    refused = [admin.post(path, LIMIT).status_code for path in (PAGE, change(server), drop)]

    assert "gmail" in page
    assert "Set it" not in page
    assert refused == [403, 403, 403]
    assert DomainLimit.objects.count() == 1
    assert Transport.objects.get().daily_cap == 9000


def test_an_installation_without_a_server_of_its_own_is_told_where_mail_leaves(admin):
    assert "the one server of the installation" in admin.get(PAGE).content.decode()

"""The admin keeps mail servers, and never shows a password."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from mailer.models import DomainLimit, Transport
from tests.fakes.world import NOW

URL = "smtp://ada@mail.example:587"
INLINE = {"domain_limits-TOTAL_FORMS": "0", "domain_limits-INITIAL_FORMS": "0"}


@pytest.fixture
def chief(db) -> Client:
    browser = Client()
    browser.force_login(User.objects.create_superuser("chief"))
    return browser


@pytest.fixture
def relay(db) -> Transport:
    return Transport.objects.create(name="relay", url="smtp://ada:hunter2@mail.example:587")


def page(name: str, *arguments: object) -> str:
    return reverse(f"admin:mailer_transport_{name}", args=arguments)


def fill(**fields: object) -> dict[str, object]:
    return {"name": "relay", "url": URL, "weight": 1, "enabled": "on", "password": ""} | (
        INLINE | fields
    )


def test_a_server_is_added_with_its_password(chief):
    answer = chief.post(page("add"), fill(password=" hunter2"))

    assert answer.status_code == 302
    assert Transport.objects.get().config().password == " hunter2"


def test_no_page_shows_a_password(chief, relay):
    pages = [chief.get(page("changelist")), chief.get(page("change", relay.pk))]
    pages.append(chief.post(page("change", relay.pk), fill(password="hunter3", weight="x")))
    pages.append(chief.get(page("history", relay.pk)))

    for each in pages:
        assert each.status_code == 200
        assert b"hunter" not in each.content
        assert relay.sealed_password.encode() not in each.content


def test_a_password_within_the_address_is_refused_and_not_shown_again(chief):
    answer = chief.post(page("add"), fill(url="smtp://ada:hunter2@mail.example"))

    assert b"in its own field" in answer.content
    assert b"hunter2" not in answer.content
    assert not Transport.objects.exists()


def test_a_bad_address_is_refused_once_and_in_words(chief):
    answer = chief.post(page("add"), fill(url="smtp://ada@[::1"))

    assert answer.content.count(b"can&#x27;t be read") == 1


def test_an_empty_password_stays_as_it_was(chief, relay):
    assert chief.post(page("change", relay.pk), fill(weight=5)).status_code == 302

    relay.refresh_from_db()
    assert (relay.weight, relay.config().password) == (5, "hunter2")


@pytest.mark.parametrize(
    "url", ["smtp://ada@evil.example:587", "smtp://eve@mail.example:587", f"{URL}?tls=none"]
)
def test_a_password_does_not_follow_to_another_host(chief, relay, url):
    answer = chief.post(page("change", relay.pk), fill(url=url))

    assert b"Enter the password anew" in answer.content
    relay.refresh_from_db()
    assert relay.url == URL


def test_a_server_that_was_changed_is_tried_at_once(chief, relay):
    Transport.objects.update(failures=3, failing_since=NOW, retry_at=NOW, problem="bad login")
    chief.post(page("change", relay.pk), fill(password="better"))

    relay.refresh_from_db()
    assert (relay.failures, relay.retry_at, relay.problem) == (0, None, "")


def test_health_is_shown_and_not_edited(chief, relay):
    Transport.objects.update(problem="<b>It said no</b>")

    shown = chief.get(page("change", relay.pk)).content

    assert b"&lt;b&gt;It said no" in shown
    assert b'name="problem"' not in shown


def test_limits_of_providers_are_listed_and_searched(chief, relay):
    DomainLimit.objects.create(provider="gmail", transport=relay, in_flight=5)
    DomainLimit.objects.create(provider="example.org", in_flight=5)

    shown = chief.get(reverse("admin:mailer_domainlimit_changelist"), {"q": "gmail"})

    assert shown.status_code == 200
    assert b"gmail" in shown.content
    assert b"example.org" not in shown.content


def test_who_may_not_change_servers_sees_none(relay):
    browser = Client()
    browser.force_login(User.objects.create_user("editor", is_staff=True))

    assert browser.get(page("changelist")).status_code == 403
    assert browser.post(page("add"), fill()).status_code == 403

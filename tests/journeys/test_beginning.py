"""From nothing to a test message in one's own inbox; and an author who tries to send."""

from __future__ import annotations

import email
from collections.abc import Iterator
from contextlib import closing
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.cache import cache
from playwright.sync_api import Browser, Page, expect

from mailer.dispatch.tasks import send_tests
from mailer.models import Mailing, Role, Transport
from mailer.web.desk import trials
from mailer.web.desk.first import first_url
from tests.fakes.desk import PASSWORD, make_member
from tests.fakes.smtp_server import ScriptedServer
from tests.fakes.world import join_many, make_edition, make_list, make_publication
from tests.journeys.conftest import hear_strangers

pytestmark = pytest.mark.django_db(transaction=True)
ADDRESS = "ada@desk.example"


@pytest.fixture(params=[1280, 390])
def page(request, browser: Browser, live_server) -> Iterator[Page]:
    cache.clear()
    context = browser.new_context(viewport={"width": request.param, "height": 900})
    yield context.new_page()
    context.close()


@pytest.fixture
def inbox(redis_url, settings) -> Iterator[ScriptedServer]:
    """Give the mail server that everything leaves by."""
    settings.REDIS_URL = redis_url
    with closing(ScriptedServer()) as server:
        Transport.objects.create(name="own", url=f"smtp://127.0.0.1:{server.port}?tls=none")
        yield server


def test_the_first_start_leads_to_a_test_message_in_one_s_own_inbox(
    page, live_server, inbox, monkeypatch
):
    woken: list[int] = []
    monkeypatch.setattr(trials, "wake_tester", lambda: woken.append(1))
    strangers = hear_strangers(page, live_server.url)
    begin = live_server.url + urlsplit(first_url()).path
    assert look_at_beginning(page, begin) == []
    page.goto(begin)
    for label, text in {
        "email": ADDRESS,
        "password": PASSWORD,
        "name": "The Quay Letter",
        "sender_name": "Quay Institute",
        "sender_address": "letter@quay.example",
    }.items():
        page.locator(f"[name={label}]").fill(text)
    page.locator("[name=sample]").check()
    page.get_by_role("button", name="Begin").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Today")

    page.locator("main").get_by_role("link", name="No. ").first.click()
    page.get_by_role("link", name="Test it").click()
    page.get_by_label("To", exact=False).last.fill(ADDRESS)
    page.get_by_role("button", name="Send the test").click()
    expect(page.locator("#trials")).to_contain_text(ADDRESS)
    assert woken == [1]
    send_tests()

    page.reload()
    expect(page.locator("#trials")).to_contain_text("Accepted")
    [message] = [email.message_from_bytes(raw) for raw in inbox.messages]
    assert message["To"].endswith(f"{ADDRESS}>") or message["To"] == ADDRESS
    assert message["Subject"].startswith("[Test]")
    assert strangers == []


def look_at_beginning(page: Page, address: str) -> list[str]:
    """Return what axe finds on the first page of all, empty and in error, by day and by night."""
    wrong = []
    for scheme in ("light", "dark"):
        # axe is a script, which our policy would refuse.
        context = page.context.browser.new_context(
            viewport=page.viewport_size, color_scheme=scheme, bypass_csp=True
        )
        other = context.new_page()
        other.goto(address)
        wrong += [f"{scheme}: {each['id']}" for each in Axe().run(other).response["violations"]]
        for name in ("email", "password", "name", "sender_name", "sender_address"):
            other.locator(f"[name={name}]").fill("x")
        other.locator("form").first.evaluate("form => { form.noValidate = true }")
        other.get_by_role("button", name="Begin").click()
        expect(other.locator(".error").first).to_be_visible()
        wrong += [f"{scheme}: {each['id']}" for each in Axe().run(other).response["violations"]]
        context.close()
    return wrong


def test_an_author_who_tries_to_send_is_told_who_may(page, live_server):
    group = make_list()
    join_many(2, group)
    publication = make_publication(group)
    make_edition(publication)
    make_member(publication, Role.AUTHOR)
    page.goto(f"{live_server.url}/desk/harbour/issues/7/")
    page.get_by_label("Login").fill("author@desk.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("7")

    assert page.get_by_role("link", name="Send it").count() == 0
    answer = page.goto(f"{live_server.url}/desk/harbour/issues/7/send/")

    assert answer is not None
    assert answer.status == 403
    expect(page.locator("main")).to_contain_text("author")
    assert not Mailing.objects.exists()

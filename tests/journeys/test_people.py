"""An admin's people in a real browser: from a file to a mailing, and from a complaint to one."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator

import pytest
from django.conf import settings as installation
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from mailer.content.read import read_issue
from mailer.dispatch.control.schedule import create_mailing, schedule_mailing
from mailer.dispatch.editions.intake import store_issue
from mailer.feedback.inbound import Listener
from mailer.models import Delivery, Mailing, Publication, Role
from mailer.web.desk import mailings, planning
from mailer.web.desk.people import imports
from subscribers.importing.lifecycle import claim_import
from subscribers.importing.run import run_import
from subscribers.models import Import, List, Subscriber
from tests.fakes.desk import make_member
from tests.fakes.reports import DOMAIN, complaint, header_of, sender_of
from tests.fakes.servers import free_port
from tests.fakes.world import join_many, make_list
from tests.journeys.test_desk import SAMPLE, begin, deliver, finish

pytestmark = pytest.mark.django_db(transaction=True)
PEOPLE = 5_000
IN_BERGEN = PEOPLE // 4
OWN = "/desk/tidewater"


@pytest.fixture(autouse=True)
def quiet(monkeypatch, settings, tmp_path) -> None:
    """Leave the work to the test: no broker hears of it."""
    settings.VAR_DIR = tmp_path
    for module in (mailings, planning):
        monkeypatch.setattr(module, "wake_scheduler", lambda: None)
    monkeypatch.setattr(imports, "wake_importer", lambda _: None)


@pytest.fixture
def group() -> List:
    return make_list(name="Readers of the Letter")


@pytest.fixture
def publication(group: List) -> Publication:
    made = Publication.objects.create(
        name="The Tidewater Letter",
        slug="tidewater",
        sender_name="Tidewater Institute",
        sender_address="letter@tidewater.example.org",
    )
    made.lists.add(group)
    store_issue(read_issue(SAMPLE / "sample.en.md"), publication=made, now=timezone.now())
    return made


@pytest.fixture
def page(browser: Browser, live_server, publication) -> Iterator[Page]:
    """Give a page on which an admin is logged in."""
    client = Client()
    client.force_login(make_member(publication, Role.ADMIN))
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    name = installation.SESSION_COOKIE_NAME
    value = client.cookies[name].value
    context.add_cookies([{"name": name, "value": value, "url": live_server.url}])
    page = context.new_page()
    page.set_default_timeout(30_000)
    yield page
    context.close()


def write_people() -> bytes:
    rows = ["email,name,city"]
    cities = ("Bergen", "Oslo", "Tromsø", "Lille")
    rows += [f"reader{n}@people.example,Reader {n},{cities[n % 4]}" for n in range(PEOPLE)]
    return "\n".join([*rows, "nobody,,Bergen"]).encode()


def work() -> None:
    """Do what an importer does."""
    run_import(claim_import(Import.objects.get().pk, now=timezone.now()), clock=timezone.now)


def test_five_thousand_are_imported_a_segment_is_built_and_sent_to(page, live_server, group):
    page.goto(f"{live_server.url}{OWN}/people/imports/new/")
    file = {"name": "members.csv", "mimeType": "text/csv", "buffer": write_people()}
    page.get_by_label("File").set_input_files(file)
    page.get_by_label("Onto the list").select_option("readers")
    page.get_by_label("Why these people may be written to").fill("members, by the statutes")
    page.get_by_label("They have confirmed").check()
    page.get_by_role("button", name="Next: look at what is in it").click()
    page.get_by_role("button", name="Try it, without touching anybody").click()
    expect(page.get_by_text("You may leave this page")).to_be_visible()
    work()
    expect(page.get_by_text("What would happen; nobody was touched")).to_be_visible()
    assert not Subscriber.objects.exists()
    page.reload()
    page.get_by_role("button", name="Import it now").click()
    work()
    page.reload()
    expect(page.get_by_text("What happened")).to_be_visible()
    expect(page.get_by_role("link", name="Download the refused rows")).to_be_visible()
    assert group.subscriptions.count() == PEOPLE

    build_segment(page, live_server.url)
    send_to_segment(page, live_server.url)


def build_segment(page: Page, url: str) -> None:
    page.goto(f"{url}{OWN}/people/segments/new/")
    page.get_by_label("Name").fill("Bergen")
    page.get_by_label("What is asked for").select_option("attributes.city")
    compared = page.get_by_label("How it is compared")
    expect(compared.get_by_role("option", name="before")).to_be_attached()  # the row is a new one
    page.get_by_label("What it is compared with").fill("Bergen")
    expect(page.get_by_text(f"{IN_BERGEN:,}".replace(",", "\u202f"))).to_be_visible()
    page.get_by_role("button", name="Keep it").last.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Bergen")


def send_to_segment(page: Page, url: str) -> None:
    page.goto(f"{url}{OWN}/issues/7/send/")
    page.get_by_label("Only those in the segment").select_option("Bergen")
    page.get_by_label("As soon as you have said yes").check()
    page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="Send it to").click()
    expect(page.get_by_role("heading", level=2)).to_contain_text("Scheduled")
    mailing = Mailing.objects.get()
    begin(mailing)
    deliver(mailing, IN_BERGEN // 2)
    expect(page.get_by_text("50 % of")).to_be_visible()
    deliver(mailing, IN_BERGEN)
    finish(mailing)
    expect(page.get_by_role("heading", level=2)).to_contain_text("Sent")
    assert mailing.deliveries.filter(state="accepted").count() == IN_BERGEN


def test_a_complaint_is_traced_to_its_mailing(page, live_server, publication, group):
    delivery = send_to_twelve(publication, group)
    page.goto(f"{live_server.url}{OWN}/people/returns/")
    expect(page.get_by_role("link", name=delivery.email)).to_have_count(0)
    hand_in(complaint(header_of(delivery)), sender_of(delivery))

    page.goto(f"{live_server.url}{OWN}/people/returns/?kind=complaint")
    page.get_by_role("link", name=delivery.email).click()
    expect(page.get_by_text("Called spam")).to_be_visible()
    expect(page.get_by_text("the reader complained")).to_be_visible()
    page.locator(f"#delivery-{delivery.pk}").get_by_role("link").click()

    expect(page).to_have_url(f"{live_server.url}{OWN}/mailings/{delivery.mailing_id}/report/")
    expect(page.get_by_text("Called spam").locator("..")).to_contain_text("1")


def hand_in(raw: bytes, recipient: str) -> None:
    """Bring a mail to the listener, as the institution's own server does (RFC 2033)."""
    listener = Listener(host="127.0.0.1", port=free_port(), protocol="lmtp", domain=DOMAIN)
    listener.start()
    try:
        with smtplib.LMTP("127.0.0.1", listener.port) as link:
            link.sendmail("fbl@provider.example", [recipient], raw)
    finally:
        listener.stop()


def send_to_twelve(publication: Publication, group: List) -> Delivery:
    """Have a mailing accepted by twelve readers' servers; return one of its deliveries."""
    join_many(12, group)
    now = timezone.now()
    mailing = create_mailing(publication.issues.get(), lists=[group], now=now)
    schedule_mailing(mailing, at=now)
    begin(mailing)
    deliver(mailing, 12)
    finish(mailing)
    return Delivery.objects.order_by("pk")[3]

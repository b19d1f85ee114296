"""A reader joins in a real browser, with a script and without, and the letter comes by SMTP."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from subscribers.models import List, SignUp, Subscriber, Subscription
from tests.fakes.forms import answer, find_link, group, mailbox, publication, woken
from tests.fakes.world import make_list
from tests.journeys.conftest import LONG, OVERFLOWS

__all__ = ["group", "mailbox", "publication", "woken"]

FORM = "/subscribe/harbour"
WIDTHS = (360, 1280)
BOTH = pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("mailbox", "woken"),
]


@pytest.fixture(autouse=True)
def lists(publication) -> None:
    publication.lists.add(
        make_list("events", name="Events", description="What takes place, and where.")
    )


def fill(page: Page, email: str = "ada@people.example") -> None:
    page.get_by_label("The Harbour Letter").check()
    page.get_by_label("Email address").fill(email)
    page.get_by_role("button", name="Subscribe").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Please look into your mailbox")


@BOTH
def test_a_reader_joins_and_confirms(open_page, mailbox, script):
    fill(open_page(FORM, script=script))
    sign_up = SignUp.objects.get()
    assert (sign_up.due_at == sign_up.asked_at) is script

    SignUp.objects.update(due_at=sign_up.asked_at)
    answer()
    page = open_page(find_link(mailbox.read_one()), script=script)
    expect(page.get_by_role("heading", level=1)).to_have_text("Confirm your subscription")
    page.get_by_role("button", name="Confirm").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Your subscription is confirmed")
    assert Subscription.objects.get().state == "confirmed"
    page.get_by_role("link", name="Change what you get").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your preferences")


def test_the_form_works_inside_another_site(browser, live_server):
    context = browser.new_context()
    page = context.new_page()
    page.route(
        "https://other.example/",
        lambda route: route.fulfill(
            content_type="text/html",
            body=f'<iframe title="x" src="{live_server.url}{FORM}/embed" height="900"></iframe>',
        ),
    )
    page.goto("https://other.example/")
    frame = page.frame_locator("iframe")

    frame.get_by_label("The Harbour Letter").check()
    frame.get_by_label("Email address").fill("ada@people.example")
    frame.get_by_role("button", name="Subscribe").click()

    expect(frame.get_by_role("heading", level=1)).to_have_text("Please look into your mailbox")
    sign_up = SignUp.objects.get()
    assert sign_up.method == "embedded form"
    assert sign_up.due_at == sign_up.asked_at  # the work was done, within our content policy
    context.close()


def test_the_language_is_switched_by_a_link(open_page):
    page = open_page(FORM)
    page.get_by_role("link", name="العربية").click()

    assert page.locator("html").get_attribute("dir") == "rtl"
    expect(page.get_by_role("heading", level=1)).to_have_text("اشتراك")
    expect(page.get_by_role("option", name="العربية")).to_have_attribute("selected", "")


def test_a_reader_leaves_with_a_reason_and_moves_and_is_erased(open_page, mailbox):
    fill(open_page(FORM))
    SignUp.objects.update(due_at=SignUp.objects.get().asked_at)
    answer()
    page = open_page(find_link(mailbox.read_one()))
    page.get_by_role("button", name="Confirm").click()
    page.get_by_role("link", name="Change what you get").click()

    page.get_by_label("New email address").fill("ada@new.example")
    page.get_by_role("button", name="Change the address").click()
    expect(page.get_by_role("status")).to_contain_text("on its way")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download my data").click()
    assert download.value.suggested_filename == "my-data.json"

    page.get_by_role("link", name="Erase my data").click()
    page.get_by_role("button", name="Erase everything").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your data is erased")
    assert not Subscriber.objects.exists()


def open_all(open_page, mailbox, language: str, **options: object) -> list[Page]:
    """Open the pages of joining, each as a reader reaches it."""
    query = f"{FORM}?language={language}"
    asked = open_page(query, **options)
    asked.locator("[value=readers]").check()
    asked.locator("#email").fill("ada@people.example")
    asked.locator("form button").click()
    asked.wait_for_selector("form", state="detached")
    wrong = open_page(query, **options)
    wrong.locator("form").evaluate("form => { form.noValidate = true; form.submit(); }")
    wrong.wait_for_selector(".mistake")
    answer()
    confirm = open_page(find_link(mailbox.read()[0]), **options)
    return [
        open_page(query, **options),
        open_page(f"{FORM}/embed", **options),
        asked,
        wrong,
        confirm,
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("language", "width"), [("en", 1280), ("ar", 360)])
def test_everybody_can_read_and_use_the_pages(open_page, mailbox, scheme, language, width):
    for page in open_all(open_page, mailbox, language, width=width, scheme=scheme, script=True):
        assert Axe().run(page).response["violations"] == []
        for button in page.get_by_role("button").all():
            button.hover()
        assert Axe().run(page).response["violations"] == []


@pytest.mark.parametrize("language", ["ru", "ar"])
def test_nothing_overflows_however_long_the_names(open_page, mailbox, language):
    List.objects.update(name=f"{LONG} {LONG}", description=LONG)
    for width in WIDTHS:
        for page in open_all(open_page, mailbox, language, width=width, script=True):
            assert not page.evaluate(OVERFLOWS), (page.url, width)
        mailbox.empty()
        Subscriber.objects.all().delete()

"""A reader leaves, comes back and chooses, in a real browser, without any script."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from subscribers.models import List, Subscriber, Subscription
from subscribers.tokens import Purpose
from tests.fakes.links import make_path
from tests.fakes.world import join, make_list
from tests.journeys.conftest import LONG, OVERFLOWS

WIDTHS = (360, 1600)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def place() -> Subscription:
    group = make_list(
        name="The Harbour Letter", description="News from the quay, four times a year."
    )
    make_list("events", description="What takes place, and where.")
    return join("ada@people.example", group, name="Ada Berg", language="en")


def state() -> str:
    return Subscription.objects.get(list__slug="readers").state


def test_a_reader_leaves_and_comes_back_by_two_buttons(open_page, place):
    page = open_page(make_path(Purpose.UNSUBSCRIBE, place))
    expect(page.get_by_role("heading", level=1)).to_have_text("Leave this list?")

    page.get_by_role("button", name="Unsubscribe").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You have left the list")
    assert state() == "unsubscribed"

    page.get_by_role("button", name="Subscribe me again").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Welcome back")
    assert state() == "confirmed"


def press_tab_until(page: Page, element: str) -> None:
    """Go on by keyboard until the element has the focus, in whatever order lists come."""
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("(element) => document.activeElement.matches(element)", element):
            return
    raise AssertionError(f"the keyboard does not reach {element}")


def test_a_reader_chooses_with_the_keyboard_alone(open_page, place):
    page = open_page(make_path(Purpose.PREFERENCES, place))

    press_tab_until(page, "[value=events]")
    page.keyboard.press("Space")
    press_tab_until(page, "#name")
    page.keyboard.press("Control+A")
    page.keyboard.type("Ada Lovelace")
    page.keyboard.press("Enter")

    expect(page.get_by_role("status")).to_have_text("Your choices are saved.")
    assert Subscriber.objects.get().name == "Ada Lovelace"
    confirmed = Subscription.objects.confirmed().values_list("list__slug", flat=True)
    assert sorted(confirmed) == ["events", "readers"]


def test_a_reader_leaves_everything(open_page, place):
    page = open_page(make_path(Purpose.PREFERENCES, place))

    page.get_by_role("button", name="Unsubscribe from all").click()

    expect(page.get_by_role("status")).to_have_text("You have left every list.")
    expect(page.get_by_role("checkbox", checked=True)).to_have_count(0)
    assert state() == "unsubscribed"


def paths(place: Subscription) -> list[str]:
    return [
        make_path(Purpose.UNSUBSCRIBE, place),
        make_path(Purpose.PREFERENCES, place),
        make_path(Purpose.PREFERENCES, place) + "/erase",
        "/u/nothing",
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "ar"])
def test_everybody_can_read_and_use_the_pages(open_page, place, scheme, language):
    Subscriber.objects.update(language=language)
    for path in paths(place):
        page = open_page(path, width=390, scheme=scheme, script=True)
        assert Axe().run(page).response["violations"] == []
        for button in page.get_by_role("button").all():
            page.emulate_media(color_scheme=scheme)
            button.hover()
        assert Axe().run(page).response["violations"] == []


@pytest.mark.parametrize("language", ["en", "fr", "es", "ru", "ar", "zh-hans"])
def test_nothing_overflows_however_long_the_names(open_page, place, language):
    Subscriber.objects.update(language=language, name=LONG, email=f"{LONG[:60]}@people.example")
    List.objects.update(name=f"{LONG} {LONG}", description=LONG)
    for path in paths(place):
        for width in WIDTHS:
            page = open_page(path, width=width, script=True)
            assert not page.evaluate(OVERFLOWS), (path, width)


def test_the_pages_break_none_of_their_own_rules(open_page, place):
    """Listen for what the content policy refuses: inline styles, foreign hosts."""
    for path in paths(place):
        page = open_page("/u/nothing")
        told: list[str] = []
        page.on("console", lambda message: told.append(message.text))  # noqa: B023
        page.on("requestfailed", lambda request: told.append(request.url))  # noqa: B023
        with page.expect_response("**/public.css") as sheet:
            page.goto(page.url.replace("/u/nothing", path))
        assert sheet.value.ok
        assert [text for text in told if "404" not in text] == []

"""Three people sign an issue off in real browsers; then it is scheduled, goes, and is reported."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from mailer.content.read import read_issue
from mailer.dispatch.checking.check import judge_edition
from mailer.dispatch.control.schedule import create_mailing, schedule_mailing
from mailer.dispatch.editions.intake import store_issue
from mailer.dispatch.planning.following import follow
from mailer.dispatch.signing.chain import seal_edition
from mailer.dispatch.signing.sign import sign
from mailer.dispatch.trials.order import order_trials
from mailer.models import Comment, Edition, Following, Mailing, Publication, Role, SignOff
from mailer.web.desk import mailings, planning, trials
from tests.fakes.desk import make_member
from tests.fakes.world import join_many, make_list
from tests.journeys.conftest import hear_strangers
from tests.journeys.test_desk import SAMPLE, begin, deliver, finish, look

pytestmark = pytest.mark.django_db(transaction=True)
MOST_TABS = 80
CHAIN = (Role.AUTHOR, Role.LANGUAGE, Role.RESPONSIBLE)
PEOPLE = {
    Role.AUTHOR: ("Inès", "Belhadj"),
    Role.LANGUAGE: ("Siobhan", "O'Dwyer"),
    Role.RESPONSIBLE: ("Marit", "Oyelaran"),
}


@pytest.fixture(autouse=True)
def quiet(monkeypatch) -> None:
    """Leave the mailing to the test: no broker hears of it."""
    for module in (mailings, planning):
        monkeypatch.setattr(module, "wake_scheduler", lambda: None)
    monkeypatch.setattr(trials, "wake_tester", lambda: None)


@pytest.fixture
def publication() -> Publication:
    group = make_list(name="Readers of the Letter")
    join_many(12, group)
    made = Publication.objects.create(
        name="The Tidewater Letter",
        slug="tidewater",
        sender_name="Tidewater Institute",
        sender_address="letter@tidewater.example.org",
        chain=[role.value for role in CHAIN],
    )
    made.lists.add(group)
    store_issue(read_issue(SAMPLE / "sample.en.md"), publication=made, now=timezone.now())
    return made


@pytest.fixture
def enter(browser: Browser, live_server, publication) -> Iterator[Callable[..., Page]]:
    """Open a browser in which somebody of a role is logged in."""
    contexts = []

    def enter(role: Role, *, width: int = 1440, scheme: str = "light", axe: bool = False) -> Page:
        user = make_member(publication, role)
        user.first_name, user.last_name = PEOPLE.get(role, ("Ada", "Berg"))
        user.save()
        client = Client()
        client.force_login(user)
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=axe
        )
        name = settings.SESSION_COOKIE_NAME
        value = client.cookies[name].value
        context.add_cookies([{"name": name, "value": value, "url": live_server.url}])
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.goto(f"{live_server.url}/desk/tidewater/issues/7/sign-off/")
        return page

    yield enter
    for context in contexts:
        context.close()


def press(page: Page, role: Role) -> None:
    page.get_by_role("button", name=f"Sign the English edition as {role.label}").click()
    expect(page.get_by_role("button", name="Take my signature back")).to_be_visible()


def test_three_people_sign_and_then_it_is_scheduled_goes_and_is_reported(enter, publication):
    author, language, last = (enter(role) for role in CHAIN)
    press(author, Role.AUTHOR)
    language.reload()
    language.get_by_role("link", name="Read and comment").click()
    language.get_by_text("Comment on block 1 of What the reef survey found").click()
    language.get_by_label("Your comment").locator("visible=true").fill("61 or 62 divers?")
    language.get_by_role("button", name="Keep it").locator("visible=true").click()
    expect(language.get_by_text("61 or 62 divers?")).to_be_visible()
    language.get_by_role("button", name="Resolve what Siobhan O'Dwyer said").click()
    language.get_by_role("link", name="Sign-off").first.click()
    press(language, Role.LANGUAGE)
    last.reload()
    press(last, Role.RESPONSIBLE)
    expect(last.get_by_role("heading", level=2)).to_contain_text("signed by all")

    last.get_by_role("link", name="No. 7").click()
    last.get_by_role("link", name="Send it …").click()
    last.get_by_label("As soon as you have said yes").check()
    last.get_by_role("button", name="Next").click()
    last.get_by_role("button", name="Send it to 12 people now").click()
    expect(last.get_by_role("heading", level=2)).to_contain_text("Scheduled")
    mailing = Mailing.objects.get()
    begin(mailing)
    deliver(mailing, 12)
    finish(mailing)
    expect(last.get_by_role("heading", level=2)).to_contain_text("Sent")
    last.get_by_role("link", name="Read its report").click()
    expect(
        last.get_by_role("button", name="Send a correction to the 12 who got it")
    ).to_be_visible()
    assert list(SignOff.objects.values_list("name", flat=True)) == [
        " ".join(PEOPLE[role]) for role in CHAIN
    ]


def test_an_edition_is_signed_on_a_telephone_by_keys_alone(enter, publication):
    page = enter(Role.AUTHOR, width=390)

    walk_to(page, "Sign the English edition as author")
    page.keyboard.press("Enter")

    expect(page.get_by_role("button", name="Take my signature back")).to_be_visible()
    assert SignOff.objects.get().name == " ".join(PEOPLE[Role.AUTHOR])
    walk_to(page, "Take my signature back")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Sign the English edition as author")).to_be_visible()


def walk_to(page: Page, words: str) -> None:
    """Press Tab until what has these words is reached, and see that it can be seen there."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        here = page.locator(":focus")
        if here.count() and words.lower() in here.inner_text().lower():
            expect(here).to_be_in_viewport()
            return
    raise AssertionError(f"No key leads to {words!r}.")


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_everybody_can_read_and_use_these_pages(enter, publication, live_server, scheme, width):
    page = enter(Role.ADMIN, width=width, scheme=scheme, axe=True)
    strangers = hear_strangers(page, live_server.url)
    own = f"{live_server.url}/desk/tidewater"
    wrong = []
    for name, path in fill(publication, own, live_server.url).items():
        page.goto(path)
        wrong += look(page, f"{name}-{width}-{scheme}")
    assert wrong + strangers == []


def fill(publication: Publication, own: str, url: str) -> dict[str, str]:
    """Make a world with something on every page, and return the pages."""
    now = timezone.now()
    publication.refresh_from_db()
    Publication.objects.update(chain=[])
    edition = Edition.objects.select_related("issue__publication").get()
    lists = publication.lists.all()
    sent, later = (create_mailing(edition.issue, lists=lists, now=now) for _ in range(2))
    schedule_mailing(later, at=now + dt.timedelta(days=1), time_zone="Europe/Oslo")
    schedule_mailing(sent, at=now)
    begin(sent)
    deliver(sent, 11)
    finish(sent)
    sent.refresh_from_db()
    correction = follow(sent, Following.ACCEPTED, now=now)
    Publication.objects.update(chain=[role.value for role in CHAIN])
    edition = Edition.objects.select_related("issue__publication").get()
    author = make_member(publication, Role.AUTHOR)
    seal = seal_edition(edition)
    sign(edition, role=Role.AUTHOR, user=author, name="Inès Belhadj", seen=seal, now=now)
    source = edition.source.replace("Four hundred people", "Five hundred people").replace(
        "Two dates for your spring", "Two dates"
    )
    source = source.replace(
        "All their readings are free", "All [here](https://a.example/) are free"
    )
    document_hash = "f" * 64
    Edition.objects.update(source=source, content_hash=document_hash)
    judge_edition(Edition.objects.select_related("issue__publication").get())
    Comment.objects.create(
        edition=edition,
        anchor="what-the-reef-survey-found",
        block=1,
        excerpt="The third survey",
        text="61 or 62 divers?",
        name="Siobhan O'Dwyer",
        at=now,
    )
    order_trials(edition, ["ada@desk.example", "bo@desk.example"], now=now)
    return {
        "issue-with-checks": f"{own}/issues/7/",
        "checks": f"{own}/issues/7/checks/",
        "sign-off": f"{own}/issues/7/sign-off/",
        "difference": f"{own}/issues/7/editions/en/difference/",
        "review": f"{own}/issues/7/editions/en/review/",
        "order": f"{own}/sign-off/",
        "try": f"{own}/issues/7/try/?reader=reader1@people.example",
        "calendar": f"{own}/calendar/",
        "correction": f"{own}/mailings/{correction.pk}/check/",
        "after": f"{own}/mailings/{sent.pk}/report/",
        "archive-issue": f"{url}/archive/tidewater/7/",
        "archive-article": f"{url}/archive/tidewater/7/en/leila-haddad-who-listened-to-the-ground/",
    }

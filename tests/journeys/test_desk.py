"""An editor in a real browser: logs in, uploads, looks, sends, watches it go, reads its report."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.cache import cache
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from mailer.content.read import read_issue
from mailer.dispatch.control.schedule import (
    create_mailing,
    finish_mailings,
    schedule_mailing,
    start_due_mailings,
)
from mailer.dispatch.editions.intake import store_issue
from mailer.dispatch.freezing.freeze import freeze_mailing
from mailer.dispatch.planning.plan import plan_slice
from mailer.models import (
    AuditEntry,
    Batch,
    BatchState,
    Delivery,
    DeliveryState,
    Feedback,
    Mailing,
    MailingState,
    Publication,
    Role,
)
from mailer.web.desk import mailings, planning
from subscribers.importing.lifecycle import Wish, keep_import
from subscribers.models import Segment, SuppressionReason
from subscribers.suppression import suppress
from tests.conftest import ROOT
from tests.fakes.desk import PASSWORD, make_member
from tests.fakes.house import fill_house
from tests.fakes.world import join_many, make_list
from tests.journeys.conftest import hear_strangers

SAMPLE = ROOT / "mailer/demo/issues"
OVERFLOWS = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
# Where somebody wants to look at the pages, as docs have them: a folder for their pictures.
PICTURES = os.environ.get("MASTHEAD_TEST_PICTURES")

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def quiet(monkeypatch) -> None:
    """Leave the mailing to the test: no broker hears of it."""
    cache.clear()
    for module in (mailings, planning):
        monkeypatch.setattr(module, "wake_scheduler", lambda: None)


@pytest.fixture
def publication() -> Publication:
    group = make_list(name="Readers of the Letter")
    join_many(12, group)
    made = Publication.objects.create(
        name="The Tidewater Letter",
        slug="tidewater",
        sender_name="Tidewater Institute",
        sender_address="letter@tidewater.example.org",
    )
    made.lists.add(group)
    make_member(made, Role.ADMIN)
    return made


@pytest.fixture
def open_page(browser: Browser, live_server) -> Iterator[Callable[..., Page]]:
    contexts = []

    def open_page(*, width: int, scheme: str = "light", axe: bool = False) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=axe
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.goto(f"{live_server.url}/desk/")
        return page

    yield open_page
    for context in contexts:
        context.close()


def log_in(page: Page) -> None:
    page.get_by_label("Login").fill("admin@desk.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()


def keep(page: Page, name: str) -> None:
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page=True)


def begin(mailing: Mailing) -> None:
    """Plan it as a worker does."""
    start_due_mailings(now=timezone.now())
    mailing.refresh_from_db()
    frozen = freeze_mailing(mailing, now=timezone.now())
    while mailing.state == MailingState.PLANNING:
        plan_slice(mailing, frozen, now=timezone.now())


def deliver(mailing: Mailing, count: int) -> None:
    """Have so many accepted, as a worker records it."""
    chosen = Delivery.objects.filter(mailing=mailing, state="pending")[:count]
    Delivery.objects.filter(pk__in=list(chosen.values_list("pk", flat=True))).update(
        state=DeliveryState.ACCEPTED, decided_at=timezone.now()
    )


def finish(mailing: Mailing) -> None:
    Batch.objects.filter(mailing=mailing).update(state=BatchState.DONE)
    finish_mailings(now=timezone.now())


@pytest.mark.parametrize("width", [1440, 390])
def test_an_editor_sends_the_sample_issue(open_page, publication, width):
    page = open_page(width=width)
    told: list[str] = []
    page.on("console", lambda message: told.append(message.text))
    log_in(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Today")

    page.get_by_role("link", name="Upload the first issue").click()
    page.get_by_label("Issue file").set_input_files(SAMPLE / "sample.en.md")
    page.get_by_label("Its pictures").set_input_files(sorted((SAMPLE / "pictures").iterdir()))
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_role("status")).to_contain_text("is kept")

    page.get_by_role("link", name="Preview in English").click()
    frame = page.frame_locator("iframe")
    expect(frame.get_by_role("heading", name="The lamp at Ellery Point").first).to_be_visible()
    loaded = frame.get_by_role("img").first.evaluate(
        "image => image.complete && image.naturalWidth"
    )
    assert loaded
    page.get_by_role("link", name="No. 7").first.click()

    page.get_by_role("link", name="Send it …").click()
    page.get_by_label("As soon as you have said yes").check()
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_text("will be sent to 12 people")).to_be_visible()
    page.get_by_role("button", name="Send it to 12 people now").click()
    expect(page.get_by_role("heading", level=2)).to_contain_text("Scheduled")

    mailing = Mailing.objects.get()
    begin(mailing)
    deliver(mailing, 6)
    expect(page.get_by_text("50 % of 12")).to_be_visible()
    deliver(mailing, 6)
    finish(mailing)
    expect(page.get_by_role("heading", level=2)).to_contain_text("Sent")

    page.get_by_role("link", name="Read its report").click()
    expect(page.get_by_text("The parts add up to the whole.")).to_be_visible()
    assert told == []
    acts = AuditEntry.objects.order_by("id").values_list("act", flat=True)
    assert list(acts) == ["added an edition", "drafted a mailing", "scheduled"]


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_everybody_can_read_and_use_every_page(
    open_page, publication, live_server, settings, tmp_path, scheme, width
):
    settings.VAR_DIR = tmp_path
    page = open_page(width=width, scheme=scheme, axe=True)
    strangers = hear_strangers(page, live_server.url)
    wrong = look(page, f"log-in-{width}-{scheme}")
    log_in(page)
    wrong += look(page, f"today-empty-{width}-{scheme}")
    for name in ("issues", "audit", "people/segments", "people/imports", "people/returns"):
        page.goto(f"{live_server.url}/desk/tidewater/{name}/")
        wrong += look(page, f"{name.replace('/', '-')}-empty-{width}-{scheme}")
    for name, path in fill(publication, live_server.url).items():
        page.goto(path)
        if page.get_by_role("heading", name="Confirm Access").count():
            wrong += look(page, f"confirm-access-{width}-{scheme}")
            page.get_by_label("Password").fill(PASSWORD)
            page.get_by_role("button", name="Confirm").click()
            expect(page.get_by_role("heading", name="Confirm Access")).to_have_count(0)
        wrong += look(page, f"{name}-{width}-{scheme}")
    page.goto(f"{live_server.url}/desk/tidewater/issues/new/")
    page.get_by_label("Issue file").set_input_files(
        {
            "name": "bad.md",
            "mimeType": "text/plain",
            "buffer": b"---\nnumber: x\n---\n\nNo heading\n",
        }
    )
    page.get_by_role("button", name="Upload").click()
    wrong += look(page, f"upload-in-error-{width}-{scheme}")
    page.goto(f"{live_server.url}/desk/tidewater/people/segments/new/")
    expect(page.get_by_text("Finish the conditions")).to_be_visible()
    page.get_by_role("button", name="Add a group").click()
    page.get_by_role("button", name="Keep it").last.click()
    expect(page.get_by_text("Write or choose what it is compared with.").first).to_be_visible()
    wrong += look(page, f"segment-in-error-{width}-{scheme}")
    assert wrong + strangers == []


def look(page: Page, name: str) -> list[str]:
    """Return what axe finds, and whether the page overflows; keep a picture if one is wanted."""
    keep(page, name)
    found = Axe().run(page).response["violations"]
    return [
        *(f"{name}: {each['id']}: {each['nodes'][0]['html'][:200]}" for each in found),
        *([f"{name} overflows"] if page.evaluate(OVERFLOWS) else []),
    ]


def fill(publication: Publication, url: str) -> dict[str, str]:
    """Make a world with something on every page, and return the pages."""
    now = timezone.now()
    for language in ("en", "ar"):
        document = read_issue(SAMPLE / f"sample.{language}.md")
        issue = store_issue(document, publication=publication, now=now).issue
    sent, going, draft, later = (
        create_mailing(issue, lists=publication.lists.all(), now=now) for _ in range(4)
    )
    schedule_mailing(later, at=now.replace(year=2099), time_zone="Europe/Oslo")
    for mailing, count in ((sent, 11), (going, 7)):
        schedule_mailing(mailing, at=now)
        begin(mailing)
        deliver(mailing, count)
    refused = {"reply_code": 550, "reply_status": "5.1.1", "reply_stage": "rcpt"}
    Delivery.objects.filter(state="pending").filter(
        pk__in=[
            Delivery.objects.filter(mailing=each, state="pending").first().pk
            for each in (sent, going)
        ]
    ).update(state="failed", reply_text="No such user here", **refused)
    finish(sent)
    AuditEntry.objects.create(
        publication=publication,
        actor="admin@desk.example",
        act="replaced an edition",
        subject=str(issue),
        before={"subject": "Spring"},
        after={"subject": "Late spring"},
        at=now,
    )
    own = f"{url}/desk/tidewater"
    house = fill_house(publication, sent, url)
    return (
        house
        | fill_people(publication, sent, own)
        | {
            "today": f"{own}/",
            "issues": f"{own}/issues/",
            "issue": f"{own}/issues/7/",
            "preview": f"{own}/issues/7/editions/en/",
            "preview-phone": f"{own}/issues/7/editions/ar/?view=phone",
            "preview-text": f"{own}/issues/7/editions/en/?view=text",
            "plan": f"{own}/issues/7/send/",
            "check": f"{own}/mailings/{draft.pk}/check/",
            "sending": f"{own}/mailings/{going.pk}/",
            "scheduled": f"{own}/mailings/{later.pk}/",
            "cancel": f"{own}/mailings/{going.pk}/cancel/",
            "report": f"{own}/mailings/{sent.pk}/report/",
            "audit": f"{own}/audit/",
        }
    )


def fill_people(publication: Publication, sent: Mailing, own: str) -> dict[str, str]:
    """Let somebody complain, and make a segment, an import and a suppression."""
    now = timezone.now()
    delivery = Delivery.objects.filter(mailing=sent, state="accepted").first()
    Delivery.objects.filter(pk=delivery.pk).update(complained_at=now)
    Feedback.objects.create(delivery=delivery, kind="complaint", diagnostic="abuse", at=now)
    origin = f"delivery:{delivery.pk}"
    held = suppress(delivery.email, reason=SuppressionReason.COMPLAINT, origin=origin, now=now)
    group = publication.lists.get()
    tests = [
        {"field": "country", "operator": "in", "value": ["NO", "SE"]},
        {"any": [{"field": f"joined.{group.slug}", "operator": "after", "value": "2026-01-01"}]},
    ]
    segment = Segment.objects.create(name="Northern newcomers", rule={"all": tests})
    file = [b"email,name,city\nada@people.example,Ada Berg,Oslo\nnobody,,\n"]
    wish = Wish(group=group, basis="members, by the statutes")
    kept = keep_import(file, name="members.csv", wish=wish, owner_id=None, now=now)
    people = f"{own}/people"
    return {
        "readers": f"{people}/",
        "readers-none": f"{people}/?q=nobody",
        "add-reader": f"{people}/add/",
        "reader": f"{people}/readers/{delivery.subscriber_id}/",
        "erase-reader": f"{people}/readers/{delivery.subscriber_id}/erase/",
        "lists": f"{people}/lists/",
        "list": f"{people}/lists/of/{group.slug}/",
        "list-change": f"{people}/lists/of/{group.slug}/change/",
        "segments": f"{people}/segments/",
        "segment": f"{people}/segments/{segment.pk}/?reader={delivery.email}",
        "segment-change": f"{people}/segments/{segment.pk}/change/",
        "imports": f"{people}/imports/",
        "import-new": f"{people}/imports/new/",
        "import": f"{people}/imports/{kept.pk}/",
        "suppressions": f"{people}/suppressions/",
        "suppressions-import": f"{people}/suppressions/import/",
        "lift": f"{people}/suppressions/{held.pk}/lift/",
        "returns": f"{people}/returns/",
    }

"""Editors in a real browser: write an issue, and do not write over one another."""

from __future__ import annotations

import base64
import io
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.cache import cache
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops
from playwright.sync_api import Browser, Page, expect

from mailer.content.read import read_issue
from mailer.dispatch.editions.intake import store_issue
from mailer.errors import RenderingError
from mailer.models import Draft, Edition, Publication, Role
from mailer.rendering.markdown import to_html
from mailer.rendering.render import render_issue
from mailer.rendering.theme import load_theme
from mailer.web.desk.editing.parts import make_part
from mailer.web.desk.editing.reading import read_part
from tests.conftest import ROOT
from tests.content.prose import markdown
from tests.fakes.desk import PASSWORD, make_member
from tests.fakes.world import make_list
from tests.journeys.conftest import hear_strangers

SAMPLE = ROOT / "mailer/demo/issues"
OVERFLOWS = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
# Where somebody wants to look at the pages: a folder for their pictures.
PICTURES = os.environ.get("MASTHEAD_TEST_PICTURES")
WORD = """<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><style>p{color:red}</style>
<script>alert(1)</script></head><body>
<p class=MsoNormal style="margin:0cm">The <b style='mso-bidi-font-weight:normal'>lamp</b>
<a href="https://a.example/">turns</a> <a href="javascript:alert(1)">here</a><o:p></o:p></p>
<p class=MsoListParagraph style='mso-list:l0 level1 lfo1'><span style='mso-list:Ignore'>·
</span>One</p>
<p class=MsoListParagraph style='mso-list:l0 level2 lfo1'><span style='mso-list:Ignore'>o
</span>Deeper</p>
<p class=MsoListParagraph style='mso-list:l0 level1 lfo1'><span style='mso-list:Ignore'>·
</span>Two</p>
<img src="file:///c:/boat.jpg" onerror="alert(1)"></body></html>"""

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def publication() -> Publication:
    cache.clear()
    made = Publication.objects.create(
        name="The Tidewater Letter",
        slug="tidewater",
        sender_name="Tidewater Institute",
        sender_address="letter@tidewater.example.org",
    )
    made.lists.add(make_list())
    for role in (Role.AUTHOR, Role.EDITOR):
        make_member(made, role)
    return made


@pytest.fixture
def issue(publication: Publication) -> str:
    """Give an issue that can be written on; return the path of its page."""
    for language in ("en", "ar"):
        document = read_issue(SAMPLE / f"sample.{language}.md")
        store_issue(document, publication=publication, now=timezone.now())
    return "/desk/tidewater/issues/7/editions/en/edit/"


@pytest.fixture
def enter(browser: Browser, live_server) -> Iterator[Callable[..., Page]]:
    """Log somebody in and open a path."""
    contexts = []

    def enter(
        path: str, *, who: Role = Role.AUTHOR, width: int = 1440, scheme="light", axe=False
    ) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=axe
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.goto(f"{live_server.url}/accounts/login/?next={path}")
        page.get_by_label("Login").fill(f"{who.value}@desk.example")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in", exact=True).click()
        page.wait_for_url(f"**{path}")
        return page

    yield enter
    for context in contexts:
        context.close()


def choose(page: Page, kind: str) -> None:
    page.locator(f'#outline [data-kind="{kind}"] a').first.click()
    expect(page.locator(f'#outline [data-kind="{kind}"] a[aria-current]')).to_be_visible()


def add(page: Page, kind: str) -> None:
    page.locator("#outline").get_by_role("button", name=kind, exact=True).click()
    expect(page.get_by_role("heading", level=2, name=kind, exact=True)).to_be_visible()


def paint() -> dict[str, object]:
    file = io.BytesIO()
    Image.effect_mandelbrot((800, 400), (-2, -1, 1, 1), 40).convert("RGB").save(file, "JPEG")
    return {"name": "boat.jpg", "mimeType": "image/jpeg", "buffer": file.getvalue()}


def test_an_issue_is_written_with_a_photo_a_profile_and_a_quotation(enter, publication):
    page = enter("/desk/tidewater/issues/begin/")
    told: list[str] = []
    page.on("console", lambda message: told.append(message.text))
    page.on("pageerror", lambda error: told.append(str(error)))
    page.get_by_role("button", name="Begin").click()
    page.get_by_label("Subject").fill("A lamp relit")
    page.get_by_label("Postal address").fill("4 Customs House Lane, Port Ellery 2210")
    expect(page.locator("#saved")).to_contain_text("Saved.")
    choose(page, "section")
    add(page, "Article")
    page.get_by_label("Title").fill("The lamp")
    add(page, "Text")
    text = page.get_by_role("textbox", name="Text")
    text.click()
    page.keyboard.type("The lamp ")
    page.keyboard.press("Control+b")
    page.keyboard.type("turns")
    page.keyboard.press("Control+b")
    page.keyboard.type(" again.")
    page.keyboard.press("Enter")
    page.keyboard.type("- One")
    shown = page.frame_locator("#glass iframe:not(.coming)")
    expect(shown.get_by_text("The lamp turns again.")).to_be_visible()
    expect(text).to_be_focused()
    add(page, "Photo")
    with page.expect_navigation():
        page.get_by_label("Picture", exact=True).set_input_files(paint())
    page.get_by_label("What it shows").fill("A boat")
    page.get_by_label("Width").fill("50")
    expect(shown.get_by_alt_text("A boat")).to_be_visible()
    add(page, "Profile")
    page.get_by_label("Name").fill("Ada Berg")
    add(page, "Quotation")
    page.get_by_role("textbox", name="The words").click()
    page.keyboard.type("It turns.")
    page.get_by_label("Whose words").fill("Bo Li")
    expect(shown.get_by_text("It turns.")).to_be_visible()
    # By keyboard: the quotation goes above the profile.
    page.locator("#outline [data-kind=quotation] a").focus()
    with page.expect_navigation():
        page.keyboard.press("Alt+ArrowUp")

    page.get_by_role("button", name="Make it the edition").click()

    expect(page.get_by_text("is kept")).to_be_visible()
    edition = Edition.objects.get()
    body = re.sub(r"src: .*", "src: …", edition.source.partition("# News")[2]).strip()
    assert body == (
        "## The lamp\n\nThe lamp **turns** again.\n\n- One\n\n:::photo\nsrc: …\nalt: A boat\n:::"
        "\n\n> It turns.\n>\n> — Bo Li\n\n:::profile\nname: Ada Berg\n:::"
    )
    assert next(iter(edition.pictures.values()))["width"] == 400
    assert told == []


def test_two_editors_in_one_part_lose_nothing(enter, issue):
    mine, theirs = enter(issue), enter(issue, who=Role.EDITOR)
    for page in (mine, theirs):
        choose(page, "prose")
    for page, words in ((theirs, "Theirs. "), (mine, "Mine. ")):
        page.get_by_role("textbox", name="Text").click()
        page.keyboard.press("Control+Home")
        page.keyboard.type(words)
        if page is theirs:
            expect(page.locator("#saved")).to_contain_text("Readers get none of this")

    expect(mine.get_by_role("alert")).to_contain_text("Two of you wrote here")
    expect(mine.get_by_role("alert")).to_contain_text("editor@desk.example")
    expect(mine.locator(".version").nth(0)).to_contain_text("Theirs. ")
    expect(mine.locator(".version").nth(1)).to_contain_text("Mine. ")
    assert "Theirs. After" in str(Draft.objects.get().content)

    mine.get_by_role("button", name="Keep mine").click()
    expect(mine.get_by_text("Saved.").first).to_be_visible()
    assert "Mine. After" in str(Draft.objects.get().content)
    mine.get_by_role("link", name="History").click()
    expect(mine.get_by_text("put aside")).to_be_visible()


def normalise(html: str) -> str:
    """Return HTML without the white space that no reader sees."""
    html = re.sub(r"<pre><code>\s*</code></pre>", "<pre><code></code></pre>", html)
    html = re.sub(r"\s+", " ", re.sub(r"<p>\s*</p>", "", html))
    block = r"</?(?:p|li|ul|ol|h\d|blockquote|pre|hr|br)\b[^>]*>"
    return re.sub(rf"\s*({block})\s*", r"\1", html).strip()


def test_any_markdown_goes_through_the_rich_editor_unchanged_in_sense(enter, issue):
    page = enter(issue)

    @settings(
        max_examples=25, database=None, deadline=None, suppress_health_check=list(HealthCheck)
    )
    @given(st.lists(markdown(), min_size=2, max_size=3))
    def try_some(texts: list[str]) -> None:
        for text in texts:
            try:
                before = to_html(text, highest=3)
            except RenderingError:
                continue
            written = page.evaluate("html => masthead.through(html)", before)
            after = to_html(written, highest=3)
            assert normalise(after) == normalise(before)
            assert page.evaluate("html => masthead.through(html)", after) == written
            if not judge(text):
                assert judge(written) == ()

    try_some()
    pasted = page.evaluate("html => masthead.paste(html)", WORD)
    assert pasted == "The **lamp** [turns](https://a.example/) here\n\n- One\n  - Deeper\n- Two"


def judge(text: str) -> tuple[object, ...]:
    return read_part(make_part("prose", {"markdown": text}, rev=1, name="p"), ()).findings


@pytest.mark.parametrize("language", ["en", "ar"])
def test_the_preview_is_to_the_pixel_what_readers_get(browser, language):
    document = read_issue(SAMPLE / f"sample.{language}.md")
    shown = [
        render_issue(
            document,
            theme=load_theme(),
            picture_url=lambda picture: (
                f"data:{picture.media_type};base64," + base64.b64encode(picture.data).decode()
            ),
            for_browser=for_browser,
        ).html
        for for_browser in (True, False)
    ]
    for width, scheme in ((1000, "light"), (390, "dark")):
        page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
        looks = [take_picture(page, html) for html in shown]
        page.close()

        assert looks[0].size == looks[1].size
        assert ImageChops.difference(*looks).getbbox() is None


def take_picture(page: Page, html: str) -> Image.Image:
    page.set_content(html)
    return Image.open(io.BytesIO(page.screenshot(full_page=True))).convert("RGB")


PAGES = {
    # The widest and the narrowest, by day and by night; each page once, as axe takes its time.
    (1440, "dark"): ["prose", "photo", "revision"],
    (390, "light"): ["head", "begin", "history", "languages"],
}


@pytest.mark.parametrize(("width", "scheme"), PAGES)
def test_everybody_can_read_and_use_the_pages_of_writing(enter, issue, live_server, width, scheme):
    page = enter(issue, width=width, scheme=scheme, axe=True)
    strangers = hear_strangers(page, live_server.url)
    elsewhere = {
        "begin": "/desk/tidewater/issues/begin/",
        "history": f"{issue}history/",
        "languages": "/desk/tidewater/issues/7/languages/",
        "revision": f"{issue}history/1/",
    }
    rows = {
        kind: page.locator(f'#outline [data-kind="{kind}"] a').first.get_attribute("href")
        for kind in ("head", "prose", "photo")
    }
    wrong = []
    for name in PAGES[width, scheme]:
        page.goto(live_server.url + (elsewhere | rows)[name])
        wrong += look(page, f"writing-{name}-{width}-{scheme}")
    assert wrong + strangers == []


def look(page: Page, name: str) -> list[str]:
    """Return what axe finds, and whether the page overflows; keep a picture if one is wanted."""
    if PICTURES:
        page.wait_for_load_state("networkidle")
        page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page=True)
    found = Axe().run(page).response["violations"]
    return [
        *(f"{name}: {each['id']}: {each['nodes'][0]['html'][:200]}" for each in found),
        *([f"{name} overflows"] if page.evaluate(OVERFLOWS) else []),
    ]

"""The rendered issue in a real browser: nothing overflows, nothing is cut, all can be read."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from mailer.content.read import read_issue
from mailer.rendering.render import render_issue
from mailer.rendering.theme import load_theme
from mailer.types import Document, Quotation
from tests.conftest import ROOT, require
from tests.fakes.documents import make_document

CHROMIUM = Path("/usr/bin/chromium")
SAMPLES = ROOT / "mailer" / "demo" / "issues"
PHONE, DESK = 375, 700
LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
# What lies outside the page. The preheader is hidden, and has no height.
OVERFLOWING = """() => [...document.querySelectorAll('body *')].filter(e => {
  const box = e.getBoundingClientRect();
  if (!box.width || getComputedStyle(e).maxHeight === '0px') return false;
  return box.right > innerWidth + 1 || box.left < -1;
}).map(e => e.outerHTML.slice(0, 90))"""
# What shows less than it holds, and text that lies outside of its cell.
CUT = """() => [...document.querySelectorAll('body td, body p, body h1, body h2, body h3')]
.filter(e => e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display !== 'inline')
.map(e => e.outerHTML.slice(0, 90))"""
# The background on which an element stands.
GROUND = """(element) => {
  for (let e = element; e; e = e.parentElement) {
    const colour = getComputedStyle(e).backgroundColor;
    if (colour !== 'rgba(0, 0, 0, 0)') return colour;
  }
}"""
# Rules about whole pages; mail is laid out in tables inside somebody else's page.
NOT_FOR_MAIL = {"region", "landmark-one-main"}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    require(CHROMIUM.exists(), "Chromium")
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=str(CHROMIUM), args=arguments)
        yield launched
        launched.close()


def render(document: Document, *, images: bool = True) -> str:
    return render_issue(
        document,
        theme=load_theme(),
        picture_url=lambda each: embed(each.media_type, each.data if images else b""),
    ).html


def embed(media_type: str, data: bytes) -> str:
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"


@pytest.fixture(scope="module")
def documents() -> dict[str, Document]:
    samples = {name: read_issue(SAMPLES / f"sample.{name}.md") for name in ("en", "ar")}
    return samples | {
        "long words": make_document(LONG),
        "long words, mirrored": make_document(LONG, language="he"),
        "every block, in Chinese": make_document("本期内容「世界」。" * 4, language="zh-Hans"),
    }


@contextmanager
def open_page(browser: Browser, html: str, *, width: int, scheme: str) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    page.set_content(html)
    yield page
    context.close()


def assert_it_looks_right(browser: Browser, html: str, *, width: int, scheme: str) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))

    page.set_content(html)

    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(OVERFLOWING) == []
    assert page.evaluate(CUT) == []
    assert [url for url in requests if not url.startswith("data:")] == []
    violations = [
        (each["id"], [node["html"][:120] for node in each["nodes"]])
        for each in Axe().run(page).response["violations"]
        if each["id"] not in NOT_FOR_MAIL
    ]
    assert violations == []
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [PHONE, DESK])
@pytest.mark.parametrize("name", ["en", "ar"])
def test_the_samples_look_right(browser, documents, name, width, scheme):
    assert_it_looks_right(browser, render(documents[name]), width=width, scheme=scheme)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [PHONE, DESK])
def test_the_real_bulletin_looks_right(browser, shared, width, scheme):
    html = render(read_issue(shared / "bulletin" / "issue-13.md"))

    assert_it_looks_right(browser, html, width=width, scheme=scheme)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [PHONE, DESK])
def test_the_real_bulletin_looks_right_mirrored(browser, shared, width, scheme):
    bulletin = read_issue(shared / "bulletin" / "issue-13.md")
    html = render(replace(bulletin, language="ar"))

    assert 'dir="rtl"' in html
    assert_it_looks_right(browser, html, width=width, scheme=scheme)


@pytest.mark.parametrize("width", [320, DESK])
@pytest.mark.parametrize("name", ["long words", "long words, mirrored", "every block, in Chinese"])
def test_what_is_hard_to_set_looks_right(browser, documents, name, width):
    assert_it_looks_right(browser, render(documents[name]), width=width, scheme="light")


def test_links_and_lists_within_a_quotation_are_read_in_the_dark_too(browser, documents):
    words = (
        "Said [a link](https://a.example/) and\n\n- a point\n\n> more [of it](https://b.example/)"
    )
    section = replace(documents["en"].sections[0], blocks=(Quotation(markdown=words),))
    html = render(replace(documents["en"], sections=(section,)))

    assert_it_looks_right(browser, html, width=PHONE, scheme="dark")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_without_images_their_words_stand_in_their_place(browser, documents, scheme):
    html = render(documents["en"], images=False)

    with open_page(browser, html, width=DESK, scheme=scheme) as page:
        images = page.query_selector_all("img")
        assert [image.get_attribute("alt") for image in images]
        for image in images:
            box = image.bounding_box()
            assert box is not None
            assert box["height"] >= 100
            assert (
                image.evaluate("(e) => getComputedStyle(e).backgroundColor") != "rgba(0, 0, 0, 0)"
            )


@pytest.mark.parametrize(
    ("name", "is_before"), [("en", lambda a, b: a < b), ("ar", lambda a, b: a > b)]
)
def test_the_portrait_stands_beside_its_text_and_above_it_on_a_phone(
    browser, documents, name, is_before
):
    html = render(documents[name])

    boxes = {}
    for width in (PHONE, DESK):
        with open_page(browser, html, width=width, scheme="light") as page:
            boxes[width] = [
                page.locator(place).bounding_box() for place in (".portrait img", ".person .name")
            ]

    portrait, person = boxes[DESK]
    assert is_before(portrait["x"], person["x"])
    assert portrait["y"] < person["y"] < portrait["y"] + portrait["height"]
    portrait, person = boxes[PHONE]
    assert portrait["y"] + portrait["height"] <= person["y"]


def test_contents_jump_to_their_articles(browser, documents):
    with open_page(browser, render(documents["en"]), width=DESK, scheme="light") as page:
        page.locator(".entry a").last.click()

        heading = page.locator("h3").last.bounding_box()
        assert heading is not None
        assert -40 <= heading["y"] <= 900


@pytest.mark.parametrize("place", ["h1", "h2", "h3", ".prose p", ".card .name", ".footer p"])
def test_dark_mode_turns_every_ground_dark(browser, documents, place):
    html = render(documents["en"])
    grounds = {}
    for scheme in ("light", "dark"):
        with open_page(browser, html, width=DESK, scheme=scheme) as page:
            colour = page.locator(place).first.evaluate(GROUND)
            grounds[scheme] = sum(int(part) for part in colour[4:-1].split(","))

    assert grounds["light"] > 600
    assert grounds["dark"] < 200

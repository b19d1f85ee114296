"""The rendered issue in a real browser: nothing overflows, nothing is cut, all can be read."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, sync_playwright

from mailer.content.read import read_issue
from mailer.rendering.render import render_issue
from mailer.rendering.theme import load_theme
from tests.conftest import ROOT, require

CHROMIUM = Path("/usr/bin/chromium")
SAMPLES = ROOT / "mailer" / "demo" / "issues"
# What lies outside the page, or shows less than it holds.
OVERFLOWING = """() => [...document.querySelectorAll('body *')].filter(e => {
  const box = e.getBoundingClientRect();
  if (!box.width || getComputedStyle(e).maxHeight === '0px') return false;
  return box.right > innerWidth + 1 || box.left < -1;
}).map(e => e.outerHTML.slice(0, 90))"""
# Rules about whole pages; mail is laid out in tables inside somebody else's page.
NOT_FOR_MAIL = {"region", "landmark-one-main", "page-has-heading-one", "meta-viewport"}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    require(CHROMIUM.exists(), "Chromium")
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=str(CHROMIUM), args=arguments)
        yield launched
        launched.close()


def render(path: Path) -> str:
    rendered = render_issue(
        read_issue(path),
        theme=load_theme(),
        picture_url=lambda each: (
            f"data:{each.media_type};base64,{base64.b64encode(each.data).decode()}"
        ),
    )
    return rendered.html


@pytest.fixture(scope="module")
def pages(request: pytest.FixtureRequest) -> dict[str, str]:
    shared = request.getfixturevalue("shared")
    return {
        "en": render(SAMPLES / "sample.en.md"),
        "ar": render(SAMPLES / "sample.ar.md"),
        "real": render(shared / "bulletin" / "issue-13.md"),
    }


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [375, 700])
@pytest.mark.parametrize("name", ["en", "ar", "real"])
def test_it_looks_right(browser: Browser, pages, name, width, scheme):
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))

    page.set_content(pages[name])

    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(OVERFLOWING) == []
    assert [url for url in requests if not url.startswith("data:")] == []
    violations = Axe().run(page).response["violations"]
    serious = [
        (each["id"], [node["html"][:120] for node in each["nodes"]])
        for each in violations
        if each["impact"] in {"serious", "critical"} and each["id"] not in NOT_FOR_MAIL
    ]
    assert serious == []
    context.close()

"""A real browser: the distribution's Chromium, without a window."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Request, sync_playwright

from tests.conftest import require

CHROMIUM = Path("/usr/bin/chromium")
LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
OVERFLOWS = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
Open = Callable[..., Page]


def hear_strangers(page: Page, url: str) -> list[str]:
    """Return a list that gets every request of a page for another host than the one at ``url``."""
    heard: list[str] = []

    def hear(request: Request) -> None:
        if not request.url.startswith((f"{url}/", "data:", "blob:", "about:")):
            heard.append(f"{page.url} asks for {request.url}")

    page.on("request", hear)
    return heard


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    require(CHROMIUM.exists(), "Chromium")
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    # Our site is on loopback here, which another site's page may not frame without asking.
    arguments.append("--disable-features=LocalNetworkAccessChecks")
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright keeps an event loop in this thread, in which Django would fear the ORM.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        launched = playwright.chromium.launch(executable_path=str(CHROMIUM), args=arguments)
        yield launched
        launched.close()


@pytest.fixture
def open_page(browser: Browser, live_server) -> Iterator[Open]:
    """Open a path, by default on a desk and in the light; contexts are closed at the end."""
    contexts = []

    def open_page(path: str, *, width: int = 1280, scheme: str = "light", script=False) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": 800},
            color_scheme=scheme,
            java_script_enabled=script,
            bypass_csp=script,  # axe is a script, which our policy would refuse
        )
        contexts.append(context)
        page = context.new_page()
        page.goto(live_server.url + path)
        return page

    yield open_page
    for context in contexts:
        context.close()

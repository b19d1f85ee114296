"""Take the guide's pictures anew: ``python -m tests.guide``, as ``./masthead guide`` does.

An installation of its own is filled with invented people and the sample issue, on a fixed day; a
real web server answers a real browser. The same code makes the same pictures.
"""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from unittest import mock
from urllib.parse import urlsplit

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from tests.rig.place import own_place

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from tests.guide.pictures import Picture

FOLDER = Path(__file__).resolve().parents[2] / "docs/guide/pictures"
CHROMIUM = "/usr/bin/chromium"
# Below it a page is more of the same; a picture that is longer says less.
MOST_HEIGHT = 1_150
COLOURS = 128
SETTLING_MS = 700
SETTINGS = {"MASTHEAD_LOG_LEVEL": "ERROR", "MASTHEAD_SIGNALS": "people"}


def main(arguments: Sequence[str]) -> int:
    """Take the pictures; return 1 if a page was refused."""
    parser = argparse.ArgumentParser(prog="./masthead guide", description=__doc__)
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where the pictures go")
    parser.add_argument("--only", default="", help="those whose names have this in them")
    options = parser.parse_args(arguments)
    options.folder.mkdir(parents=True, exist_ok=True)
    with own_place(servers=False, settings=SETTINGS), _stop_the_clock(), _serve() as url:
        refused = take_all(url, options.folder, options.only)
    for each in refused:
        sys.stderr.write(f"{each} was refused\n")
    return int(bool(refused))


def take_all(url: str, folder: Path, only: str) -> list[str]:
    """Take the pictures; return the paths of pages that were refused."""
    from mailer.web.desk.first import first_url  # noqa: PLC0415 - needs the settings of the place
    from tests.guide.pictures import Picture, list_pictures  # noqa: PLC0415
    from tests.guide.scene import make_scene  # noqa: PLC0415

    with _browse() as browser:
        first = Picture(name="first-start", path=urlsplit(first_url()).path)
        refused = _take(browser, url, first, None, folder)
        scene = make_scene()
        for each in list_pictures(scene):
            if only in each.name:
                user = scene.author if each.author else scene.admin
                refused += _take(browser, url, each, user, folder)
    return refused


def _take(
    browser: Browser, url: str, picture: Picture, user: User | None, folder: Path
) -> list[str]:
    context = browser.new_context(
        viewport={"width": picture.width, "height": 800},
        color_scheme="dark" if picture.dark else "light",
        reduced_motion="reduce",
    )
    if user is not None:
        context.add_cookies([_log_in(user, url)])
    page = context.new_page()
    answer = page.goto(url + picture.path)
    _settle(page)
    if picture.press:
        page.locator(picture.press).click()
        _settle(page)
    _keep(page.screenshot(full_page=True), folder / f"{picture.name}.png")
    context.close()
    return [] if answer is not None and answer.ok else [picture.path]


def _settle(page: Page) -> None:
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(SETTLING_MS)


def _keep(shot: bytes, path: Path) -> None:
    """Write a picture with few colours, and no longer than it needs to be."""
    image = Image.open(io.BytesIO(shot)).convert("RGB")
    image = image.crop((0, 0, image.width, min(image.height, MOST_HEIGHT)))
    image.quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)


def _log_in(user: User, url: str) -> dict[str, str]:
    from django.conf import settings  # noqa: PLC0415 - needs the settings of the place
    from django.test import Client  # noqa: PLC0415

    client = Client()
    client.force_login(user)
    name = settings.SESSION_COOKIE_NAME
    return {"name": name, "value": client.cookies[name].value, "url": url}


@contextmanager
def _browse() -> Iterator[Browser]:
    # Our site is on loopback here, which another site's page may not frame without asking.
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-features=LocalNetworkAccessChecks"]
    with (
        mock.patch.dict("os.environ", {"DJANGO_ALLOW_ASYNC_UNSAFE": "true"}),
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        browser.close()


@contextmanager
def _stop_the_clock() -> Iterator[None]:
    from tests.guide.scene import NOW  # noqa: PLC0415 - needs the settings of the place

    with mock.patch("django.utils.timezone.now", return_value=NOW):
        yield


@contextmanager
def _serve() -> Iterator[str]:
    """Answer where the settings say that we are, in this process, whose clock stands still."""
    from django.conf import settings  # noqa: PLC0415 - needs the settings of the place
    from django.contrib.staticfiles.handlers import StaticFilesHandler  # noqa: PLC0415
    from django.core.management import call_command  # noqa: PLC0415
    from django.test.testcases import LiveServerThread  # noqa: PLC0415

    call_command("collectstatic", interactive=False, verbosity=0)
    thread = LiveServerThread("127.0.0.1", StaticFilesHandler, port=settings.WEB_PORT)
    thread.daemon = True
    thread.start()
    thread.is_ready.wait()
    if thread.error:
        raise thread.error
    try:
        yield settings.PUBLIC_URL
    finally:
        thread.terminate()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

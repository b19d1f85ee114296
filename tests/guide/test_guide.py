"""The guide and its pictures belong together: none is missing, none is left over."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PIL import Image

from tests.conftest import ROOT
from tests.guide.pictures import list_pictures
from tests.guide.scene import Scene

GUIDE = ROOT / "docs/guide"
PICTURES = GUIDE / "pictures"
PAGES = sorted(GUIDE.glob("*.md"))
SHOWN = re.compile(r"!\[([^\]]*)\]\(pictures/([^)]+)\.png\)")
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)#]+)")
MOST_OCTETS = 3_000_000  # all of them, for a clone over a slow line
NOBODY = Scene(
    admin=None, author=None, sent=0, going=0, draft=0, later=0, complainant=0, segment=0, kept=0
)


def find_shown() -> list[tuple[str, str]]:
    return [each for page in PAGES for each in SHOWN.findall(page.read_text())]


def test_each_picture_that_the_guide_shows_is_there_and_each_that_is_there_is_shown():
    shown = {name for _, name in find_shown()}

    assert shown == {path.stem for path in PICTURES.iterdir()}


def test_the_command_takes_each_picture_that_the_guide_shows_and_no_other():
    taken = ["first-start", *(each.name for each in list_pictures(NOBODY))]

    assert sorted(taken) == sorted({name for _, name in find_shown()})


def test_each_picture_says_what_it_shows_to_those_who_do_not_see_it():
    assert [name for words, name in find_shown() if len(words) < 15] == []


def test_the_pictures_are_small_and_whole():
    paths = sorted(PICTURES.iterdir())

    for path in paths:
        with Image.open(path) as image:
            image.load()
            assert image.width in {390, 1200, 1440}
    assert sum(path.stat().st_size for path in paths) < MOST_OCTETS


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_each_link_of_the_guide_leads_somewhere(page: Path):
    links = LINK.findall(page.read_text())

    assert [each for each in links if not (page.parent / each).exists()] == []

"""A language tag says how to write, and what one issue says never changes the next."""

from __future__ import annotations

import datetime as dt

import pytest
from babel.dates import format_date

from mailer.rendering.language import find_direction, find_locale, find_script
from mailer.types import Direction


@pytest.mark.parametrize(
    ("language", "direction"),
    [
        ("en", Direction.LTR),
        ("pt-BR", Direction.LTR),
        ("zh-Hant-TW", Direction.LTR),
        ("ar", Direction.RTL),
        ("he", Direction.RTL),
        ("fa-AF", Direction.RTL),
        ("az-Arab", Direction.RTL),
    ],
)
def test_it_finds_the_direction(language, direction):
    assert find_direction(language) is direction


@pytest.mark.parametrize(
    ("language", "script"),
    [
        ("en", "Latn"),
        ("ar", "Arab"),
        ("zh", "Hans"),
        ("zh-TW", "Hant"),
        ("zh-Hant", "Hant"),
        ("sr-Latn", "Latn"),
        ("sr", "Cyrl"),
        ("ja", "Jpan"),
        ("hi", "Deva"),
    ],
)
def test_it_finds_the_script(language, script):
    assert find_script(language) == script


@pytest.mark.parametrize(
    ("language", "found"), [("en-x-private", "en"), ("zz", "en"), ("", "en"), ("fr-x", "fr")]
)
def test_an_unknown_tag_falls_back_to_its_first_part_or_to_english(language, found):
    assert find_locale(language).language == found


def test_one_languages_dates_do_not_leak_into_anothers():
    day = dt.date(2026, 4, 22)
    find_locale.cache_clear()

    chinese = format_date(day, "LLL", locale=find_locale("zh"))
    others = [format_date(day, "LLL", locale=find_locale(each)) for each in ("he", "hi", "th")]

    assert chinese == "4月"
    assert others == ["אפר\u05f3", "अप्रैल", "เม.ย."]


def test_a_language_whose_script_nobody_knows_is_taken_for_latin(monkeypatch):
    monkeypatch.setattr("mailer.rendering.language.get_global", lambda _: {})

    assert find_script("de") == "Latn"

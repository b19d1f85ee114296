"""Dates are written as the issue's language writes them."""

from __future__ import annotations

import datetime as dt

import pytest

from mailer.rendering.dates import write_date, write_day_numbers, write_days, write_month
from mailer.types import PublishedDate

FEBRUARY = PublishedDate(year=2021, month=2)
LANGUAGES = ["en", "fr", "es", "ru", "ar", "zh", "he", "hi", "th", "fa", "de", "ja", "ko", "tr"]


def flat(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize(
    ("date", "language", "written"),
    [
        (PublishedDate(year=2021), "en", "2021"),
        (FEBRUARY, "en", "February 2021"),
        (FEBRUARY, "ar", "فبراير 2021"),
        (FEBRUARY, "zh", "2021年2月"),
        (PublishedDate(year=2021, month=2, day=3), "fr", "3 février 2021"),
    ],
)
def test_a_date_is_as_exact_as_it_was_given(date, language, written):
    assert write_date(date, language) == written


@pytest.mark.parametrize(
    ("ends", "language", "written"),
    [
        (None, "en", "April 22, 2026"),
        (dt.date(2026, 4, 22), "en", "April 22, 2026"),
        (dt.date(2026, 4, 24), "en", "Apr 22 \u2013 24, 2026"),
        (dt.date(2026, 5, 2), "en", "Apr 22 \u2013 May 2, 2026"),
        (dt.date(2027, 1, 2), "en", "Apr 22, 2026 \u2013 Jan 2, 2027"),
        (dt.date(2026, 4, 24), "ar", "22\u201324 أبريل 2026"),
        (dt.date(2026, 4, 24), "zh", "2026年4月22日至24日"),
    ],
)
def test_the_days_of_an_event_say_what_differs(ends, language, written):
    assert flat(write_days(dt.date(2026, 4, 22), ends, language)) == written


@pytest.mark.parametrize(
    ("ends", "numbers"),
    [
        (None, "22"),
        (dt.date(2026, 4, 22), "22"),
        (dt.date(2026, 4, 24), "22\u201324"),
        (dt.date(2026, 5, 2), "22"),
        (dt.date(2027, 4, 24), "22"),
    ],
)
def test_a_calendar_leaf_shows_a_range_within_one_month(ends, numbers):
    assert write_day_numbers(dt.date(2026, 4, 22), ends) == numbers


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_month_has_a_name(language):
    months = [write_month(dt.date(2026, month, 1), language) for month in range(1, 13)]

    assert len(set(months)) == 12
    assert not [month for month in months if month.startswith("M") and month[1:].isdigit()]


def test_a_language_without_months_of_its_own_borrows_the_english_ones():
    assert write_date(FEBRUARY, "dv") == "February 2021"

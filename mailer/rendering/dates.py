"""Dates in the issue's language."""

from __future__ import annotations

import datetime as dt

from babel import Locale
from babel.dates import format_date, format_interval, format_skeleton

from mailer.rendering.language import find_locale
from mailer.types import PublishedDate

# What the library says for January where it knows no months of a language.
UNNAMED = "M01"


def write_date(date: PublishedDate, language: str) -> str:
    """Return the masthead's date, as exact as it was given: "February 2021"."""
    if date.month is None:
        return str(date.year)
    day = dt.date(date.year, date.month, date.day or 1)
    if date.day is None:
        return format_skeleton("yMMMM", day, locale=_find_calendar(language))
    return format_date(day, "long", locale=_find_calendar(language))


def write_days(starts: dt.date, ends: dt.date | None, language: str) -> str:
    """Return the days of an event: one, or from the first to the last."""
    locale = _find_calendar(language)
    if ends is None or ends == starts:
        return format_date(starts, "long", locale=locale)
    return format_interval(starts, ends, skeleton="yMMMd", locale=locale)


def write_month(day: dt.date, language: str) -> str:
    """Return the month of a day, short, as it stands on a leaf of a calendar."""
    return format_date(day, "LLL", locale=_find_calendar(language))


def write_day_numbers(starts: dt.date, ends: dt.date | None) -> str:
    """Return the numbers on a leaf of a calendar: one, or two with a dash within one month."""
    last = ends or starts
    if last == starts or (last.year, last.month) != (starts.year, starts.month):
        return str(starts.day)
    return f"{starts.day}\u2013{last.day}"


def _find_calendar(language: str) -> Locale:
    """Return the locale for dates: English where the language's own months are not known."""
    locale = find_locale(language)
    return locale if locale.months["format"]["abbreviated"][1] != UNNAMED else find_locale("en")

"""What a language tag means for a page: its locale, its script and its direction."""

from __future__ import annotations

import copy
from functools import cached_property, lru_cache
from typing import Any

from babel import Locale, UnknownLocaleError, localedata
from babel.core import get_global
from babel.localedata import LocaleDataDict

from mailer.types import Direction


class OwnLocale(Locale):
    """A locale that shares its data with no other.

    The library's locales share what they inherit, and write into it when they first look
    something up: after Chinese dates, Hebrew ones said "4月". What is rendered must not
    depend on what this process has rendered before.
    """

    @cached_property
    def _data(self) -> LocaleDataDict:
        data: dict[Any, Any] = localedata.load(str(self))
        return LocaleDataDict(copy.deepcopy(data))


@lru_cache(maxsize=64)  # a locale's data takes about a megabyte
def find_locale(language: str) -> Locale:
    """Return the locale of a BCP 47 tag, or of its first subtag, or English."""
    for tag in (language, language.partition("-")[0]):
        try:
            return OwnLocale.parse(tag, sep="-")
        except (UnknownLocaleError, ValueError):
            continue
    return OwnLocale("en")


def find_direction(language: str) -> Direction:
    """Return the direction in which a language is written."""
    return Direction(find_locale(language).text_direction)


def find_script(language: str) -> str:
    """Return the script (ISO 15924) that a language is most likely written in."""
    locale = find_locale(language)
    if locale.script:
        return str(locale.script)
    likely = get_global("likely_subtags")
    names = (f"{locale.language}_{locale.territory}", locale.language)
    full = next((likely[name] for name in names if name in likely), "en_Latn_US")
    return str(full).split("_")[1]

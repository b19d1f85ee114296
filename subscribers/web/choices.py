"""The languages and time zones that a reader chooses from, with names to read."""

from __future__ import annotations

from collections import defaultdict
from functools import cache, lru_cache
from zoneinfo import available_timezones

from babel import Locale, UnknownLocaleError
from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

# The regions of the time zone database; what lies outside them is an alias or a fixed offset.
REGIONS = frozenset(
    {
        "Africa",
        "America",
        "Antarctica",
        "Arctic",
        "Asia",
        "Atlantic",
        "Australia",
        "Europe",
        "Indian",
        "Pacific",
    }
)


def list_languages(current: str) -> dict[str, str]:
    """Return tags of languages with the names that their readers give them.

    The reader's own is among them, also where no page speaks it: an edition may.
    """
    languages = dict(settings.LANGUAGES)
    if current and current not in languages:
        languages = {current: _name_language(current)} | languages
    return languages


def list_zones(current: str) -> dict[str, dict[str, str]]:
    """Return time zones with their places' names, by region; the reader's own is among them."""
    known = _zones_by_region()
    if not current or any(current in zones for zones in known.values()):
        return known
    return {"": {current: current}} | known


@lru_cache(maxsize=1_000)
def write_zones(current: str, chosen: str) -> SafeString:
    """Return the options of ``list_zones(current)``: a template takes 50 ms for so many."""
    written = []
    for region, zones in list_zones(current).items():
        options = [
            format_html(
                '<option value="{}"{}>{}</option>',
                *(zone, mark_safe(" selected" if zone == chosen else ""), place),  # noqa: S308
            )
            for zone, place in zones.items()
        ]
        group = format_html('<optgroup label="{}">', region) if region else ""
        written += [group, *options, "</optgroup>" if region else ""]
    return mark_safe("\n".join(written))  # noqa: S308 - each piece is written by format_html


def _name_language(tag: str) -> str:
    try:
        return Locale.parse(tag, sep="-").get_display_name() or tag
    except (UnknownLocaleError, ValueError):
        return tag


@cache
def _zones_by_region() -> dict[str, dict[str, str]]:
    regions: dict[str, dict[str, str]] = defaultdict(dict)
    for zone in sorted(available_timezones()):
        region, _, place = zone.partition("/")
        if region in REGIONS:
            regions[region][zone] = place.replace("_", " ").replace("/", ", ")
    return dict(regions)

"""The styles of a page's elements in the light and in the dark, as mail programs settle them.

A theme's rules are written into the elements; what is left in style sheets for dark mode
overrides them where it says so (CSS Cascading §6: importance, then specificity, then order).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

import cssselect
from lxml.cssselect import CSSSelector

from mailer.checks.proof import Element

Styles = dict[str, str]
_DARK = re.compile(r"@media[^{]*prefers-color-scheme\s*:\s*dark[^{]*\{", re.IGNORECASE)
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_IMPORTANT = re.compile(r"\s*!\s*important\s*$", re.IGNORECASE)


def read_styles(text: str) -> Styles:
    """Return declarations by property, the last one of each."""
    pairs = (part.partition(":") for part in text.split(";"))
    return {name.strip().lower(): value.strip() for name, mark, value in pairs if mark}


def settle_light(page: Element) -> dict[Element, Styles]:
    """Return what is written into the elements."""
    return {each: _read_own(each) for each in page.iter() if isinstance(each.tag, str)}


def settle_dark(page: Element) -> dict[Element, Styles]:
    """Return the same with the rules for dark mode over it; equal if there are none."""
    settled = settle_light(page)
    ranks: dict[tuple[Element, str], tuple[bool, tuple[int, int, int], int]] = {}
    for order, (selector, styles) in enumerate(_list_dark_rules(page)):
        specificity, matches = _compile(selector)
        for element in matches(page):
            for name, value in styles.items():
                important = bool(_IMPORTANT.search(value))
                rank = (important, specificity, order)
                if name in settled[element] and not important and (element, name) not in ranks:
                    continue  # what is written into the element wins
                if rank >= ranks.get((element, name), rank):
                    ranks[element, name] = rank
                    _put(settled[element], name, _IMPORTANT.sub("", value))
    return settled


def _put(styles: Styles, name: str, value: str) -> None:
    """Set a property; a background as a whole takes the place of its colour."""
    if name == "background":
        styles.pop("background-color", None)
    styles[name] = value


def _read_own(element: Element) -> Styles:
    styles = read_styles(str(element.get("style", "")))
    colour = element.get("bgcolor")
    if colour and "background-color" not in styles and "background" not in styles:
        styles["background-color"] = str(colour)
    return styles


def _list_dark_rules(page: Element) -> Iterator[tuple[str, Mapping[str, str]]]:
    for sheet in page.iter("style"):
        for block in _cut_dark(str(sheet.text or "")):
            for rule in _RULE.finditer(block):
                styles = read_styles(rule[2])
                yield from ((each.strip(), styles) for each in rule[1].split(","))


def _cut_dark(sheet: str) -> Iterator[str]:
    """Yield what stands in a sheet's blocks for dark mode."""
    for match in _DARK.finditer(sheet):
        depth, end = 1, match.end()
        while depth and end < len(sheet):
            depth += {"{": 1, "}": -1}.get(sheet[end], 0)
            end += 1
        yield sheet[match.end() : end - 1]


@lru_cache(maxsize=512)  # a theme has a hundred
def _compile(selector: str) -> tuple[tuple[int, int, int], CSSSelector]:
    """Return a selector's specificity and what finds its elements; one that none knows, nothing."""
    try:
        parsed = cssselect.parse(selector)[0]
        return parsed.specificity(), CSSSelector(selector, translator="html")
    except (cssselect.SelectorError, IndexError):
        return (0, 0, 0), CSSSelector("mh-none")

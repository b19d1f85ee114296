"""Whether text can be read on its ground, in the light and in the dark."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mailer.checks.cascade import Styles, settle_dark, settle_light
from mailer.checks.colours import (
    BLACK,
    WHITE,
    Colour,
    measure_contrast,
    read_colour,
    write_colour,
)
from mailer.checks.findings import Finding, warn
from mailer.checks.proof import Element, Proof

RULE = "contrast"
# WCAG 2.2, 1.4.3: large is 18 point, or 14 point bold, and a point is 4/3 pixels.
LEAST, LEAST_LARGE = 4.5, 3.0
LARGE_PIXELS, LARGE_BOLD_PIXELS = 24.0, 18.66
BOLD = 600
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
UNSHOWN = frozenset({"head", "style", "title", "script"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How text looks where it stands: its colour and its ground, its size in pixels."""

    ink: Colour = BLACK
    ground: Colour = WHITE
    pixels: float = 16.0
    bold: bool = False

    @property
    def least(self) -> float:
        """Return the contrast that text of this size needs."""
        large = LARGE_BOLD_PIXELS if self.bold else LARGE_PIXELS
        return LEAST_LARGE if self.pixels >= large else LEAST


def check_contrast(proof: Proof) -> Iterator[Finding]:
    """Yield each pair of colours that is too close, once, with words that stand in it."""
    for light, settled in (("light", settle_light(proof.page)), ("dark", settle_dark(proof.page))):
        told: set[tuple[Colour, Colour]] = set()
        for words, look in _list_looks(proof.page, settled):
            ratio = measure_contrast(look.ink, look.ground)
            pair = (look.ink, look.ground)
            if ratio >= look.least or pair in told:
                continue
            told.add(pair)
            colours = f"{write_colour(look.ink)} on {write_colour(look.ground)}"
            what = (
                f"In the {light}, “{words[:40]}” stands in {colours}: contrast {ratio:.1f}, "
                f"and {look.least:g} is the least."
            )
            yield warn(RULE, what, "Many readers can’t read it, least of all outdoors.")  # noqa: RUF001


def _list_looks(page: Element, settled: Mapping[Element, Styles]) -> Iterator[tuple[str, Look]]:
    """Yield each text that is shown, with its look."""
    looks: dict[Element, Look | None] = {}
    for element in page.iter():
        if not isinstance(element.tag, str):
            continue
        above = element.getparent()
        outer = Look() if above is None else looks.get(above)
        look = looks[element] = _look(element, outer, settled[element])
        words = " ".join([str(element.text or ""), *(str(each.tail or "") for each in element)])
        shown = " ".join(words.split())
        if look is not None and shown.strip("\u00a0\u200c\u034f· "):
            yield shown, look


def _look(element: Element, outer: Look | None, styles: Styles) -> Look | None:
    """Return the look of text in an element, or None where nothing is shown."""
    if outer is None or element.tag in UNSHOWN or _HIDDEN.search(str(element.get("style", ""))):
        return None
    size = _NUMBER.match(styles.get("font-size", ""))
    weight = styles.get("font-weight", "bold" if element.tag in {"b", "strong"} else "")
    ground = styles.get("background-color") or styles.get("background") or ""
    return Look(
        ink=read_colour(styles.get("color", "")) or outer.ink,
        ground=read_colour(ground) or outer.ground,
        pixels=float(size[0]) if size else outer.pixels,
        bold=_is_bold(weight) if weight else outer.bold,
    )


def _is_bold(weight: str) -> bool:
    return weight.startswith("bold") or (weight.isdecimal() and int(weight) >= BOLD)

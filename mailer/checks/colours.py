"""Colours: reading them as CSS writes them, and how far two are apart (WCAG 2.2, 1.4.3)."""

from __future__ import annotations

import re

Colour = tuple[int, int, int]
WHITE: Colour = (255, 255, 255)
BLACK: Colour = (0, 0, 0)
NAMED: dict[str, Colour] = {
    "white": WHITE, "black": BLACK, "red": (255, 0, 0), "green": (0, 128, 0),
    "blue": (0, 0, 255), "gray": (128, 128, 128), "grey": (128, 128, 128),
    "silver": (192, 192, 192), "navy": (0, 0, 128), "maroon": (128, 0, 0),
}  # fmt: skip
_HEX = re.compile(r"#([0-9a-f]{6}|[0-9a-f]{3})(?![0-9a-f])", re.IGNORECASE)
_RGB = re.compile(r"rgb\(\s*(\d{1,3})[\s,]+(\d{1,3})[\s,]+(\d{1,3})\s*\)", re.IGNORECASE)
_WORD = re.compile(r"[a-z]+", re.IGNORECASE)


def read_colour(value: str) -> Colour | None:
    """Return the first colour that a CSS value names, or None if it names none that we know."""
    match = _HEX.search(value)
    if match:
        digits = match[1] if len(match[1]) == 6 else "".join(each * 2 for each in match[1])
        return (int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16))
    match = _RGB.search(value)
    if match:
        red, green, blue = (min(int(part), 255) for part in match.groups())
        return (red, green, blue)
    words = (word.lower() for word in _WORD.findall(value))
    return next((NAMED[word] for word in words if word in NAMED), None)


def measure_contrast(one: Colour, other: Colour) -> float:
    """Return the contrast ratio of two colours, from 1 to 21."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def write_colour(colour: Colour) -> str:
    """Return a colour as #rrggbb."""
    return "#{:02x}{:02x}{:02x}".format(*colour)


def _luminance(colour: Colour) -> float:
    red, green, blue = (_linear(part / 255) for part in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return float(part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4)

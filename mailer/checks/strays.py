"""Signs that were meant to do something, and stand in the text instead for readers to see."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailer.checks.findings import Finding, warn
from mailer.checks.proof import Proof

RULE = "stray signs"
PARTS = ("p", "li", "h1", "h2", "h3", "h4", "h5", "h6", "figcaption")
# What it looks like, and what it is taken for.
STRAYS = {
    "a table": re.compile(r"\|\s*:?-{3,}:?\s*\|"),
    "a heading without a space after its signs": re.compile(r"(?:^|\s)#{2,6}[^\W\d]"),
    "struck-out text": re.compile(r"~~\S[^~]*~~"),
    "a box to tick": re.compile(r"^\[[ xX]\]\s"),
    "a character's name in HTML": re.compile(r"&(?:[a-z]{2,8}|#\d{2,6});"),
}


def check_strays(proof: Proof) -> Iterator[Finding]:
    """Yield each kind of sign that no Markdown of ours reads, once for each place."""
    told = set()
    for element, place in proof.walk():
        if element.tag not in PARTS:
            continue
        words = " ".join(element.text_content().split())
        for what, stray in STRAYS.items():
            if (what, place) in told or not stray.search(words):
                continue
            told.add((what, place))
            seen = f"“{words[:60]}” looks like {what}, and is shown as it was typed."
            yield warn(RULE, seen, "Readers see the signs, and wonder.", place)

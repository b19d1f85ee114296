"""Headings: by them screen readers jump, and by them everybody sees what belongs to what."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailer.checks.findings import Finding, error, warn
from mailer.checks.proof import Proof

RULE = "headings"
_HEADING = re.compile(r"h([1-6])")


def check_headings(proof: Proof) -> Iterator[Finding]:
    """Yield headings that are empty, or skip a level (WCAG 2.2, 1.3.1), and a missing title."""
    last, titles = 0, 0
    for element, place in proof.walk():
        match = _HEADING.fullmatch(str(element.tag))
        if match is None:
            continue
        level = int(match[1])
        words = " ".join(element.text_content().split())
        titles += level == 1
        if not words:
            means = "Screen readers say “heading”, and nothing after it."
            yield error(RULE, f"A heading of level {level} is empty.", means, place)
        elif level > last + 1:
            above = f"one of level {last}" if last else "no other"
            what = f"“{words[:80]}” is a heading of level {level} below {above}."
            means = "Who jumps from heading to heading takes it for a part of something else."
            yield warn(RULE, what, means, place)
        last = level
    if titles != 1:
        what = f"The page has {titles} headings of level 1, and not one."
        yield warn(RULE, what, "Screen readers can’t tell what the page is about.")  # noqa: RUF001

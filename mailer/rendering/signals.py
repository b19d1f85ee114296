"""Links that are counted: they lead to us first, and to where they led by what we keep of them.

A link's own address is not in it, so that nobody can make one of ours lead elsewhere. Links
that are one reader's own (to leave, to choose), letters and places in the page stay as they are.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable

from mailer.types import SLOT_PATTERN, Target

# Tags are ours or were cleaned by us: attributes stand in double quotes.
_HREF = re.compile(r'(<a\b[^<>]*?\shref=")(https?://[^"<>]+)(")', re.IGNORECASE)
# Looked at and not passed over: a title may have links.
_HEADING = re.compile(r"<h[23]\b[^<>]*>(?=(.*?)</h[23]>)", re.DOTALL | re.IGNORECASE)
_WHOLE_HEADING = re.compile(r"<h[23]\b[^<>]*>(.*?)</h[23]>", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>")
_ANCHOR = re.compile(r'<a\b[^<>]*?\sid="([^"<>]*)"', re.IGNORECASE)
_PLACE = re.compile(f"{_HREF.pattern}|{_HEADING.pattern}", re.DOTALL | re.IGNORECASE)
_END = re.compile(r"</body>", re.IGNORECASE)
LONGEST_TITLE = 200
LONGEST_ANCHOR = 80  # those of content are of 60 letters and a number


def count_links(
    page: str, route: Callable[[int], str], pixel: str = ""
) -> tuple[str, tuple[Target, ...]]:
    """Return the page with its links led over ``route``, which is given their numbers from 1.

    Links to the same address from one article are one target. ``pixel`` is the address of a
    picture that nobody sees, for openings.
    """
    targets: dict[Target, int] = {}
    anchor, article = "", ""

    def lead(place: re.Match[str]) -> str:
        nonlocal anchor, article
        if place[4] is not None:
            anchor, article = _read_heading(place[4])
            return place[0]
        target = Target(url=html.unescape(place[2]), article=article, anchor=anchor)
        if SLOT_PATTERN.search(target.url):
            return place[0]
        number = targets.setdefault(target, len(targets) + 1)
        return f"{place[1]}{html.escape(route(number))}{place[3]}"

    counted = _PLACE.sub(lead, page)
    return _add_pixel(counted, pixel) if pixel else counted, tuple(targets)


def mark_headings(page: str, mark: Callable[[str, str], str]) -> str:
    """Return the page with what ``mark`` makes of each heading, HTML, below the heading.

    It is given the anchor and the words by which ``count_links`` calls an article.
    """
    return _WHOLE_HEADING.sub(lambda place: place[0] + mark(*_read_heading(place[1])), page)


def _read_heading(heading: str) -> tuple[str, str]:
    """Return a heading's anchor, if it has one, and its words."""
    words = " ".join(html.unescape(_TAG.sub("", heading)).split())
    anchor = _ANCHOR.search(heading)
    return anchor[1][:LONGEST_ANCHOR] if anchor else "", words[:LONGEST_TITLE]


def _add_pixel(page: str, pixel: str) -> str:
    """Return the page with a picture of one point before its end, which no reader is told of."""
    tag = (
        f'<img src="{html.escape(pixel)}" width="1" height="1" alt="" role="presentation"'
        ' style="display:block;width:1px;height:1px;border:0">'
    )
    return _END.sub(lambda end: tag + end[0], page, count=1)

"""Links: what they say, whether the place in the page is there, and where they lead."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailer.checks.findings import Finding, Place, error, warn
from mailer.checks.proof import Element, Proof
from mailer.checks.words import is_vague_link
from mailer.types import SLOT_PATTERN

RULE_TEXT, RULE_ANCHOR = "link-text", "anchor"
_WEB = re.compile(r"https?://", re.IGNORECASE)


def check_link_texts(proof: Proof) -> Iterator[Finding]:
    """Yield links whose words say nothing, or that have none."""
    for link, place in _list_links(proof):
        words = " ".join([link.text_content(), *link.xpath(".//img/@alt")]).split()
        text = " ".join(words)
        if not text:
            means = "Screen readers read its address out, letter by letter."
            yield error(RULE_TEXT, "A link has no text.", means, place)
        elif is_vague_link(text, proof.document.language):
            what = f"The link “{text}” does not say where it leads."
            means = "Who hears the links alone, one after the other, can’t tell it from others."  # noqa: RUF001
            yield warn(RULE_TEXT, what, means, place)


def check_anchors(proof: Proof) -> Iterator[Finding]:
    """Yield links to places that the page does not have."""
    known = set(proof.page.xpath("//@id")) | set(proof.page.xpath("//a/@name"))
    for link, place in _list_links(proof):
        url = str(link.get("href"))
        if url.startswith("#") and url[1:] not in known:
            what = f"A link jumps to “{url[:80]}”, which is not in the page."
            yield error(RULE_ANCHOR, what, "Nothing happens when readers follow it.", place)


def list_urls(proof: Proof) -> tuple[str, ...]:
    """Return the addresses that links lead to on the web, each once, in order."""
    urls = (str(link.get("href")) for link, _ in _list_links(proof))
    shown = (url for url in urls if _WEB.match(url) and not SLOT_PATTERN.search(url))
    return tuple(dict.fromkeys(shown))


def find_places(proof: Proof) -> dict[str, Place]:
    """Return where each address is linked from first."""
    places: dict[str, Place] = {}
    for link, place in _list_links(proof):
        places.setdefault(str(link.get("href")), place)
    return places


def _list_links(proof: Proof) -> Iterator[tuple[Element, Place]]:
    return ((each, place) for each, place in proof.walk() if each.tag == "a" and each.get("href"))

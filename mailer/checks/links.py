"""Links: what they say, whether the place in the page is there, and where they lead."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailer.checks.findings import Finding, Place, error, warn
from mailer.checks.proof import Element, Proof, list_blocks
from mailer.checks.words import is_vague_link
from mailer.types import SLOT_PATTERN, Block

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
    for each, place in proof.walk():
        if each.tag == "a" and each.get("href"):
            yield each, _find_block(proof, place, str(each.get("href")))


def _find_block(proof: Proof, place: Place, url: str) -> Place:
    """Return the block of a part that names an address first, or the part as a whole."""
    blocks = (each for each in list_blocks(proof.document) if each[1].anchor == place.anchor)
    return next((own for block, own in blocks if url in _read(block)), place)


def _read(block: Block) -> str:
    return str(getattr(block, "markdown", "") or getattr(block, "url", ""))

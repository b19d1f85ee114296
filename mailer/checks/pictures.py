"""What readers are told who can't see a picture: many, as mail programs load none at first."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailer.checks.findings import Finding, Place, error, warn
from mailer.checks.proof import Proof, list_blocks
from mailer.checks.words import is_vague_picture
from mailer.types import Photo, Profile

RULE = "alt"
SHORTEST_ALT = 4
# Beyond this a screen reader's listener is lost, and the box that stands for the picture overflows.
LONGEST_ALT = 300
UNSEEN = "Who can’t see it, or loads no pictures, does not learn what it shows."  # noqa: RUF001
_FILE = re.compile(
    r"(?:\S+\.(?:jpe?g|png|gif|webp|heic|tiff?)|(?:img|dsc|dscn|dscf|pxl|p)[_-]?\d{3,}\S*)",
    re.IGNORECASE,
)


def check_pictures(proof: Proof) -> Iterator[Finding]:
    """Yield pictures without words, or with words that say nothing."""
    for block, place in list_blocks(proof.document):
        match block:
            case Photo():
                yield from _judge(block.alt, block.caption, place)
            case Profile() if block.portrait:
                yield from _judge(block.portrait_alt, "", place)
            case _:
                pass
    for element, place in proof.walk():
        if element.tag == "img" and element.get("alt") is None:
            what = "A picture of the theme has no alt text, not even an empty one."
            yield error(RULE, what, "Screen readers read out its file name.", place)


def _judge(alt: str, caption: str, place: Place) -> Iterator[Finding]:
    words = alt.strip()
    if not words:
        yield error(RULE, "A picture has no alt text.", UNSEEN, place)
    elif _FILE.fullmatch(words):
        yield warn(RULE, f"The alt text “{words[:80]}” is a file’s name.", UNSEEN, place)  # noqa: RUF001
    elif is_vague_picture(words) or (len(words) < SHORTEST_ALT and words.isascii()):
        yield warn(RULE, f"The alt text “{words}” does not say what is shown.", UNSEEN, place)
    elif words == caption.strip():
        means = "Screen readers say the same twice, and nothing of what is shown."
        yield warn(RULE, "The alt text is the caption once more.", means, place)
    elif len(words) > LONGEST_ALT:
        what = f"An alt text has {len(words)} characters."
        means = "Listeners lose their way in it: say the essence, and write the rest as text."
        yield warn(RULE, what, means, place)

"""How large a message is, and which article makes it so: mail programs cut what is too long."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from mailer.checks.findings import Finding, Place, note, warn
from mailer.checks.proof import Proof
from mailer.message.quoted import encode_text

# Gmail shows so much of a message's HTML, as it is encoded, and a link to the rest. What a
# reader's own values add is a few hundred octets.
GMAIL_OCTETS = 102 * 1024
NEAR_OCTETS = GMAIL_OCTETS * 9 // 10
RULE = "size"
_ANCHOR = re.compile(r'<a id="([^"]*)"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What one part takes of the message: its place, and octets after encoding."""

    place: Place
    octets: int


def measure(proof: Proof) -> int:
    """Return the octets of the HTML after encoding."""
    return len(encode_text(proof.rendered.html))


def list_shares(proof: Proof) -> list[Share]:
    """Return each part's octets, the largest first; what is not theirs is the frame."""
    page = proof.rendered.html
    starts = [each for each in _ANCHOR.finditer(page) if each[1] in proof.places]
    if not starts:
        return []
    # What follows the last part is the frame's again: a heading that has no anchor.
    rest = page.find("<h2", starts[-1].end())
    ends = [*(each.start() for each in starts[1:]), rest if rest > 0 else len(page)]
    shares = [
        Share(
            place=proof.places[start[1]],
            octets=len(encode_text(page[start.start() : end])),
        )
        for start, end in zip(starts, ends, strict=True)
    ]
    return sorted(shares, key=lambda share: -share.octets)


def check_size(proof: Proof) -> Iterator[Finding]:
    """Yield whether Gmail will cut the message, and what takes most room."""
    octets = measure(proof)
    if octets <= NEAR_OCTETS:
        return
    shares = list_shares(proof)[:3]
    largest = ", ".join(f"“{share.place.title}” {tell_size(share.octets)}" for share in shares)
    most = f"; most of it is {largest}" if largest else ""
    if octets > GMAIL_OCTETS:
        what = f"The message has {tell_size(octets)}, more than 102 KB{most}."
        means = (
            "Gmail cuts it off and shows a link to the rest: many readers never see the end, "
            "nor the link by which they leave."
        )
        yield warn(RULE, what, means)
    else:
        what = f"The message has {tell_size(octets)}, close to 102 KB{most}."
        yield note(RULE, what, "Gmail cuts off what is longer; a little more, and it would.")


def tell_size(octets: int) -> str:
    """Return such as ``58 KB``."""
    return f"{round(octets / 1024)} KB"

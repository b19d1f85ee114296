"""Readers' own values in the text: such as a name, which not everybody has given."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailer.checks.findings import Finding, Place, error, warn
from mailer.checks.proof import Proof, list_blocks, list_parts, place_part
from mailer.types import Announcement, Event, Photo, Profile, Prose, SlotName, slot

RULE = "merge-field"
# As other programs write them: a text that was taken over from one shows them as they are.
_FOREIGN = re.compile(
    r"\{\{[^{}\n]{1,60}\}\}|\*\|[^|\n]{1,60}\|\*|%recipient\.\w+%|%%\w{2,40}%%|\[\[\w{2,40}\]\]"
    r"|\{(?:first|last|full)[ _-]?name\}|\$\{\w{2,40}\}|<<\w[\w ]{1,40}>>",
    re.IGNORECASE,
)


def check_fields(proof: Proof) -> Iterator[Finding]:
    """Yield fields of other programs, and names that may be empty."""
    for text, place in _texts(proof):
        match = _FOREIGN.search(text)
        if match:
            what = f"The text has “{match[0][:80]}”, a field of another program."
            yield error(RULE, what, "Readers see these very signs: nothing fills them.", place)
    if slot(SlotName.NAME) in proof.rendered.html + proof.rendered.text:
        what = "The theme shows each reader’s name, with nothing in its stead."  # noqa: RUF001
        yield warn(RULE, what, "Who has told us no name sees a gap, as in “Dear ,”.")


def _texts(proof: Proof) -> Iterator[tuple[str, Place]]:
    document = proof.document
    yield f"{document.subject}\n{document.preheader}", Place()
    for part in list_parts(document):
        yield part.title, place_part(part)
    for block, place in list_blocks(document):
        match block:
            case Photo():
                yield f"{block.alt}\n{block.caption}\n{block.credit}", place
            case Profile():
                yield f"{block.name}\n{block.note}", place
            case Announcement():
                yield f"{block.label}\n{block.url}", place
            case Event():
                yield f"{block.title}\n{block.place}\n{block.url}", place
            case Prose():
                yield block.markdown, place
            case _:  # a quotation: nothing else is left
                yield f"{block.markdown}\n{block.attribution}", place

"""The editions of an issue beside each other: which language lags behind."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from mailer.checks.findings import Finding, Place, warn
from mailer.checks.proof import list_blocks, list_parts
from mailer.types import Document, Event, Photo, Profile, Prose, Quotation, Section

RULE = "languages"
# A text of this length that is the same in two languages was not translated; a name may be.
SHORTEST_SAME = 60
COUNTED: Mapping[str, type] = {
    "photos": Photo,
    "profiles": Profile,
    "quotations": Quotation,
    "events": Event,
}


def compare_editions(
    documents: Mapping[str, Document], *, expected: Collection[str] = ()
) -> dict[str, list[Finding]]:
    """Return what each language lacks beside the others, by language.

    ``expected`` are the languages of the issue before; one that is missing now is told under
    its own tag.
    """
    found = {language: list(_compare(language, documents)) for language in documents}
    for language in expected:
        if language not in documents:
            what = f"There is no edition in {language}, as the issue before had."
            means = "Its readers get another language."
            found[language] = [warn(RULE, what, means)]
    return found


def _compare(language: str, documents: Mapping[str, Document]) -> Iterator[Finding]:
    counts = {tag: _count(document) for tag, document in documents.items()}
    for kind, own in counts[language].items():
        fullest = max(counts, key=lambda tag: counts[tag][kind])
        most = counts[fullest][kind]
        if own < most:
            what = f"This edition has {own} of the {most} {kind} that {fullest} has."
            yield warn(RULE, what, "Its readers are told less than others.")
    # Of two that say the same, the one that comes later in the alphabet is told.
    for other in filter(language.__gt__, documents):
        yield from _find_same(documents[language], documents[other], other)


def _count(document: Document) -> dict[str, int]:
    parts = list(list_parts(document))
    sections = sum(isinstance(part, Section) for part in parts)
    blocks = [block for block, _ in list_blocks(document)]
    return {"sections": sections, "articles": len(parts) - sections} | {
        kind: sum(isinstance(block, shape) for block in blocks) for kind, shape in COUNTED.items()
    }


def _find_same(document: Document, other: Document, language: str) -> Iterator[Finding]:
    theirs = {text for text, _ in _proses(other)}
    for text, place in _proses(document):
        if len(text) >= SHORTEST_SAME and text in theirs:
            what = f"“{text[:60].rstrip()}…” is the same text as in {language}."
            yield warn(RULE, what, "It was not translated: not all readers understand it.", place)


def _proses(document: Document) -> Iterator[tuple[str, Place]]:
    for block, place in list_blocks(document):
        if isinstance(block, Prose):
            yield block.markdown.strip(), place

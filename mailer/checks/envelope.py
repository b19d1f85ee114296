"""What stands in the list of mails, and what the law wants in each: subject, sender, way out."""

from __future__ import annotations

from collections.abc import Iterator

from mailer.checks.findings import Finding, error, note, warn
from mailer.checks.proof import Proof
from mailer.types import SlotName, slot

# What telephones show of a subject, what desks show, and what is shown nowhere.
SUBJECT_ON_PHONES = 40
SUBJECT_ON_DESKS = 78
SUBJECT_MOST = 130
PREHEADER_MOST = 150
PREHEADER_LEAST = 30


def check_subject(proof: Proof) -> Iterator[Finding]:
    """Yield a subject that will be cut."""
    subject = proof.document.subject.strip()
    length = len(subject)
    if length > SUBJECT_MOST:
        what = f"The subject has {length} characters."
        yield warn("subject", what, f"No mail program shows more than about {SUBJECT_ON_DESKS}.")
    elif length > SUBJECT_ON_DESKS:
        what = f"The subject has {length} characters."
        shown = subject[:SUBJECT_ON_PHONES].rstrip()
        yield note("subject", what, f"Telephones show about this much of it: “{shown}…”.")


def check_preheader(proof: Proof) -> Iterator[Finding]:
    """Yield a preheader that is missing, says the subject again, or has another length."""
    preheader = proof.document.preheader.strip()
    length = len(preheader)
    what = f"The preheader has {length} characters."
    if not length:
        means = "Beside the subject stands nothing: a line that could say why to open it."
        yield warn("preheader", "There is no preheader.", means)
    elif preheader.casefold() == proof.document.subject.strip().casefold():
        means = "The list of mails says the same twice."
        yield warn("preheader", "The preheader is the subject once more.", means)
    elif length > PREHEADER_MOST:
        yield note("preheader", what, f"Mail programs show at most {PREHEADER_MOST}.")
    elif length < PREHEADER_LEAST:
        yield note("preheader", what, "There is room for more beside the subject.")


def check_way_out(proof: Proof) -> Iterator[Finding]:
    """Yield a theme without the link by which readers leave, in the page or in the plain text."""
    wanted = slot(SlotName.UNSUBSCRIBE_URL)
    for name, text in (("page", proof.rendered.html), ("plain text", proof.rendered.text)):
        if wanted not in text:
            means = (
                "Readers can’t leave; they call it spam, and the law of many countries forbids it."  # noqa: RUF001
            )
            yield error("unsubscribe", f"The {name} has no link to unsubscribe.", means)


def check_address(proof: Proof) -> Iterator[Finding]:
    """Yield an issue that does not show where its publisher is."""
    address = " ".join(proof.document.colophon.address.split())
    for name, text in (("page", proof.words()), ("plain text", proof.rendered.text)):
        if not address or address not in " ".join(text.split()):
            means = "The law of many countries wants the sender’s postal address in each mail."  # noqa: RUF001
            yield error("postal-address", f"The {name} does not show a postal address.", means)

"""What widespread mail programs drop: tags, and rules of style that a theme may rest on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from mailer.checks.findings import Finding, Place, error, warn
from mailer.checks.proof import Proof

RULE = "mail-programs"
# Gmail drops a style sheet beyond this, and all that follow it.
GMAIL_STYLE_CHARACTERS = 16_384


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """A rule of style that is dropped: how it is written, by whom, and what readers then see."""

    form: re.Pattern[str]
    name: str
    by: str
    means: str


def _drop(form: str, name: str, by: str, means: str) -> Dropped:
    return Dropped(form=re.compile(form, re.IGNORECASE), name=name, by=by, means=means)


DROPPED = (
    _drop(
        r"(?<![\w-])position\s*:\s*(absolute|fixed|relative|sticky)",
        *("position", "Gmail and Outlook", "What it places stands elsewhere, or over other text."),
    ),
    _drop(
        r"(?<![\w-])display\s*:\s*(inline-)?(flex|grid)",
        *("display: flex or grid", "Outlook", "What stands side by side stands one below another."),
    ),
    _drop(
        r"(?<![\w-])background(-image)?\s*:[^;}]*url\(",
        *("a picture as background", "Outlook", "Text on it may stand on white, unreadable."),
    ),
    _drop(r"var\(\s*--", "var()", "Gmail and Outlook", "The colour or size is lost."),
    _drop(r"(?<![\w-])calc\(", "calc()", "Outlook", "The size is lost."),
    _drop(r"@import|@font-face", "a typeface from elsewhere", "most", "Another typeface is shown."),
    _drop(
        r"(?<![\w-])(transform|animation|filter|clip-path|mix-blend-mode)\s*:",
        *("an effect of style", "Gmail and Outlook", "It is shown without."),
    ),
    _drop(
        r"(?<![\w-])opacity\s*:\s*(0?\.\d|0(?!\.|\d))",
        *("opacity", "Outlook", "What should be faint or hidden is shown in full."),
    ),
)
# What is dropped with all that stands in it, or shown as nothing that works.
TAGS = {
    "audio": "most", "button": "Gmail and Outlook", "canvas": "all", "embed": "all",
    "form": "Outlook, and others warn", "iframe": "all", "input": "Outlook", "object": "all",
    "select": "Outlook", "svg": "Gmail and Outlook", "textarea": "Outlook", "video": "most",
}  # fmt: skip
FORBIDDEN = frozenset({"script", "base"})
# Nobody sees it, such as the words that only the list of mails shows.
_UNSEEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)


def check_clients(proof: Proof) -> Iterator[Finding]:
    """Yield what big mail programs drop, each once, with the first place where it stands."""
    told: set[str] = set()
    for finding in (*_check_elements(proof), *_check_sheets(proof)):
        if finding.what not in told:
            told.add(finding.what)
            yield finding


def _check_elements(proof: Proof) -> Iterator[Finding]:
    for element, place in proof.walk():
        tag = str(element.tag)
        if tag in FORBIDDEN:
            means = "Mail programs take the message for an attack, and refuse it."
            yield error(RULE, f"The page has a tag <{tag}>.", means, place)
        elif tag in TAGS:
            what = f"The page has a tag <{tag}>, which is dropped by {TAGS[tag]}."
            yield warn(RULE, what, "Readers do not see it.", place)
        if tag == "img" and str(element.get("src", "")).startswith("data:"):
            what = "A picture stands in the page itself, which is dropped by Gmail and Outlook."
            yield warn(RULE, what, "Readers do not see it.", place)
        style = str(element.get("style", ""))
        if not _UNSEEN.search(style):
            yield from _check_style(style, place)


def _check_sheets(proof: Proof) -> Iterator[Finding]:
    sheets = [str(sheet.text or "") for sheet in proof.page.iter("style")]
    for sheet in sheets:
        yield from _check_style(sheet, Place())
    length = sum(map(len, sheets))
    if length > GMAIL_STYLE_CHARACTERS:
        what = f"The style sheets have {length} characters, more than Gmail reads."
        yield warn(RULE, what, "The rules for telephones and for dark mode are dropped there.")


def _check_style(style: str, place: Place) -> Iterator[Finding]:
    for each in DROPPED:
        if each.form.search(style):
            what = f"The page uses {each.name}, which is dropped by {each.by}."
            yield warn(RULE, what, each.means, place)

"""The public pages' words, a file for each language in ``wording/``.

They are plain tables, not gettext catalogues: those must be compiled by a program that a bare
machine does not have, and compiled files in the repository can fall behind their source. A
file with a word too few or too many does not load.
"""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).with_name("wording")


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What the pages say in one language. ``{list}`` and ``{email}`` are filled in.

    ``code`` is the language's BCP 47 tag and ``version`` names this very wording, for the
    evidence of consent: it changes with every word.
    """

    version: str
    code: str
    direction: str
    unsubscribe_title: str
    unsubscribe_text: str
    unsubscribe_button: str
    left_title: str
    left_text: str
    undo_text: str
    undo_button: str
    rejoined_title: str
    rejoined_text: str
    preferences_title: str
    preferences_text: str
    lists_title: str
    details_title: str
    name: str
    language: str
    time_zone: str
    not_stated: str
    save: str
    saved: str
    mistake: str
    too_long: str
    unknown_choice: str
    leave_all_title: str
    leave_all_text: str
    leave_all_button: str
    left_all: str
    invalid_title: str
    invalid_text: str


def find_words(*languages: str) -> Words:
    """Return the words in the first of these languages that the pages speak, or in English."""
    for language in languages:
        words = WORDS.get(language.partition("-")[0].lower())
        if words is not None:
            return words
    return WORDS["en"]


def _load(path: Path) -> Words:
    content = path.read_bytes()
    version = f"{path.stem}-{hashlib.sha256(content).hexdigest()[:12]}"
    return Words(version=version, **tomllib.loads(content.decode()))


# By base language: whoever reads Traditional Chinese is better served by Simplified than English.
WORDS = {path.stem.partition("-")[0]: _load(path) for path in sorted(FOLDER.glob("*.toml"))}

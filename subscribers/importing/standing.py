"""How a person stands with the list that a file comes from, in the words of other systems."""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum
from functools import lru_cache

from mailer.errors import InvalidImport
from subscribers.importing.words import DOUBTFUL, NO_READERS, STANDINGS

FEW = 1_024  # words whose plain form is remembered
_BETWEEN = re.compile(r"[\s_.:*()/-]+")


class Standing(StrEnum):
    """What becomes of a person: only the first two may be written to, now or later."""

    ACTIVE = "active"
    WAITING = "waiting"
    LEFT = "left"
    BLOCKED = "blocked"


@lru_cache(FEW)
def fold(word: str) -> str:
    """Return a word in small letters, without accents and without what stands between letters.

    "Opted-out" and "opted out" are one word so, as are "Désabonné" and "desabonne".
    """
    return _BETWEEN.sub("", _take_accents_off(word.casefold()))


def _take_accents_off(word: str) -> str:
    parts = unicodedata.normalize("NFKD", word)
    return "".join(part for part in parts if not unicodedata.combining(part))


WORDS = {fold(word): Standing(name) for name, words in STANDINGS.items() for word in words}
NO_MEMBERS = frozenset(map(fold, NO_READERS))
_DOUBTFUL = frozenset(map(fold, DOUBTFUL))
_TELLING = {word for word, standing in WORDS.items() if standing is not Standing.ACTIVE}
# Who reads one of these in a column can't take its people for readers, whatever it is called.
_PLAIN = (_TELLING | NO_MEMBERS) - _DOUBTFUL


def _spell_out() -> frozenset[str]:
    """Return the plain words as files spell them: to look a cell up is cheap, to fold it is not."""
    words = [word for words in (*STANDINGS.values(), NO_READERS) for word in words]
    forms = [
        form.replace("-", " ").replace(" ", between)
        for word in words
        if fold(word) in _PLAIN
        for form in (word, _take_accents_off(word))
        for between in (" ", "-", "_", "")
    ]
    cases = (str.lower, str.upper, str.title, str.capitalize)
    return frozenset(case(form) for form in forms for case in cases)


PLAIN_FORMS = _spell_out()


def is_standing(cell: str) -> bool:
    """Tell whether a cell is a word of the tables."""
    word = fold(cell.strip())
    return word in WORDS or word in NO_MEMBERS


def is_plain(text: str) -> bool:
    """Tell whether a text can hardly mean anything but that somebody is no reader (any more)."""
    return fold(text.strip()) in _PLAIN


def seems_standing(cells: list[str]) -> bool:
    """Tell whether a sample seems to say who is no reader (any more).

    One plain word is enough; a word that has other uses ("left", "archived") counts where every
    filled cell is a word of standing.
    """
    words = {fold(cell.strip()) for cell in cells} - {""}
    if words & _PLAIN:
        return True
    return bool(words & _TELLING) and all(map(is_standing, words))


def read_standing(cell: str) -> Standing:
    """Return what a word says. Raises InvalidImport for one that is no reader's."""
    word = fold(cell)
    if word in NO_MEMBERS:
        raise InvalidImport(f"status {cell[:40]!r} is not that of a reader")
    if word not in WORDS:
        known = ", ".join(words[0] for words in STANDINGS.values())
        raise InvalidImport(
            f"status {cell[:40]!r} is unknown: write {known}, or another word of docs/importing.md"
        )
    return WORDS[word]

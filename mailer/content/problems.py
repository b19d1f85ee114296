"""Collecting what is wrong with an issue file, so that its editor hears all of it at once."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Iterator

from mailer.errors import InvalidIssue
from mailer.types import Problem

# More would bury the first ones; whoever has mended fifty runs the check again.
MOST_PROBLEMS = 50
# The code points that Unicode (§23.7) promises never to make characters of: U+FDD0 to U+FDEF,
# and the last two of each of its 17 planes.
NONCHARACTERS = "\ufdd0-\ufdef" + "".join(
    chr(plane << 16 | last) for plane in range(17) for last in (0xFFFE, 0xFFFF)
)
# Characters that no text needs and that hide or reorder what stands beside them: controls,
# line and paragraph separators, bidirectional embeddings, overrides and isolates, BOMs.
UNWANTED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff"
    f"{NONCHARACTERS}]"
)


# The marks of a reader's own values in rendered mail (see mailer.types.slot): written by an
# editor or a guest author, they would put readers' addresses into links of that person's choice.
SLOT_MARKS = re.compile("MHSLOT|TOLSHM")


def judge_text(text: str) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the characters of a text, and its remedy, as a reader gets it."""
    match = UNWANTED.search(text)
    if match:
        what = f"there is an invisible character, U+{ord(match[0]):04X}"
        yield what, "Delete it; retyping the line helps."
    if SLOT_MARKS.search(text):
        yield "there is a mark that Masthead keeps for itself", "Delete MHSLOT and TOLSHM."


def has_words(text: str) -> bool:
    """Tell whether anything is seen of a text: more than spaces and signs without a width."""
    return any(unicodedata.category(character) not in {"Zs", "Cf"} for character in text.strip())


class Problems:
    """The problems of one file, in the order in which they were found."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.found: list[Problem] = []

    def add(self, line: int | None, what: str, remedy: str) -> None:
        """Note a problem at a line of the file, counted from one."""
        self.found.append(Problem(file=self.file, line=line, what=what, remedy=remedy))

    def raise_if_any(self) -> None:
        """Raise InvalidIssue with every problem, by line, if there are any."""
        if not self.found:
            return
        ordered = sorted(self.found, key=lambda problem: problem.line or 0)
        if len(ordered) > MOST_PROBLEMS:
            rest = len(ordered) - MOST_PROBLEMS
            more = Problem(
                file=self.file, line=None, what=f"and {rest} more", remedy="Mend these first."
            )
            ordered = [*ordered[:MOST_PROBLEMS], more]
        raise InvalidIssue(ordered)


def suggest(word: str, known: Iterable[str]) -> str:
    """Return a remedy for an unknown word: the nearest known one, or all of them."""
    names = list(known)
    near = difflib.get_close_matches(word, names, n=1)
    if near:
        return f"Did you mean {near[0]!r}?"
    return f"Known are: {', '.join(names)}."

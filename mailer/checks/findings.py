"""What a check finds: how bad it is, what it is, what it means for readers, and where."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How bad a finding is: an error blocks sending, a warning wants a name, a note only tells."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where something stands: in a part (section or article) by its anchor, at which block.

    ``block`` counts from 1 within the part, and is 0 for the part as a whole; without an anchor
    it is the issue as a whole.
    """

    anchor: str = ""
    title: str = ""
    block: int = 0


WHOLE = Place()


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that a check found. ``what`` and ``means`` are sentences."""

    rule: str
    severity: Severity
    what: str
    means: str
    place: Place = WHOLE

    @property
    def key(self) -> str:
        """Return what tells this finding from others of the same text, from one look to the next.

        It holds no more than the finding says: whoever signs it off has read just that.
        """
        words = "\0".join((self.rule, self.place.anchor, str(self.place.block), self.what))
        return hashlib.sha256(words.encode(errors="replace")).hexdigest()[:16]


def error(rule: str, what: str, means: str, place: Place = WHOLE) -> Finding:
    """Return a finding that blocks sending."""
    return Finding(rule=rule, severity=Severity.ERROR, what=what, means=means, place=place)


def warn(rule: str, what: str, means: str, place: Place = WHOLE) -> Finding:
    """Return a finding that somebody has to sign off by name."""
    return Finding(rule=rule, severity=Severity.WARNING, what=what, means=means, place=place)


def note(rule: str, what: str, means: str, place: Place = WHOLE) -> Finding:
    """Return a finding that is worth knowing."""
    return Finding(rule=rule, severity=Severity.NOTE, what=what, means=means, place=place)

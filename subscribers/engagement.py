"""What segments ask of the mail that people got: answered by whoever sends it.

Subscribers know nothing of mailings. The mailer tells, when the site starts, how to find people
who received, opened or clicked; a segment asks by these words alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet

# Given how many of the last issues and the short name of a publication, or nothing for all of
# them, return rows that each have a ``subscriber``.
Find = Callable[[int, str], QuerySet[Any, Any]]

WORDS = ("received", "opened", "clicked")
_FINDERS: dict[str, Find] = {}


def answer_with(word: str, find: Find) -> None:
    """Let segments ask for people by this word."""
    _FINDERS[word] = find


def find_engaged(word: str, issues: int, publication: str) -> QuerySet[Any, Any]:
    """Return rows, each with a subscriber of whom the word is true."""
    return _FINDERS[word](issues, publication)

"""How a person stands with the list that a file comes from, in the words of other systems."""

from __future__ import annotations

from enum import StrEnum

from mailer.errors import InvalidImport


class Standing(StrEnum):
    """What becomes of a person: only the first two may be written to, now or later."""

    ACTIVE = "active"
    WAITING = "waiting"
    LEFT = "left"
    BLOCKED = "blocked"


WORDS = {
    "": Standing.ACTIVE,
    **dict.fromkeys(("active", "confirmed", "enabled", "member", "subscribed"), Standing.ACTIVE),
    **dict.fromkeys(("pending", "unconfirmed"), Standing.WAITING),
    **dict.fromkeys(("archived", "disabled", "left", "unsubscribed"), Standing.LEFT),
    **dict.fromkeys(
        ("blacklisted", "blocked", "blocklisted", "bounced", "cleaned", "complained"),
        Standing.BLOCKED,
    ),
}
# Known, but nobody who asked for the bulletin.
NO_MEMBERS = frozenset({"moderator", "non-subscribed", "nonmember", "owner", "transactional"})


def is_standing(cell: str) -> bool:
    """Tell whether a cell is a word of the tables."""
    word = cell.strip().casefold()
    return word in WORDS or word in NO_MEMBERS


def read_standing(cell: str) -> Standing:
    """Return what a word says. Raises InvalidImport for one that is no reader's."""
    word = cell.casefold()
    if word in NO_MEMBERS:
        raise InvalidImport(f"status {word!r} is not that of a reader")
    if word not in WORDS:
        raise InvalidImport(f"status {cell[:40]!r} is unknown")
    return WORDS[word]

"""What is found about a sender: each with what it means and the record that would mend it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How much a finding matters."""

    GOOD = "good"
    WARNING = "warning"  # mail arrives, but less of it, or anybody could send in this name
    ERROR = "error"  # large receivers refuse the mail, or what comes back is lost
    UNKNOWN = "unknown"  # nobody could be asked
    NOTE = "note"  # could be better, and no mail depends on it


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One finding; ``name``, ``kind`` and ``value`` are the record that would mend it, if any."""

    about: str
    level: Level
    words: str
    name: str = ""
    kind: str = "TXT"
    value: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A DKIM key that signs: the name of its record, and what must stand there."""

    host: str
    record: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """What receivers see of a sender: the domains in From and envelope, its keys and servers."""

    domain: str
    bounce_domain: str
    keys: tuple[Key, ...] = ()
    servers: tuple[str, ...] = ()

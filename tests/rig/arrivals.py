"""What has arrived at the counting sink, read from its log as it grows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Arrival:
    """One message kept: when (seconds since the epoch), for whom, how signed, its Message-ID."""

    at: float
    recipient: str
    signatures: int
    message_id: str


@dataclass(slots=True)
class ArrivalLog:
    """Read the log; ``count`` is how many lines there have been until the last look."""

    path: Path
    count: int = 0
    _offset: int = field(default=0)

    def look(self) -> int:
        """Return how many messages have arrived, reading only what is new."""
        if not self.path.exists():
            return 0
        with self.path.open("rb") as file:
            file.seek(self._offset)
            fresh = file.read()
        self._offset += len(fresh)
        self.count += fresh.count(b"\n")
        return self.count

    def read(self, after: int = 0) -> list[Arrival]:
        """Return the arrivals behind the first ``after`` ones."""
        return list(self._parse())[after:]

    def _parse(self) -> Iterator[Arrival]:
        if not self.path.exists():
            return
        for line in self.path.read_text(encoding="utf-8", errors="replace").splitlines():
            at, recipient, signatures, message_id = line.split(" ", 3)
            yield Arrival(float(at), recipient, int(signatures), message_id)


def find_lost(expected: Iterable[str], arrivals: Iterable[Arrival]) -> set[str]:
    """Return who was to be reached and was not."""
    return set(expected) - {each.recipient for each in arrivals}


def find_repeated(arrivals: Iterable[Arrival]) -> dict[str, int]:
    """Return who got more than one message, and how many more."""
    counted = Counter(each.recipient for each in arrivals)
    return {who: times - 1 for who, times in counted.items() if times > 1}

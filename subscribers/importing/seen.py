"""Addresses that a file has had already, with their lines: on disk, so that memory stays flat."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path

IN_A_TEMPORARY_FILE = ""  # as SQLite calls a database that it deletes itself
# It can be made anew from the file, so nothing is done for its safety.
_PREPARE = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -4096;
CREATE TABLE IF NOT EXISTS seen (address TEXT PRIMARY KEY, line INTEGER) WITHOUT ROWID;
"""


class Seen:
    """Remember each address with the first line that has it."""

    def __init__(self, path: Path | None = None) -> None:
        # It is made in one thread and used in another, never by two at once.
        self._kept = sqlite3.connect(
            path or IN_A_TEMPORARY_FILE, isolation_level=None, check_same_thread=False
        )
        self._kept.executescript(_PREPARE)

    def add(self, entries: Sequence[tuple[str, int]]) -> dict[int, int]:
        """Remember addresses with their lines; return those that an earlier line has.

        By their line, the earlier one. An address may stand twice among the entries too.
        """
        before = self._kept.total_changes
        self._kept.execute("BEGIN")
        self._kept.executemany("INSERT OR IGNORE INTO seen VALUES (?, ?)", entries)
        self._kept.execute("COMMIT")
        if self._kept.total_changes - before == len(entries):
            return {}
        return {line: first for address, line in entries if (first := self._find(address)) != line}

    def close(self) -> None:
        """Part with the file."""
        self._kept.close()

    def _find(self, address: str) -> int:
        found = self._kept.execute("SELECT line FROM seen WHERE address = ?", (address,))
        return int(found.fetchone()[0])

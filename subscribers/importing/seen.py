"""Addresses that a file has had already, with their lines, in at most 48 octets each."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

FIRST_ROOM = 4_096  # places: a power of two, as every room is
FULLEST = 0.5  # of the places: what is fuller finds its places slowly


class Seen:
    """Remember each address with the first line that has it.

    A table with open addressing. It keeps hashes of 64 bits in the place of addresses: that two
    of a million addresses have the same is as likely as 1 in 37 million, and nobody can make
    such addresses, since Python keys its hashes anew in every process.
    """

    def __init__(self) -> None:
        self._count = 0
        self._hashes, self._lines = _make_room(FIRST_ROOM)

    def add(self, entries: Sequence[tuple[str, int]]) -> dict[int, int]:
        """Remember addresses with their lines; return those that an earlier line has.

        By their line, the earlier one. An address may stand twice among the entries too.
        """
        while self._count + len(entries) > FULLEST * len(self._hashes):
            self._grow()
        twice = {}
        for address, line in entries:
            first = self._keep(hash(address) or 1, line)
            if first:
                twice[line] = first
        return twice

    def _keep(self, key: int, line: int) -> int:
        """Remember a hash, or return the line that has it already."""
        hashes = self._hashes
        mask = len(hashes) - 1
        place = key & mask
        while (found := hashes[place]) != key:
            if not found:
                hashes[place] = key
                self._lines[place] = line
                self._count += 1
                return 0
            place = (place + 1) & mask
        return self._lines[place]

    def _grow(self) -> None:
        hashes, lines = self._hashes, self._lines
        self._hashes, self._lines = _make_room(2 * len(hashes))
        self._count = 0
        for key, line in zip(hashes, lines, strict=True):
            if key:
                self._keep(key, line)


def _make_room(places: int) -> tuple[array[int], array[int]]:
    return array("q", bytes(8 * places)), array("I", bytes(4 * places))

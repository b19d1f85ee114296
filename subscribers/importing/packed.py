"""People packed as they travel: from the process that reads a file into PostgreSQL's COPY.

The cells are laid out by that process, in the binary form of COPY (see ``subscribers.binary``),
so that whoever writes them to the database passes octets on. Where texts are needed, as for people
who are known already, they are read out of the cells.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import add
from typing import Any

from subscribers.importing.rows import Row
from subscribers.importing.standing import Standing

_SIZE = struct.Struct(">i")
_JSONB = b"\x01"  # the version before a jsonb's text
# The order of the cells: the address by itself, as the evidence has it too, and then these.
DETAILS = ("email", "name", "language", "country", "time_zone", "attributes")


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedRows:
    """Rows as cells: each person's ``addresses`` is one cell, their ``details`` are six."""

    lines: list[int]
    addresses: list[bytes]
    details: list[bytes]
    standings: list[Standing]

    def __len__(self) -> int:
        return len(self.lines)

    def __iter__(self) -> Iterator[Row]:
        """Yield the rows, read out of their cells anew each time."""
        found = zip(self.lines, self.read_addresses(), self.details, self.standings, strict=True)
        for line, address, details, standing in found:
            email, *others = _read_cells(details)
            yield Row._make((line, email, address, *others, standing))

    def are_all(self, standing: Standing) -> bool:
        """Tell whether everybody stands so."""
        return self.standings.count(standing) == len(self.standings)

    def read_addresses(self) -> Iterator[str]:
        """Yield each person's normalised address."""
        return (cell[_SIZE.size :].decode() for cell in self.addresses)


def pack(rows: Sequence[Row]) -> PackedRows:
    """Pack the rows of a chunk."""
    empty: tuple[Any, ...] = ([],) * len(Row._fields)
    lines, emails, addresses, names, *others, attributes, standings = (
        zip(*rows, strict=True) if rows else empty
    )
    cells = _lay_out(addresses)
    details = zip(
        # Most people write their address as it is compared: then it is laid out already.
        [
            cell if email == address else _lay_out([email])[0]
            for email, address, cell in zip(emails, addresses, cells, strict=True)
        ],
        _lay_out(names),
        *map(_lay_out_alike, others),
        _lay_out(attributes, before=_JSONB),
        strict=True,
    )
    return PackedRows(
        lines=[*lines], addresses=cells, details=[*map(b"".join, details)], standings=[*standings]
    )


def _lay_out(texts: Iterable[str], *, before: bytes = b"") -> list[bytes]:
    """Return a cell for each text."""
    octets = [*map(str.encode, texts)]
    if before:
        octets = [before + each for each in octets]
    return [*map(add, map(_SIZE.pack, map(len, octets)), octets)]


def _lay_out_alike(texts: Sequence[str]) -> list[bytes]:
    """Return a cell for each text, where many are the same."""
    different = [*set(texts)]
    known = dict(zip(different, _lay_out(different), strict=True))
    return [*map(known.__getitem__, texts)]


def _read_cells(cells: bytes) -> list[str]:
    texts, place = [], 0
    for _ in DETAILS:
        (size,) = _SIZE.unpack_from(cells, place)
        place += _SIZE.size
        texts.append(cells[place : place + size].decode())
        place += size
    texts[-1] = texts[-1][len(_JSONB) :]
    return texts

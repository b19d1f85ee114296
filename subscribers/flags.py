"""Marks on an address that an editor should see: a role's, or of a disposable mailbox.

Nobody is refused for a mark. The tables stand in ``flags.toml``, with the day they were made.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from enum import StrEnum
from functools import cache, lru_cache
from pathlib import Path

from subscribers.addresses import MANY_DOMAINS

_TABLE = Path(__file__).with_name("flags.toml")


class AddressFlag(StrEnum):
    """What is remarkable about an address."""

    ROLE = "role"
    DISPOSABLE = "disposable"


def flag(address: str) -> tuple[AddressFlag, ...]:
    """Return the marks of a normalised address; of most there are none."""
    roles, _ = _load()
    local, _, domain = address.rpartition("@")
    found = []
    if local in roles or ("+" in local and local.partition("+")[0] in roles):
        found.append(AddressFlag.ROLE)
    if _is_disposable(domain):
        found.append(AddressFlag.DISPOSABLE)
    return tuple(found)


def find_flagged(addresses: Iterable[str]) -> dict[str, tuple[AddressFlag, ...]]:
    """Return the marks of those normalised addresses that have any."""
    roles, _ = _load()
    suspects = (
        address
        for address in addresses
        if address.partition("@")[0] in roles
        or "+" in address
        or _is_disposable(address.rpartition("@")[2])
    )
    return {address: marks for address in suspects if (marks := flag(address))}


@lru_cache(MANY_DOMAINS)
def _is_disposable(domain: str) -> bool:
    disposable = _load()[1]
    return domain in disposable or domain.partition(".")[2] in disposable


@cache
def _load() -> tuple[frozenset[str], frozenset[str]]:
    table = tomllib.loads(_TABLE.read_text(encoding="utf-8"))
    roles = (name for names in table["roles"].values() for name in names)
    return frozenset(roles), frozenset(table["disposable"]["domains"])

"""Which provider of mailboxes an address belongs to: limits and back-off hold for providers."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

TABLE = Path(__file__).with_name("providers.toml")


def provider_of(address: str) -> str:
    """Return the key of the provider that keeps this address; if it is unknown, the domain."""
    domain = address.rpartition("@")[2].lower().rstrip(".")
    return domains().get(domain, domain)


@cache
def domains() -> Mapping[str, str]:
    """Return the provider of each domain in the shipped table, read once by each process."""
    table = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    return {domain: key for key, entry in table.items() for domain in _domains(entry)}


@cache
def provider_keys() -> frozenset[str]:
    """Return the keys of all shipped providers."""
    return frozenset(domains().values())


def _domains(entry: dict[str, Any]) -> Iterator[str]:
    yield from entry["domains"]
    for name, ends in entry.get("families", {}).items():
        yield from (f"{name}.{end}" for end in ends.split())

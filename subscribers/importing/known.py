"""Who of a chunk's people is known already, and where they stand on the list."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from typing import Any, NamedTuple

from django.db import connection

from subscribers.bulk import among
from subscribers.models import Subscriber, Subscription

BY_INDEX = (
    "SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off;"
    " SET LOCAL enable_mergejoin = off"
)


class Known(NamedTuple):
    """Somebody of the chunk whom we know, and where they stand on the list, if anywhere."""

    id: int
    name: str
    language: str
    country: str
    time_zone: str
    attributes: dict[str, Any]
    state: str | None


def find_known(addresses: Collection[str], *, list_id: int, lock: bool) -> dict[str, Known]:
    """Return the known people by address; ``lock`` keeps them until the transaction ends."""
    if connection.vendor == "postgresql":
        addresses = _find_there(addresses)
    return _read_known(addresses, list_id=list_id, lock=lock) if addresses else {}


def _read_known(addresses: Iterable[str], *, list_id: int, lock: bool) -> dict[str, Known]:
    people, places = Subscriber._meta.db_table, Subscription._meta.db_table  # noqa: SLF001
    held = "FOR NO KEY UPDATE OF s" if lock and connection.vendor == "postgresql" else ""
    wanted = among(addresses)
    statement = (
        "SELECT s.email_normalised, s.id, s.name, s.language, s.country, s.time_zone,"  # noqa: S608
        f" s.attributes, p.state FROM {people} s LEFT JOIN {places} p ON p.subscriber_id = s.id"
        f" AND p.list_id = %s WHERE s.email_normalised IN ({wanted.sql}) {held}"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [list_id, *wanted.params])
        found = cursor.fetchall()
    return {
        address: Known._make((*details, json.loads(attributes), state))
        for address, *details, attributes, state in found
    }


def _find_there(addresses: Iterable[str]) -> list[str]:
    """Return those that are somebody's already, on PostgreSQL.

    In a file of new people these are few, and looking into the index alone costs half of what
    finding the people does.
    """
    table = Subscriber._meta.db_table  # noqa: SLF001 - Django documents _meta
    with connection.cursor() as cursor:
        # The statistics of tables that grow this fast are always old: by them the whole table
        # is read for every chunk.
        cursor.execute(BY_INDEX)
        cursor.execute(
            f"SELECT email_normalised FROM {table}"  # noqa: S608 - our own name
            " WHERE email_normalised = ANY(string_to_array(%s, E'\\n'))",
            ["\n".join(addresses)],
        )
        return [address for (address,) in cursor.fetchall()]

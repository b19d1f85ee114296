"""Indexes of the attributes that segments ask for by value: a scan of a million people is slow.

Attributes are whatever a file had, so no migration can know them. An index on all of them would
be written by every import, for attributes that nobody asks for; so there is one on each that
a segment asks for. PostgreSQL alone: SQLite would not use them, since it is asked with the
attribute's name as a parameter, and is for fewer people.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from django.db import connection
from django.db.models import F, Index

from subscribers.attributes import is_attribute_name, read_attribute
from subscribers.models import Segment, Subscriber
from subscribers.segments import ATTRIBUTE_PREFIX

PREFIX = "attribute_"
# Each is written with every new person.
MOST_INDEXES = 10
# What rules mostly ask for beside an attribute, and of few values, so that an index hardly grows by
# it: of an attribute that a fifth of all share, fewer people have to be looked at.
BESIDE = ("country", "language")
# The others look into the text, where an index on all of it does not help.
BY_VALUE = frozenset({"equals", "in"})


def keep_indexes() -> tuple[list[str], list[str]]:
    """Make the indexes that segments want and drop the others; return both by attribute or name.

    Outside of any transaction, as PostgreSQL makes them while others write.
    """
    if connection.vendor != "postgresql":
        return [], []
    wanted = {name_index(each): each for each in find_asked()[:MOST_INDEXES]}
    there = _find_kept()
    for name in set(there) - set(wanted):
        _drop(name)
    made = [attribute for name, attribute in wanted.items() if name not in there]
    for attribute in made:
        _make(attribute)
    if made:
        with connection.cursor() as cursor:  # the planner knows nothing of an expression before
            cursor.execute(f"ANALYZE {_table()}")
    return made, sorted(set(there) - set(wanted))


def find_asked() -> list[str]:
    """Return the attributes that segments ask for by value, the most asked first."""
    times: dict[str, int] = {}
    for rule in Segment.objects.order_by("id").values_list("rule", flat=True):
        for attribute in set(_walk(rule)):
            times[attribute] = times.get(attribute, 0) + 1
    return sorted(times, key=lambda attribute: -times[attribute])


def name_index(attribute: str) -> str:
    """Return the name of an attribute's index, which any database takes.

    It tells what else the index has, so that one from before that is made anew.
    """
    what = "\0".join((attribute, *BESIDE))
    return PREFIX + hashlib.sha256(what.encode()).hexdigest()[:16]


def _walk(rule: Any) -> Iterator[str]:
    inner = rule.values() if isinstance(rule, dict) else rule if isinstance(rule, list) else ()
    for each in inner:
        yield from _walk(each)
    if isinstance(rule, dict) and rule.get("operator") in BY_VALUE:
        name = str(rule.get("field")).removeprefix(ATTRIBUTE_PREFIX)
        if name != rule.get("field") and is_attribute_name(name):
            yield name


def _find_kept() -> list[str]:
    """Return our indexes that are there; one that was broken off is dropped."""
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, Subscriber._meta.db_table)  # noqa: SLF001
        names = [name for name in found if name.startswith(PREFIX)]
        cursor.execute(
            "SELECT relname FROM pg_index JOIN pg_class ON indexrelid = oid"
            " WHERE relname = ANY(%s) AND NOT indisvalid",
            [names],
        )
        broken = {name for (name,) in cursor.fetchall()}
    for name in broken:
        _drop(name)
    return [name for name in names if name not in broken]


def _make(attribute: str) -> None:
    index = Index(read_attribute(attribute), *map(F, BESIDE), name=name_index(attribute))
    how: dict[str, Any] = {"concurrently": True}  # PostgreSQL's own; Django's types don't know it
    with connection.schema_editor(atomic=False) as editor:
        editor.execute(index.create_sql(Subscriber, editor, **how), params=None)


def _drop(name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {connection.ops.quote_name(name)}")


def _table() -> str:
    return connection.ops.quote_name(Subscriber._meta.db_table)  # noqa: SLF001

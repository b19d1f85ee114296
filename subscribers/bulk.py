"""Writing many rows of a model at once: COPY on PostgreSQL, executemany on SQLite.

The ORM's bulk_create costs 60 µs a row where these cost 10: it builds an object, a parameter
for each column and a statement of their places. What a row does not give is the field's
default, as the ORM would have it, so that a new column needs no change here.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import Error, connection, models, transaction
from django.db.models import Field, JSONField
from django.db.models.expressions import RawSQL

NULL = "\\N"  # how COPY's text format writes nothing
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def insert_rows(
    model: type[models.Model],
    columns: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    always: Mapping[str, Any],
) -> None:
    """Insert rows of texts, one for each of ``columns``; ``always`` holds what all have alike.

    Raises IntegrityError where a row stands in the way of one that is there.
    """
    constants = complete_row(model, columns, always)
    if connection.vendor == "postgresql":
        _copy(model, columns, rows, constants)
    else:
        _execute_many(model, columns, rows, constants)


def insert_missing(
    model: type[models.Model], columns: Sequence[str], rows: Sequence[Sequence[Any]]
) -> int:
    """Insert the rows that stand in no other's way, and return their number.

    ``columns`` are all that a row needs.
    """
    if not rows:
        return 0
    names = ", ".join(map(connection.ops.quote_name, columns))
    into = f"INTO {connection.ops.quote_name(model._meta.db_table)} ({names})"  # noqa: SLF001
    fields = [_find_column(model, name) for name in columns]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # As one value: a parameter for each cell costs three times as much.
            kinds = [str(each.db_type(connection)).partition("(")[0] for each in fields]
            shape = ", ".join(f'"{name}" {kind}' for name, kind in zip(columns, kinds, strict=True))
            cursor.execute(
                f"INSERT {into} SELECT * FROM json_to_recordset(%s) AS given({shape})"  # noqa: S608 - our own names
                " ON CONFLICT DO NOTHING",
                [json.dumps([dict(zip(columns, row, strict=True)) for row in rows], default=str)],
            )
        else:
            places = ", ".join(["%s"] * len(columns))
            ways = [each.get_db_prep_save for each in fields]
            cursor.executemany(
                f"INSERT {into} VALUES ({places}) ON CONFLICT DO NOTHING",  # noqa: S608
                [
                    [way(value, connection) for way, value in zip(ways, row, strict=True)]
                    for row in rows
                ],
            )
        return int(cursor.rowcount)


def _find_column(model: type[models.Model], name: str) -> Field[Any, Any]:
    fields = model._meta.concrete_fields  # noqa: SLF001 - Django documents _meta
    return next(each for each in fields if each.column == name)


def reserve_ids(model: type[models.Model], count: int) -> Sequence[int]:
    """Return so many numbers that no other row of the model has or will get.

    Needs a transaction on SQLite, whose writers come one after the other.
    """
    table = model._meta.db_table  # noqa: SLF001 - Django documents _meta
    with connection.cursor() as cursor:
        if connection.vendor != "postgresql":
            cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
            last = (cursor.fetchone() or (0,))[0]
            return range(last + 1, last + 1 + count)
        numbers = "SELECT nextval((SELECT pg_get_serial_sequence(%s, 'id'))::regclass) AS number"
        taken = f"{numbers} FROM generate_series(1, %s)"
        cursor.execute(
            f"SELECT min(number), max(number) FROM ({taken}) AS taken",  # noqa: S608 - our own
            [table, count],
        )
        first, last = cursor.fetchone()
        if count and last - first + 1 == count:
            return range(first, last + 1)
        # Somebody else took some in between. Those are lost, which numbers may be.
        cursor.execute(taken, [table, count])
        return [number for (number,) in cursor.fetchall()]


def commit_later() -> None:
    """Let this transaction's commit not wait for the disk: a later one waits for both.

    For work that begins anew by itself where it is found to have ended: after a crash of the
    database, the last of these transactions may be gone as if they had never begun.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL synchronous_commit = off")


def among(texts: Iterable[str]) -> RawSQL:
    """Return what a query's ``__in`` takes for many texts, none with a line's end, as one value."""
    if connection.vendor == "postgresql":
        return RawSQL("SELECT unnest(string_to_array(%s, E'\\n'))", ["\n".join(texts)])
    return RawSQL("SELECT value FROM json_each(%s)", [json.dumps([*texts])])


def skip_row_checks() -> bool:
    """Let this transaction write references that are known to be right without a check for each.

    The checks of foreign keys cost as much as the writing. Who calls this has locked the rows
    that are referred to, or made them in this transaction. Returns whether the database allows
    it: on PostgreSQL that takes a superuser or GRANT SET ON PARAMETER.
    """
    if connection.vendor != "postgresql":
        return False
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
    except Error:
        return False
    return True


def complete_row(
    model: type[models.Model], columns: Sequence[str], always: Mapping[str, Any]
) -> dict[str, tuple[Field[Any, Any], Any]]:
    """Return the columns that all rows have alike, with their fields and values."""
    found: dict[str, tuple[Field[Any, Any], Any]] = {}
    for each in model._meta.concrete_fields:  # noqa: SLF001 - Django documents _meta
        name = str(each.column)
        if name in columns or each.primary_key:
            continue
        value = always.get(name, each.get_default())
        if value is None and not each.null:
            raise ValueError(f"{name} of {model.__name__} has no value.")
        found[name] = (each, value)
    return found


def _copy(
    model: type[models.Model],
    columns: Sequence[str],
    rows: Iterable[Sequence[str]],
    constants: Mapping[str, tuple[Field[Any, Any], Any]],
) -> None:
    tail = "".join(f"\t{_to_text(*each)}" for each in constants.values()) + "\n"
    data = _lay_out([*rows], width=len(columns), tail=tail)
    names = ", ".join(map(connection.ops.quote_name, (*columns, *constants)))
    table = connection.ops.quote_name(model._meta.db_table)  # noqa: SLF001
    with (
        connection.cursor() as cursor,
        connection.wrap_database_errors,  # COPY goes past Django, its errors must not
        cursor.cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy,
    ):
        copy.write(data)


def _lay_out(rows: Sequence[Sequence[str]], *, width: int, tail: str) -> str:
    """Return rows in COPY's text format, each with the same tail.

    Nearly always no cell has a tab or a line's end, which the counts of the whole tell; then
    there is no more to escape than JSON's backslashes, at once.
    """
    if not rows:
        return ""
    body = "\n".join(["\t".join(row) for row in rows])
    is_plain = body.count("\t") == len(rows) * (width - 1) and body.count("\n") == len(rows) - 1
    if is_plain and "\r" not in body:
        body = body.replace("\\", "\\\\")
    else:
        body = "\n".join(["\t".join([cell.translate(_ESCAPES) for cell in row]) for row in rows])
    return body.replace("\n", tail) + tail


def _to_text(field: Field[Any, Any], value: Any) -> str:
    if value is None:
        return NULL
    if isinstance(field, JSONField):
        value = json.dumps(value)
    if isinstance(value, dt.datetime):
        return value.isoformat()
    return str(value).translate(_ESCAPES)


def _execute_many(
    model: type[models.Model],
    columns: Sequence[str],
    rows: Iterable[Sequence[str]],
    constants: Mapping[str, tuple[Field[Any, Any], Any]],
) -> None:
    tail = tuple(field.get_db_prep_save(value, connection) for field, value in constants.values())
    names = ", ".join(map(connection.ops.quote_name, (*columns, *constants)))
    places = ", ".join(["%s"] * (len(columns) + len(constants)))
    table = connection.ops.quote_name(model._meta.db_table)  # noqa: SLF001
    statement = f"INSERT INTO {table} ({names}) VALUES ({places})"  # noqa: S608 - our own names
    with connection.cursor() as cursor:
        cursor.executemany(statement, [(*row, *tail) for row in rows])

"""The forms of an export: CSV and JSON lines as a stream of octets, XLSX as a file."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from typing import Any

from mailer.errors import InvalidExport
from subscribers.exporting.cells import defuse
from subscribers.exporting.people import (
    FIELDS,
    MOST_ATTRIBUTES,
    OF_A_LIST,
    Choice,
    choose_people,
    find_attributes,
    read_people,
)

MARK = "\ufeff"  # a spreadsheet reads a CSV file as UTF-8 only with it
BLOCK_ROWS = 500
MOST_SHEET_ROWS = 1_048_575  # what a sheet of XLSX holds, less its header
MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "jsonl": "application/x-ndjson",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def export_people(choice: Choice, form: str) -> Iterator[bytes]:
    """Yield an export in blocks. Raises InvalidExport and InvalidRule before the first."""
    writers = {"csv": _write_csv, "jsonl": _write_lines, "xlsx": _write_sheet}
    if form not in writers:
        raise InvalidExport(f"Form {form[:20]!r} is unknown: write one of {', '.join(writers)}.")
    names = find_attributes(choose_people(choice))
    if form != "jsonl" and len(names) > MOST_ATTRIBUTES:
        raise InvalidExport(f"There are more than {MOST_ATTRIBUTES} attributes: choose jsonl.")
    if form == "xlsx" and choose_people(choice).count() > MOST_SHEET_ROWS:
        raise InvalidExport(f"A sheet holds {MOST_SHEET_ROWS:,} rows: choose csv.")
    return writers[form](choice, names)


def _write_csv(choice: Choice, names: list[str]) -> Iterator[bytes]:
    text = io.StringIO()
    writer = csv.writer(text)
    text.write(MARK)
    for count, cells in enumerate(_read_cells(choice, names), start=1):
        writer.writerow(cells)
        if count % BLOCK_ROWS == 0:
            yield _empty(text)
    yield _empty(text)


def _write_lines(choice: Choice, _: list[str]) -> Iterator[bytes]:
    for record in read_people(choice):
        yield json.dumps(record, ensure_ascii=False).encode("utf-8", "replace") + b"\n"


def _write_sheet(choice: Choice, names: list[str]) -> Iterator[bytes]:
    # What writes workbooks takes a third of a second to load, and few processes ever write one.
    from subscribers.exporting.workbook import write_workbook  # noqa: PLC0415

    return write_workbook(_read_cells(choice, names))


def _read_cells(choice: Choice, names: Iterable[str]) -> Iterator[list[Any]]:
    """Yield the header and then each person's cells, texts defused."""
    own = (*FIELDS, *(OF_A_LIST if choice.group else ()), "flags")
    # An attribute that is called as a field is, such as "name", is told apart in the header.
    yield [*own, *(defuse(name if name not in own else f"attribute {name}") for name in names)]
    for record in read_people(choice):
        yield [
            *(_guard(record[name]) for name in own),
            *(_guard(record["attributes"].get(name, "")) for name in names),
        ]


def _guard(value: Any) -> Any:
    """Return a value as a cell: a number stays one, everything else is a harmless text."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return value
    if isinstance(value, list | dict):
        return defuse(json.dumps(value, ensure_ascii=False))
    return defuse("" if value is None else str(value))


def _empty(text: io.StringIO) -> bytes:
    whole = text.getvalue().encode("utf-8", "replace")
    text.seek(0)
    text.truncate()
    return whole

"""JSON: a list of objects, Mailman's answer with its entries, or an object a line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mailer.errors import InvalidImport
from subscribers.importing.tables import Record, Table, check_columns

LARGEST_DOCUMENT = 20_000_000  # octets; parsed as a whole, it takes ten times as much memory
LONGEST_LINE = 1_000_000  # characters of an object a line
SAMPLE_OBJECTS = 100  # objects whose keys make the columns
JOIN = " "  # between the key of an object and the key inside, as in "address city"
NO_JSON = "The file is no JSON of people: it must be a list of objects, or an object a line."

Entry = tuple[int, dict[str, str]]


def open_document(path: Path) -> Table:
    """Return the table in a JSON file that is parsed as a whole. Raises InvalidImport."""
    if path.stat().st_size > LARGEST_DOCUMENT:
        raise InvalidImport(
            f"A JSON document has at most {LARGEST_DOCUMENT:,} octets: write an object a line."
        )
    found = _parse(path.read_text(encoding="utf-8-sig", errors="replace"))
    entries = found.get("entries") if isinstance(found, dict) else found
    if not isinstance(entries, list):
        raise InvalidImport(NO_JSON)
    people = [(number, _flatten(each)) for number, each in enumerate(entries, start=1)]
    columns = _find_columns(people)
    return Table(kind="json", columns=columns, read=lambda: _align(iter(people), columns))


def open_lines(path: Path) -> Table:
    """Return the table in a file that has a JSON object a line. Raises InvalidImport."""
    sample = [entry for entry, _ in zip(_read_lines(path), range(SAMPLE_OBJECTS), strict=False)]
    columns = _find_columns(sample)
    return Table(kind="jsonl", columns=columns, read=lambda: _align(_read_lines(path), columns))


def _read_lines(path: Path) -> Iterator[Entry]:
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        number = 0
        while line := file.readline(LONGEST_LINE + 1):
            number += 1
            if len(line) > LONGEST_LINE:
                raise InvalidImport(f"Line {number} is longer than {LONGEST_LINE:,} characters.")
            if line.strip():
                yield number, _flatten(_parse(line))


def _parse(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidImport(NO_JSON) from error


def _find_columns(entries: list[Entry]) -> tuple[str, ...]:
    return check_columns(list(dict.fromkeys(key for _, each in entries for key in each)))


def _align(entries: Iterator[Entry], columns: tuple[str, ...]) -> Iterator[Record]:
    """Yield each object as cells in the order of the columns; later keys stand in no column."""
    for number, entry in entries:
        yield number, [entry.get(column, "") for column in columns]


def _flatten(entry: Any) -> dict[str, str]:
    """Return an object's values as texts; of an object inside, each value under both keys."""
    if not isinstance(entry, dict):
        raise InvalidImport(NO_JSON)
    flat: dict[str, str] = {}
    for key, value in entry.items():
        if isinstance(value, dict) and key in {"attributes", "attribs", "data"}:
            flat |= {name: _write(each) for name, each in value.items()}
        elif isinstance(value, dict):
            flat |= {f"{key}{JOIN}{name}": _write(each) for name, each in value.items()}
        else:
            flat[key] = _write(value)
    return flat


def _write(value: Any) -> str:
    """Return a value as a text; half a surrogate pair can't be kept by any database."""
    text = value if isinstance(value, str) else _write_other(value)
    return text.encode("utf-8", "replace").decode()


def _write_other(value: Any) -> str:
    return "" if value is None else json.dumps(value, ensure_ascii=False)

"""Rows of a CSV file, checked one by one: a bad one is refused with its line, and passed over."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TextIO
from zoneinfo import available_timezones

from mailer.errors import InvalidAddress, InvalidImport
from mailer.types import Problem
from subscribers.addresses import normalise
from subscribers.attributes import is_attribute_name

# Fields of a person beside the address, and the longest text that each column holds.
DETAILS = {"name": 200, "language": 35, "country": 2, "time_zone": 64}
LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")  # the form of BCP 47
MOST_COLUMNS = 100
MOST_ROWS = 200_000  # in one transaction; a larger file is to be cut
LONGEST_CELL = 10_000
LONGEST_LINE = 1_000_000  # characters: read whole into memory before it can be judged
MEND = "Mend the row and import it again; the others are not affected."


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One person of the file. A cell is a text, also where a spreadsheet would see a formula."""

    file: str
    line: int
    address: str
    email: str
    details: Mapping[str, str]
    attributes: Mapping[str, str]

    def refuse(self, what: str) -> Problem:
        """Return why this row is passed over."""
        return Problem(file=self.file, line=self.line, what=what, remedy=MEND)


def read_rows(file: TextIO, refused: list[Problem]) -> Iterator[Row]:
    """Yield a file's good rows, and add the others to ``refused``.

    Raises InvalidImport when it is no CSV file, or not of people.
    """
    name = str(getattr(file, "name", "the file"))
    reader = csv.reader(_read_lines(file), strict=True)
    try:
        columns = _read_header(next(reader, []))
        for count, cells in enumerate(reader):
            if count >= MOST_ROWS:
                raise InvalidImport(f"There are more than {MOST_ROWS:,} rows: cut the file.")
            if not any(cells):
                continue
            try:
                yield _read_row(columns, cells, file=name, line=reader.line_num)
            except (InvalidAddress, InvalidImport) as error:
                what = str(error).rstrip(".")
                line = reader.line_num
                refused.append(Problem(file=name, line=line, what=what, remedy=MEND))
    except csv.Error as error:
        raise InvalidImport(f"Line {reader.line_num} is no CSV: {error}.") from error
    except UnicodeDecodeError as error:
        raise InvalidImport(
            f"The file is not UTF-8 (after line {reader.line_num}): save it as CSV UTF-8."
        ) from error


def _read_lines(file: TextIO) -> Iterator[str]:
    """Yield lines, the first without the mark that spreadsheets put before UTF-8."""
    number = 0
    while line := file.readline(LONGEST_LINE + 1):
        number += 1
        if len(line) > LONGEST_LINE:
            raise InvalidImport(f"Line {number} is longer than {LONGEST_LINE:,} characters.")
        yield line.removeprefix("\ufeff") if number == 1 else line


def _read_header(cells: list[str]) -> list[str]:
    columns = [cell.strip().lower() for cell in cells]
    if "email" not in columns:
        raise InvalidImport("There is no column 'email': name it in the first line.")
    if len(columns) != len(set(columns)) or len(columns) > MOST_COLUMNS:
        raise InvalidImport(f"Columns must have different names, and be at most {MOST_COLUMNS}.")
    for column in columns:
        if not is_attribute_name(column):
            raise InvalidImport(
                f"Column {column[:80]!r} can't be kept: begin its name with a letter, and use"
                " letters, digits, spaces, - and _."
            )
    return columns


def _read_row(columns: list[str], cells: list[str], *, file: str, line: int) -> Row:
    if len(cells) != len(columns):
        raise InvalidImport(f"The row has {len(cells)} cells and the header {len(columns)}")
    texts = {column: _read_cell(column, cell) for column, cell in zip(columns, cells, strict=True)}
    email = texts.pop("email")
    details = {column: texts.pop(column, "") for column in DETAILS}
    return Row(
        file=file,
        line=line,
        address=normalise(email),
        email=email,
        details=_check_details(details),
        attributes={name: text for name, text in texts.items() if text},
    )


def _read_cell(column: str, cell: str) -> str:
    text = cell.strip()
    if "\0" in text:
        raise InvalidImport(f"{column} has a NUL character")
    longest = DETAILS.get(column, LONGEST_CELL)
    if len(text) > longest:
        raise InvalidImport(f"{column} is longer than {longest:,} characters")
    return text


def _check_details(details: dict[str, str]) -> dict[str, str]:
    language = details["language"].replace("_", "-")
    if language and not LANGUAGE_TAG.fullmatch(language):
        raise InvalidImport(f"language {language!r} is none: write it as in en or pt-BR")
    country = details["country"].upper()
    if country and not (len(country) == 2 and country.isascii() and country.isalpha()):
        raise InvalidImport(f"country {country!r} is none: write two letters, as in NO")
    zone = details["time_zone"]
    if zone and zone not in _zones():
        raise InvalidImport(f"time_zone {zone!r} is none: write it as in Europe/Oslo")
    name = " ".join(details["name"].split())
    return details | {"name": name, "language": language, "country": country}


@cache
def _zones() -> frozenset[str]:
    """Return the names of time zones, read from the disk once and not for each row."""
    return frozenset(available_timezones())

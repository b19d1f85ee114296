"""XLSX workbooks: what is in the archive is measured before a library is let near it."""

from __future__ import annotations

import datetime as dt
import warnings
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from xml.parsers import expat

from mailer.errors import InvalidImport
from subscribers.importing.tables import MOST_COLUMNS, Record, Table, check_columns

MOST_ENTRIES = 1_000  # parts of the archive; a workbook of one sheet has about ten
LARGEST_SHEET = 2_000_000_000  # octets unpacked: it is streamed, so only time is at stake
LARGEST_REST = 64_000_000  # octets unpacked of everything else, which is held in memory
MOST_SHRUNK = 400  # to one; rows of the same few words pack to a fiftieth, a bomb to a thousandth
SMALL = 1_000_000  # octets; below this a ratio says nothing
LONGEST_ROW = 1_000_000  # octets of XML, held in memory until the row ends
MOST_OUTSIDE = 100_000  # elements of a sheet that are not in a row, held until the sheet ends
DEEPEST = 60
BLOCK_OCTETS = 262_144
NO_WORKBOOK = "The file is no XLSX workbook that we can read: save it anew, or as CSV UTF-8."


def open_workbook(path: Path) -> Table:
    """Return the table on a workbook's first sheet. Raises InvalidImport."""
    check_archive(path)
    columns = check_columns(next(_read_rows(path), (1, []))[1])
    return Table(kind="xlsx", columns=columns, read=lambda: _read_people(path, len(columns)))


def check_archive(path: Path) -> None:
    """Raise InvalidImport if unpacking or parsing the workbook could do harm."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            _check_sizes(entries)
            for entry in entries:
                if entry.filename.lower().endswith((".xml", ".rels")):
                    with archive.open(entry) as part:
                        _Part(entry.filename).check(part)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError) as error:
        raise InvalidImport(NO_WORKBOOK) from error
    except expat.ExpatError as error:
        raise InvalidImport(NO_WORKBOOK) from error


def _check_sizes(entries: list[zipfile.ZipInfo]) -> None:
    """Refuse bombs by what the archive says of itself: no more than that is ever unpacked."""
    if len(entries) > MOST_ENTRIES:
        raise InvalidImport(f"The workbook has more than {MOST_ENTRIES:,} parts.")
    for entry in entries:
        # Nothing is written under these names; a workbook that has such a one was made to harm.
        if entry.filename.startswith(("/", "\\")) or ".." in entry.filename.split("/"):
            raise InvalidImport("The workbook has a part whose name leads out of it.")
        if entry.file_size > max(SMALL, entry.compress_size * MOST_SHRUNK):
            raise InvalidImport("The workbook unpacks to far more than it should: save it as CSV.")
    sheets = [entry.file_size for entry in entries if _is_sheet(entry.filename)]
    rest = sum(entry.file_size for entry in entries) - sum(sheets)
    if max(sheets, default=0) > LARGEST_SHEET or rest > LARGEST_REST:
        raise InvalidImport("The workbook is too large: save the sheet as CSV UTF-8.")


def _is_sheet(name: str) -> bool:
    return name.lower().startswith("xl/worksheets/") and name.lower().endswith(".xml")


@dataclass(slots=True)
class _Part:
    """Parse one part without keeping it, and refuse what a parser that keeps it could not bear."""

    name: str
    depth: int = 0
    outside: int = 0
    row_depth: int = 0
    row_from: int = 0
    parser: Any = None

    def check(self, part: IO[bytes]) -> None:
        self.parser = expat.ParserCreate()
        self.parser.StartDoctypeDeclHandler = self._refuse_doctype
        self.parser.StartElementHandler = self._open
        self.parser.EndElementHandler = self._close
        while block := part.read(BLOCK_OCTETS):
            self.parser.Parse(block, False)
            if self.row_depth and self.parser.CurrentByteIndex - self.row_from > LONGEST_ROW:
                raise InvalidImport("A row of the sheet is too long.")
        self.parser.Parse(b"", True)

    def _refuse_doctype(self, *_: object) -> None:
        raise InvalidImport("The workbook declares XML entities, which no spreadsheet does.")

    def _open(self, name: str, _: object) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            raise InvalidImport("The workbook is nested too deeply.")
        if not _is_sheet(self.name):
            return
        if self.row_depth:
            if self.parser.CurrentByteIndex - self.row_from > LONGEST_ROW:
                raise InvalidImport("A row of the sheet is too long.")
        elif name.rpartition(":")[2] == "row":
            self.row_depth, self.row_from = self.depth, self.parser.CurrentByteIndex
        else:
            self.outside += 1
            if self.outside > MOST_OUTSIDE:
                raise InvalidImport("The sheet has too much beside its rows: save it as CSV.")

    def _close(self, _: str) -> None:
        if self.depth == self.row_depth:
            self.row_depth = 0
        self.depth -= 1


def _read_people(path: Path, width: int) -> Iterator[Record]:
    """Yield the rows below the header; a sheet leaves empty cells at a row's end out."""
    rows = _read_rows(path)
    next(rows, None)
    for line, cells in rows:
        yield line, [*cells, *[""] * (width - len(cells))]


def _read_rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    # Loading the library takes a third of a second: here, and not wherever a process starts.
    from openpyxl import load_workbook  # noqa: PLC0415
    from openpyxl.utils.exceptions import InvalidFileException  # noqa: PLC0415

    file = path.open("rb")  # the library looks at a path's ending, and ours has none
    try:
        with warnings.catch_warnings(action="ignore"):
            book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
    # Of a broken workbook the library lets out whatever it stumbled over.
    except (
        InvalidFileException,
        KeyError,
        ValueError,
        TypeError,
        OSError,
        AttributeError,
    ) as error:
        file.close()
        raise InvalidImport(NO_WORKBOOK) from error
    try:
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # what the sheet says of its size need not be true
        rows = sheet.iter_rows(max_col=MOST_COLUMNS + 1, values_only=True)
        for number, cells in enumerate(rows, start=1):
            yield number, _trim([_write(cell) for cell in cells])
    except (IndexError, KeyError, ValueError, TypeError, OSError, AttributeError) as error:
        raise InvalidImport(NO_WORKBOOK) from error
    finally:
        book.close()
        file.close()


def _trim(cells: list[str]) -> list[str]:
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _write(value: object) -> str:
    """Return a cell as the text that a CSV file would have."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        return value.date().isoformat()
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    return str(value)

"""CSV and TSV files, read line by line, with a bound on everything that is held in memory."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from mailer.errors import InvalidAddress, InvalidImport
from subscribers.addresses import normalise
from subscribers.importing.encoding import SAMPLE_OCTETS, detect_delimiter
from subscribers.importing.tables import Record, Table, check_columns

# Characters of a record, however many lines a quoted cell makes of it: it is read whole into
# memory before it can be judged.
LONGEST_RECORD = 1_000_000
KINDS = {"\t": "tsv"}


def open_file(path: Path, *, encoding: str, delimiter: str = "") -> Table:
    """Return the table in a text file; the delimiter is detected where none is given."""
    return open_text(
        lambda: path.open(encoding=encoding, newline=""),
        delimiter=delimiter,
        found={"encoding": encoding},
    )


def open_text(
    opener: Callable[[], TextIO], *, delimiter: str = "", found: dict[str, str] | None = None
) -> Table:
    """Return the table in a text that can be opened as often as it must be."""
    try:
        with opener() as file:
            delimiter = delimiter or detect_delimiter(file.read(SAMPLE_OCTETS).lstrip("\ufeff"))
        with opener() as file:
            head = next(_Reader(file, delimiter).records(), (1, []))[1]
    except UnicodeDecodeError as error:
        raise _say_undecodable(error, line=1) from error
    is_headless = _is_person(head)
    columns = _name_columns(head) if is_headless else check_columns(head)
    return Table(
        kind=KINDS.get(delimiter, "csv"),
        columns=columns,
        read=lambda: _read(opener, delimiter, skip=0 if is_headless else 1),
        found={"delimiter": delimiter, **(found or {})},
    )


def open_string(text: str) -> Table:
    """Return the table in a text that is in memory already."""
    return open_text(lambda: io.StringIO(text, newline=""))


def _read(opener: Callable[[], TextIO], delimiter: str, *, skip: int) -> Iterator[Record]:
    with opener() as file:
        records = _Reader(file, delimiter).records()
        for _ in range(skip):
            next(records, None)
        yield from records


@dataclass(slots=True)
class _Reader:
    """Read one file, counting the characters since the last whole record."""

    file: TextIO
    delimiter: str
    held: int = 0

    def records(self) -> Iterator[Record]:
        reader = csv.reader(self._lines(), delimiter=self.delimiter, strict=True)
        try:
            for cells in reader:
                self.held = 0
                yield reader.line_num, cells
        except csv.Error as error:
            raise InvalidImport(f"Line {reader.line_num} is no CSV: {error}.") from error
        except UnicodeDecodeError as error:
            raise _say_undecodable(error, line=reader.line_num + 1) from error

    def _lines(self) -> Iterator[str]:
        """Yield lines, the first without the mark that spreadsheets put before UTF-8."""
        first = True
        while line := self.file.readline(LONGEST_RECORD + 1):
            self.held += len(line)
            if self.held > LONGEST_RECORD:
                raise InvalidImport(
                    f"A row is longer than {LONGEST_RECORD:,} characters:"
                    " a quotation mark may be missing, or it is no list of people."
                )
            yield line.removeprefix("\ufeff") if first else line
            first = False


def _say_undecodable(error: UnicodeDecodeError, *, line: int) -> InvalidImport:
    return InvalidImport(
        f"The file is not in {error.encoding} (about line {line}): save it as CSV UTF-8,"
        " or name its encoding."
    )


def _is_person(head: Sequence[str]) -> bool:
    """Tell whether the first line is a person already, as in a plain list of addresses."""
    return any("@" in cell and _is_address(cell) for cell in head)


def _is_address(cell: str) -> bool:
    try:
        normalise(cell)
    except InvalidAddress:
        return False
    return True


def _name_columns(head: Sequence[str]) -> tuple[str, ...]:
    """Return names where the file has none: the address's, a name beside it, then numbers."""
    place = next(index for index, cell in enumerate(head) if "@" in cell and _is_address(cell))
    names = [f"column {number}" for number in range(1, len(head) + 1)]
    names[place] = "email"
    if len(head) == 2:
        names[1 - place] = "name"
    return check_columns(names)

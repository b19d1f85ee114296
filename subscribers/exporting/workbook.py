"""An export as an XLSX workbook."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from typing import IO, Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

BLOCK_OCTETS = 262_144


def write_workbook(rows: Iterable[list[Any]]) -> Iterator[bytes]:
    """Yield a workbook, written row by row to a file that the system deletes."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("People")
    for cells in rows:
        sheet.append([_make_cell(sheet, each) for each in cells])
    with tempfile.TemporaryFile() as file:
        book.save(file)
        file.seek(0)
        yield from _read_blocks(file)


def _make_cell(sheet: Any, value: Any) -> Any:
    """Return a cell of XLSX; a text is one by its type too, whatever it begins with."""
    if not isinstance(value, str):
        return value
    cell = WriteOnlyCell(sheet, value=ILLEGAL_CHARACTERS_RE.sub("", value))
    cell.data_type = "s"
    return cell


def _read_blocks(file: IO[bytes]) -> Iterator[bytes]:
    while block := file.read(BLOCK_OCTETS):
        yield block

"""Opening a file of people: what kind it is says its content, never its name."""

from __future__ import annotations

from pathlib import Path

from mailer.errors import InvalidImport
from subscribers.importing import delimited, objects, sheet
from subscribers.importing.encoding import check_encoding, detect_encoding
from subscribers.importing.tables import Table

LARGEST_FILE = 2_000_000_000  # octets: what a disk holds beside a database, and an hour's work
# How files begin that people take for lists, and what to do instead.
FOREIGN = {
    b"\xd0\xcf\x11\xe0": "The file is an old XLS workbook: save it as XLSX or CSV UTF-8.",
    b"%PDF": "The file is a PDF: export the list as CSV instead.",
    b"\x1f\x8b": "The file is packed by gzip: unpack it first.",
    b"7z\xbc\xaf": "The file is packed by 7-Zip: unpack it first.",
}


def open_table(path: Path, *, encoding: str = "", delimiter: str = "") -> Table:
    """Return the table in a file; encoding and delimiter are detected where none is given.

    Raises InvalidImport if no people can be read from it.
    """
    if path.stat().st_size > LARGEST_FILE:
        raise InvalidImport(f"The file has more than {LARGEST_FILE:,} octets: cut it.")
    with path.open("rb") as file:
        head = file.read(4096)
    for mark, remedy in FOREIGN.items():
        if head.startswith(mark):
            raise InvalidImport(remedy)
    if head.startswith(b"PK\x03\x04"):
        return sheet.open_workbook(path)
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith((b"{", b"[")):
        return _open_json(path, start)
    encoding = check_encoding(encoding) if encoding else detect_encoding(path)
    return delimited.open_file(path, encoding=encoding, delimiter=delimiter)


def _open_json(path: Path, start: bytes) -> Table:
    """Return the table in a JSON file: a document begins with a list, or runs over its lines."""
    first = start.split(b"\n", 1)[0].strip()
    is_lines = first.startswith(b"{") and (first.endswith(b"}") or len(first) > 4000)
    if is_lines and b'"entries"' not in first:
        return objects.open_lines(path)
    return objects.open_document(path)

"""Finding out in which encoding and with which delimiter a text file was written."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator
from pathlib import Path

from charset_normalizer import from_bytes

from mailer.errors import InvalidImport

BLOCK_OCTETS = 1_048_576
SAMPLE_OCTETS = 65_536  # enough to tell alphabets apart; the detector's time grows with it
SAMPLE_LINES = 20
DELIMITERS = ",;\t|"
# UTF-32 begins as UTF-16 does, so it is asked for first.
MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
# What spreadsheets have written in the languages of our readers, where it was not Unicode.
LEGACY = ["cp1252", "cp1251", "cp1256", "gb18030", "koi8_r", "cp1250", "mac_roman", "cp1254"]
USUAL = "cp1252"  # nearly always, where an alphabet is Latin and the text too short to tell
UNREADABLE = "The file is no text that we can read: save it as CSV UTF-8, or name its encoding."


def detect_encoding(path: Path) -> str:
    """Return the name of a text file's encoding. Raises InvalidImport if it is no text."""
    with path.open("rb") as file:
        head = file.read(SAMPLE_OCTETS)
    for mark, name in MARKS.items():
        if head.startswith(mark):
            return name
    if head.count(b"\0") * 4 > len(head):  # ASCII in UTF-16 is every other octet
        return "utf-16-le" if head[1:2] == b"\0" else "utf-16-be"
    return "utf-8" if _is_utf8(path) else _guess_legacy(path)


def check_encoding(name: str) -> str:
    """Return the usual name of an encoding that somebody wrote. Raises InvalidImport."""
    try:
        found = codecs.lookup(name)
    except (LookupError, ValueError) as error:
        raise InvalidImport(f"Encoding {name[:40]!r} is unknown: write utf-8 or cp1252.") from error
    if not found._is_text_encoding:  # noqa: SLF001 - the documented way is to fail later
        raise InvalidImport(f"Encoding {name[:40]!r} is not of a text: write utf-8 or cp1252.")
    return found.name


def detect_delimiter(head: str) -> str:
    """Return the character between the cells: the one that cuts the first lines alike.

    A line that is cut into more cells counts for more, but lines must agree with the first.
    """
    best, most = ",", 0
    lines = [line for line in head.splitlines()[:SAMPLE_LINES] if line.strip()]
    for delimiter in DELIMITERS:
        try:
            widths = [len(row) for row in csv.reader(lines, delimiter=delimiter)]
        except csv.Error:
            continue
        score = widths.count(widths[0]) * (widths[0] - 1) if widths else 0
        if score > most:
            best, most = delimiter, score
    return best


def _is_utf8(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for block in _read_blocks(path):
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _guess_legacy(path: Path) -> str:
    """Return the likeliest encoding by the lines that are not ASCII: the others tell nothing."""
    sample = bytearray()
    for block in _read_blocks(path):
        if not block.isascii():
            lines = (line for line in block.splitlines(keepends=True) if not line.isascii())
            sample += b"".join(lines)[:SAMPLE_OCTETS]
        if len(sample) >= SAMPLE_OCTETS:
            break
    found = from_bytes(bytes(sample[:SAMPLE_OCTETS]), cp_isolation=LEGACY)
    names = {name for match in found for name in (match.encoding, *match.could_be_from_charset)}
    best = found.best()
    if best is None:
        raise InvalidImport(UNREADABLE)
    # Latin encodings differ in a handful of letters, and short texts give no proof of them.
    latin = best.encoding in {"cp1250", "cp1254", "mac_roman"}
    return USUAL if USUAL in names and latin else best.encoding


def _read_blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(BLOCK_OCTETS):
            yield block

"""Where an import's files are kept: a folder under its number, whatever the file was called."""

from __future__ import annotations

import csv
import io
import os
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath

from django.conf import settings

from mailer.errors import InvalidImport
from subscribers.exporting.cells import defuse
from subscribers.importing.opening import LARGEST_FILE
from subscribers.importing.rows import Refusal

LONGEST_NAME = 200
BLOCK_OCTETS = 1_048_576
MARK = "\ufeff"  # a spreadsheet reads a CSV file as UTF-8 only with it


def folder_of(import_id: int) -> Path:
    """Return the folder of an import's files."""
    return Path(settings.VAR_DIR) / "imports" / str(int(import_id))


def upload_of(import_id: int) -> Path:
    """Return where the file is that was uploaded."""
    return folder_of(import_id) / "upload"


def refused_of(import_id: int, *, dry_run: bool) -> Path:
    """Return where the rows are that were refused, or would be."""
    return folder_of(import_id) / ("would-refuse.csv" if dry_run else "refused.csv")


def clean_name(name: str) -> str:
    """Return what an uploaded file is to be called on pages: a name, never a path."""
    last = PurePosixPath(name.replace("\\", "/")).name
    shown = "".join(each for each in last if each.isprintable()).strip()
    return shown[:LONGEST_NAME] or "people"


def keep_upload(import_id: int, blocks: Iterable[bytes]) -> int:
    """Write an uploaded file to its place, for its owner's eyes only; return its octets."""
    folder = folder_of(import_id)
    remove_files(import_id)  # of another import with this number, before a backup was restored
    folder.mkdir(parents=True)
    folder.chmod(0o700)
    size = 0
    with tempfile.NamedTemporaryFile(dir=folder, delete=False) as file:
        for block in blocks:
            size += len(block)
            if size > LARGEST_FILE:
                raise InvalidImport(f"The file has more than {LARGEST_FILE:,} octets: cut it.")
            file.write(block)
    Path(file.name).replace(upload_of(import_id))
    return size


def read_blocks(path: Path) -> Iterable[bytes]:
    """Yield a file in blocks."""
    with path.open("rb") as file:
        while block := file.read(BLOCK_OCTETS):
            yield block


def append_refused(
    path: Path, refused: Iterable[Refusal], *, columns: Sequence[str], offset: int
) -> int:
    """Write refused rows behind the first ``offset`` octets of the file; return its new length.

    What stood behind them is from a chunk that was not kept. A cell is defused: the file is
    opened with the spreadsheet that its rows came from.
    """
    text = io.StringIO()
    writer = csv.writer(text)
    if not offset:
        text.write(MARK)
        writer.writerow(["line", "reason", *map(defuse, columns)])
    for each in refused:
        writer.writerow([each.line, each.reason, *map(defuse, each.cells)])
    with path.open("r+b" if path.exists() else "w+b") as file:
        file.truncate(offset)
        file.seek(offset)
        file.write(text.getvalue().encode("utf-8", "replace"))
        file.flush()
        os.fsync(file.fileno())
        return file.tell()


def remove_files(import_id: int) -> None:
    """Delete an import's files; what it did to people stays."""
    shutil.rmtree(folder_of(import_id), ignore_errors=True)

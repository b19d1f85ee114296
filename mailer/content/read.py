"""Reading an issue from a folder: its file, and the pictures beside it."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from mailer.content.parse import LARGEST_OCTETS, parse_issue
from mailer.content.pictures import LARGEST_OCTETS as LARGEST_PICTURE
from mailer.content.problems import Problems
from mailer.types import Document


def read_issue(path: Path) -> Document:
    """Return the Document of an issue file with its pictures. Raises InvalidIssue."""
    folder = path.parent.resolve()
    try:
        with path.open("rb") as file:
            text = file.read(LARGEST_OCTETS + 1)
    except OSError as error:
        problems = Problems(str(path))
        problems.add(None, f"it can't be read: {error.strerror}", "Name an issue file (.md).")
        problems.raise_if_any()
        raise  # never reached: there is a problem
    return parse_issue(text, file=str(path), load_picture=lambda source: _load(folder, source))


def _load(folder: Path, source: str) -> bytes:
    """Return a picture's bytes; only files in the issue's folder, links resolved, are read."""
    if "://" in source or "\\" in source or PurePosixPath(source).is_absolute():
        raise PermissionError(0, "pictures are named relative to the issue file")
    path = (folder / source).resolve()
    if not path.is_relative_to(folder):
        raise PermissionError(0, "it is outside the issue's folder")
    if not path.is_file():
        raise FileNotFoundError(0, "there is no such file")
    with path.open("rb") as file:
        return file.read(LARGEST_PICTURE + 1)

"""Reading an issue from a folder: its file, and the pictures beside it."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from mailer.content.parse import LARGEST_OCTETS, parse_issue
from mailer.content.pictures import LARGEST_OCTETS as LARGEST_PICTURE
from mailer.errors import InvalidIssue
from mailer.types import Document, Problem


def read_issue(path: Path) -> Document:
    """Return the Document of an issue file with its pictures. Raises InvalidIssue."""
    folder = path.parent.resolve()
    try:
        text = _read_start(path, LARGEST_OCTETS)
    except OSError as error:
        what, remedy = f"it can't be read: {error.strerror}", "Name an issue file (.md)."
        problem = Problem(file=str(path), line=None, what=what, remedy=remedy)
        raise InvalidIssue([problem]) from error
    return parse_issue(text, file=str(path), load_picture=lambda source: _load(folder, source))


def _load(folder: Path, source: str) -> bytes:
    """Return a picture's bytes; only files in the issue's folder, links resolved, are read."""
    if "://" in source or "\\" in source or PurePosixPath(source).is_absolute():
        raise PermissionError(0, "pictures are named relative to the issue file")
    try:
        path = (folder / source).resolve(strict=True)
    except (OSError, RuntimeError, ValueError) as error:
        # RuntimeError: links that go in a circle; ValueError: a NUL or half a surrogate pair.
        raise FileNotFoundError(0, "there is no such file") from error
    if not path.is_relative_to(folder):
        raise PermissionError(0, "it is outside the issue's folder")
    return _read_start(path, LARGEST_PICTURE)


def _read_start(path: Path, most_octets: int) -> bytes:
    """Return a file's bytes, and one more than is allowed at most: enough to be refused for."""
    if path.exists() and not path.is_file():
        # A named pipe would keep us waiting for ever.
        raise OSError(0, "it is no plain file")
    with path.open("rb") as file:
        return file.read(most_octets + 1)

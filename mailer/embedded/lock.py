"""Holding a folder: one program at a time may use it, and the kernel knows when it has ended."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mailer.errors import InvalidSetting


@contextmanager
def hold(lock: Path, refusal: str) -> Iterator[None]:
    """Hold a lock file; raise InvalidSetting with these words if another program does.

    The file stays: one that is removed could be held twice, by its name and by its old self.
    """
    descriptor = os.open(lock, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        _take(descriptor, refusal)
        yield
    finally:
        os.close(descriptor)


def _take(descriptor: int, refusal: str) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise InvalidSetting(refusal) from error

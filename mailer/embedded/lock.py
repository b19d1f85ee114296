"""Holding a folder: one program at a time may use it, and the kernel knows when it has ended."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from mailer.embedded.processes import ROOT
from mailer.environment import load_env_file, read_folder
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


def hold_installation(folder: Path) -> AbstractContextManager[None]:
    """Hold an installation's data, for as long as its programs run on this machine."""
    refusal = f"Another serve runs in {folder}: end it, or name another folder by MASTHEAD_VAR."
    return hold(folder / "serve.lock", refusal)


def refuse_second_serve() -> None:
    """Raise InvalidSetting if another serve runs, before Django is loaded: that takes seconds."""
    load_env_file(ROOT / ".env")
    with hold_installation(read_folder("MASTHEAD_VAR", "var", base=ROOT)):
        pass


def _take(descriptor: int, refusal: str) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise InvalidSetting(refusal) from error

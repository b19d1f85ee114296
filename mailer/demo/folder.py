"""The demo's own folder: emptied at each start, and only if a demo made it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mailer.embedded.lock import hold
from mailer.errors import InvalidSetting

MARK = ".made-by-the-demo"
STORE = "world.sqlite3"


@contextmanager
def own_folder(folder: Path) -> Iterator[Path]:
    """Hold the folder, fresh and empty, while a demo runs in it.

    Raises InvalidSetting if another demo holds it, or if it has files that no demo made.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    lock = folder.with_name(f"{folder.name}.lock")
    refusal = f"Another demo runs in {folder}: end it, or name another folder by MASTHEAD_VAR."
    with hold(lock, refusal):
        _empty(folder)
        yield folder


def _empty(folder: Path) -> None:
    if folder.is_symlink():
        raise InvalidSetting(f"{folder} is a link: remove it, the demo makes a folder there.")
    if folder.exists() and any(folder.iterdir()) and not (folder / MARK).is_file():
        raise InvalidSetting(
            f"{folder} has files that no demo made: move them away, the demo empties it."
        )
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(mode=0o700)
    (folder / MARK).write_text("The demo empties this folder whenever it starts.\n")

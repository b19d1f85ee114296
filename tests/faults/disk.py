"""The disk of the database and of Redis runs full in mid-mailing.

It is a small file system in memory, so an installation of its own is needed: another process
of ours, whose engines keep their data there.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from django.db import connection

from tests.fakes.servers import listens
from tests.faults.row import Effort, Row
from tests.faults.scene import Run, Scene, note_books

NAME = "the disk full"
MAILING = 3_000
SIZE = "320m"
CHUNK = b"\0" * 65_536
# What can still be written into space that was set aside before is sent; then it is quiet.
FULL_SECONDS = 5
MOST_SECONDS = 60


def fill_disk(scene: Scene, effort: Effort) -> Row:
    """Fill the disk, wait until nothing is sent any more, make room, and let it go on."""
    postgres = scene.place.engines.postgres
    assert postgres
    if os.path.ismount(postgres.folder.parent):
        return _fill(scene)
    with _small_disk() as folder:
        if folder is None:
            return Row(fault=NAME, figures={"left out": "only root may mount a small disk"})
        command = [sys.executable, "-m", "tests.faults", "--only", "disk", "--json"]
        done = subprocess.run(
            [*command, "--engines", str(folder), *(["--short"] if effort.short else [])],
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        if not done.stdout:
            return Row(fault=NAME, wrong=["it did not come to its end"])
        return Row(**json.loads(done.stdout)[0])


def _fill(scene: Scene) -> Row:
    row = Row(fault=NAME)
    run = scene.start(MAILING)
    scene.await_sending(run, 200)
    allowed = scene.open_connections()
    folder = Path(str(scene.place.engines.postgres.folder.parent))  # type: ignore[union-attr]
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(CHUNK)
    began, last = time.monotonic(), scene.arrived(run)
    scene.await_quiet(FULL_SECONDS)
    row.figures["sent after it was full"] = scene.arrived(run) - last
    row.figures["quiet after, s"] = round(time.monotonic() - began - FULL_SECONDS, 2)
    ballast.unlink()
    _start_what_ended(scene, row)
    row.hold("sending again after, s", _await_if_unfinished(scene, run), MOST_SECONDS)
    books = scene.finish(run)
    note_books(row, [books], duplicates=allowed)
    return row


def _await_if_unfinished(scene: Scene, run: Run) -> float:
    return scene.await_sending(run) if scene.arrived(run) < run.size else 0.0


def _start_what_ended(scene: Scene, row: Row) -> None:
    """Start the engines that gave up, as an administrator does who has made room."""
    postgres, redis = scene.place.engines.postgres, scene.place.engines.redis
    assert postgres
    assert redis
    ended = []
    if not listens(postgres.port):
        ended.append("PostgreSQL")
        postgres.start()
    if not listens(redis.port):
        ended.append("Redis")
        redis.start()
    connection.close()
    row.figures["engines that gave up"] = ", ".join(ended) or "none"


@contextmanager
def _small_disk() -> Iterator[Path | None]:
    """Mount a small file system in memory; None where that is not allowed."""
    with tempfile.TemporaryDirectory(prefix="masthead-disk-") as name:
        folder = Path(name)
        mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", name]
        if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:
            yield None
            return
        folder.chmod(0o711)
        try:
            yield folder
        finally:
            subprocess.run(["umount", "--lazy", name], check=False)

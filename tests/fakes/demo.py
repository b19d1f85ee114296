"""A demo as a process of its own, in a folder of its own."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from mailer.demo.folder import STORE
from mailer.demo.mailboxes import Mailboxes
from tests.fakes.servers import free_port, wait_until

ROOT = Path(__file__).resolve().parent.parent.parent
# A whole installation starts on a machine that may be busy with other tests.
START_SECONDS = 180
END_SECONDS = 600


class RunningDemo:
    """Start ``python -m mailer.demo``, look at its world from outside, and wait for its figures."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.folder = folder
        self.port = free_port()
        self.output = folder.with_suffix(".out")
        self.figures = folder.with_suffix(".json")
        command = [sys.executable, "-m", "mailer.demo", "--folder", str(folder), "--json"]
        with self.output.open("wb") as output, self.figures.open("wb") as figures:
            self.process = subprocess.Popen(
                [*command, "--port", str(self.port), *arguments],
                cwd=ROOT,
                env={**os.environ, "DJANGO_SETTINGS_MODULE": "mailer.demo.settings"},
                stdout=figures,
                stderr=output,
            )

    @property
    def mailboxes(self) -> Mailboxes:
        return Mailboxes(self.folder / STORE)

    def said(self) -> str:
        return self.output.read_text(encoding="utf-8", errors="replace")

    def arrived(self) -> int:
        store = self.folder / STORE
        try:
            return self.mailboxes.count_messages() if store.exists() else 0
        except sqlite3.OperationalError:
            return 0  # the file is there and its tables are not yet

    def await_arrivals(self, count: int) -> None:
        def enough() -> bool:
            assert self.process.poll() is None, self.said()
            return self.arrived() >= count

        wait_until(enough, f"arrival {count}", START_SECONDS)

    def await_figures(self) -> dict[str, Any]:
        end = time.monotonic() + END_SECONDS
        while time.monotonic() < end:
            written = self.figures.read_text(encoding="utf-8")
            if written.endswith("\n"):
                return json.loads(written)
            assert self.process.poll() is None, self.said()
            time.sleep(0.2)
        raise AssertionError(f"no figures: {self.said()}")

    def find_children(self, words: str, parent: int | None = None) -> list[int]:
        """Return the processes that the demo (or ``parent``) started with these words."""
        parent = parent or self.process.pid
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
                line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue  # it has ended meanwhile
            if int(fields[1]) == parent and words in line:
                found.append(int(folder.name))
        return found

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait(60)


def all_processes(folder: Path) -> list[int]:
    """Return every process whose command line or environment names a demo's folder."""
    needle = os.fsencode(folder)
    found = []
    for each in Path("/proc").glob("[0-9]*"):
        try:
            text = (each / "cmdline").read_bytes() + (each / "environ").read_bytes()
        except OSError:
            continue
        if needle in text and int(each.name) != os.getpid():
            found.append(int(each.name))
    return found

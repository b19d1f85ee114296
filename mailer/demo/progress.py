"""Showing how far a mailing has come: a live bar on a terminal, a quiet line now and then else."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
)

QUIET_SECONDS = 5.0


class Meter(Protocol):
    """Take how far something has come."""

    def show(self, done: int, total: int, note: str) -> None:
        """Show that ``done`` of ``total`` are done, with a word on the rest."""


class LiveMeter:
    """A bar that moves."""

    def __init__(self, progress: Progress, title: str) -> None:
        self._progress = progress
        self._task = progress.add_task(title, total=None, note="")

    def show(self, done: int, total: int, note: str) -> None:
        """Move the bar."""
        self._progress.update(self._task, completed=done, total=total or None, note=note)


class QuietMeter:
    """A line every few seconds, for logs."""

    def __init__(self, console: Console, title: str) -> None:
        self._console = console
        self._title = title
        self._said = time.monotonic()

    def show(self, done: int, total: int, note: str) -> None:
        """Write a line, if the last one is old enough."""
        if time.monotonic() - self._said >= QUIET_SECONDS:
            self._said = time.monotonic()
            self._console.print(f"{self._title}: {done} of {total}, {note}")


@contextmanager
def open_meter(console: Console, title: str) -> Iterator[Meter]:
    """Open the kind of meter that the console can show."""
    if not console.is_terminal:
        console.print(title)
        yield QuietMeter(console, title)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("[dim]{task.fields[note]}"),
    )
    with Progress(*columns, console=console) as progress:
        yield LiveMeter(progress, title)

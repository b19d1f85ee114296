"""Running an import: chunk by chunk, each in a transaction that moves its cursor too."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, field
from pathlib import Path

from django.db import IntegrityError, OperationalError, transaction

from mailer.errors import ImportInterrupted, InvalidImport
from subscribers.bulk import commit_later
from subscribers.importing import chunks
from subscribers.importing.ahead import Order, read_ahead
from subscribers.importing.chunks import Chunk, read_chunks
from subscribers.importing.files import append_refused, refused_of, upload_of
from subscribers.importing.formats import find_standing
from subscribers.importing.lifecycle import LEASE, open_kept, read_mapping
from subscribers.importing.rows import Judge
from subscribers.importing.store import Store
from subscribers.importing.tables import Table
from subscribers.imports import Import, ImportState

# Somebody who joins by the web while their row is being written makes the chunk start anew.
MOST_TRIES = 5
# Octets: a smaller file is read before a process for it has started.
READ_AHEAD_FROM = 1_000_000
Clock = Callable[[], dt.datetime]


def run_import(kept: Import, *, clock: Clock, tell: Callable[[Import], None] | None = None) -> None:
    """Take a claimed import to its end; ``tell`` is called after each chunk.

    Raises ImportInterrupted when it was cancelled, or another worker has taken over.
    """
    try:
        table = open_kept(kept)
        _Run(kept=kept, table=table, clock=clock, tell=tell or (lambda _: None)).run()
    except InvalidImport as error:
        _finish(kept, ImportState.FAILED, now=clock(), problem=str(error))
        return
    ended = ImportState.CHECKED if kept.dry_run else ImportState.DONE
    forecast = kept.counts if kept.dry_run else kept.forecast
    _finish(kept, ended, now=clock(), forecast=forecast)


@dataclass(slots=True, kw_only=True)
class _Run:
    """One worker's work at one import."""

    kept: Import
    table: Table
    clock: Clock
    tell: Callable[[Import], None]
    store: Store = field(init=False)

    def run(self) -> None:
        with self._read() as found:
            # While the process that reads it starts.
            if self.kept.total is None:
                self._count_records()
            self.store = self._open_store()
            for chunk in found:
                self._write(chunk)
                self.tell(self.kept)

    def _open_store(self) -> Store:
        kept = self.kept
        return Store(
            group=kept.list,
            basis=kept.basis,
            origin=f"import:{kept.pk}",
            now=self.clock(),
            confirmed=kept.confirmed,
            existing=kept.existing,
            dry_run=kept.dry_run,
        )

    def _read(self) -> AbstractContextManager[Iterator[Chunk]]:
        """Return the chunks that are still to be written, a large file's from another process."""
        kept = self.kept
        standing = find_standing(self.table.columns)
        if kept.size_octets < READ_AHEAD_FROM:
            judge = Judge(targets=read_mapping(kept), standing=standing)
            return closing(read_chunks(self.table, judge, skip=kept.cursor))
        order = Order(
            path=str(upload_of(kept.pk)),
            encoding=kept.encoding,
            delimiter=kept.delimiter,
            mapping=kept.mapping,
            standing=standing.value,
            size=chunks.CHUNK_RECORDS,
            skip=kept.cursor,
        )
        return read_ahead(order)

    def _count_records(self) -> None:
        """Read the file once to its end: what is broken further on is refused before anything."""
        total = sum(1 for _ in self.table.records())
        _hold(self.kept, total=total, lease_expires_at=self.clock() + LEASE)
        self.kept.refresh_from_db()

    def _write(self, chunk: Chunk) -> None:
        for last in range(1, MOST_TRIES + 1):
            try:
                self._write_once(chunk)
            except (IntegrityError, OperationalError):
                if last == MOST_TRIES:
                    raise
            else:
                return

    def _write_once(self, chunk: Chunk) -> None:
        kept = self.kept
        with transaction.atomic():
            commit_later()
            counts = Counter(kept.counts) + self.store.write(chunk)
            counts["refused"] += len(chunk.refused)
            cursor = kept.cursor + chunk.records
            _hold(
                kept,
                cursor=cursor,
                counts={name: number for name, number in counts.items() if number},
                lease_expires_at=self.clock() + LEASE,
            )
            # Behind the UPDATE that only one worker can make: the file is ours now.
            if chunk.refused:
                octets = self._write_refused(chunk)
                _hold(kept, refused_octets=octets)
        kept.refresh_from_db()

    def _write_refused(self, chunk: Chunk) -> int:
        path: Path = refused_of(self.kept.pk, dry_run=self.kept.dry_run)
        return append_refused(
            path,
            chunk.refused,
            columns=self.table.columns,
            offset=self.kept.refused_octets,
        )


def _hold(kept: Import, **fields: object) -> None:
    """Change the row of an import that is still ours. Raises ImportInterrupted."""
    mine = Import.objects.filter(pk=kept.pk, state=ImportState.RUNNING, fence=kept.fence)
    if not mine.update(**fields):
        raise ImportInterrupted("The import was cancelled, or another worker goes on with it.")


def _finish(kept: Import, state: ImportState, *, now: dt.datetime, **fields: object) -> None:
    _hold(kept, state=state, finished_at=now, lease_expires_at=None, **fields)
    kept.refresh_from_db()

"""What can be done with an import: kept, described, started, claimed, cancelled, discarded.

A state is changed by one conditional UPDATE, so that of two presses of a button one counts.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Q

from mailer.errors import InvalidImport
from subscribers.importing.files import (
    clean_name,
    keep_upload,
    refused_of,
    remove_files,
    upload_of,
)
from subscribers.importing.mapping import (
    Target,
    change_mapping,
    check_mapping,
    guess_mapping,
    read_target,
)
from subscribers.importing.opening import open_table
from subscribers.importing.tables import Table
from subscribers.importing.terms import check_basis, read_sample
from subscribers.imports import ACTIVE, ENDED, STARTABLE, Existing, Import, ImportState
from subscribers.models import List

# For how long a worker may be silent before another goes on: counting a large workbook's rows
# takes minutes, everything else seconds.
LEASE = dt.timedelta(minutes=10)
# Lists of people are not kept for longer than somebody may want to look up a refused row.
KEPT = dt.timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """How somebody wants a file imported."""

    group: List
    basis: str
    confirmed: bool = True
    existing: str = Existing.UPDATE
    encoding: str = ""
    delimiter: str = ""
    changes: Mapping[str, str] | None = None


def keep_import(
    blocks: Iterable[bytes], *, name: str, wish: Wish, owner_id: int | None, now: dt.datetime
) -> Import:
    """Keep a file of people with the mapping that is guessed, and do nothing to anybody yet.

    Raises InvalidImport, and keeps nothing, if it can't be read.
    """
    kept = Import.objects.create(
        list=wish.group,
        owner_id=owner_id,
        file_name=clean_name(name),
        basis=check_basis(wish.basis),
        confirmed=wish.confirmed,
        existing=wish.existing,
        encoding=wish.encoding,
        delimiter=wish.delimiter,
        created_at=now,
    )
    try:
        kept.size_octets = keep_upload(kept.pk, blocks)
        table = open_kept(kept)
        targets = guess_mapping(table.columns, read_sample(table))
        if wish.changes:
            targets = change_mapping(table.columns, targets, wish.changes)
            check_mapping(table.columns, targets)
    except BaseException:
        remove_files(kept.pk)
        kept.delete()
        raise
    kept.mapping = [str(each) for each in targets]
    kept.save()
    return kept


def open_kept(kept: Import) -> Table:
    """Return the table in an import's file. Raises InvalidImport."""
    path = upload_of(kept.pk)
    if not path.exists():
        raise InvalidImport("The file is no longer kept: upload it again.")
    return open_table(path, encoding=kept.encoding, delimiter=kept.delimiter)


def read_mapping(kept: Import) -> tuple[Target, ...]:
    """Return an import's mapping."""
    return tuple(read_target(text) for text in kept.mapping)


def change_import(
    kept: Import, *, encoding: str, delimiter: str, targets: Iterable[str] | None
) -> None:
    """Change how a file is read before anything is done; ``None`` guesses the mapping anew.

    Raises InvalidImport, and changes nothing, if it can't be read so.
    """
    path = upload_of(kept.pk)
    table = open_table(path, encoding=encoding, delimiter=delimiter)
    if targets is None:
        mapping = guess_mapping(table.columns, read_sample(table))
    else:
        mapping = tuple(read_target(text) for text in targets)
        if len(mapping) != len(table.columns):
            raise InvalidImport("The columns are others now: look at them again.")
        check_mapping(table.columns, mapping)
    _move(
        kept,
        (ImportState.DRAFT, ImportState.CHECKED),
        ImportState.DRAFT,
        encoding=encoding,
        delimiter=delimiter,
        mapping=[str(each) for each in mapping],
        forecast={},
    )


def start_import(kept: Import, *, dry_run: bool, now: dt.datetime) -> bool:
    """Let a worker begin, or go on with what was interrupted; return whether it may.

    A check begins anew each time. An import that failed or was cancelled goes on.
    """
    check_mapping(open_kept(kept).columns, read_mapping(kept))
    goes_on = kept.state in ENDED and not kept.dry_run and not dry_run
    fresh: dict[str, Any] = {} if goes_on else {"cursor": 0, "counts": {}, "refused_octets": 0}
    if dry_run and not kept.dry_run and kept.cursor:
        raise InvalidImport("This import has begun already: go on with it.")
    return _move(
        kept,
        STARTABLE,
        ImportState.QUEUED,
        dry_run=dry_run,
        problem="",
        started_at=now,
        finished_at=None,
        lease_expires_at=None,
        **fresh,
    )


def claim_import(import_id: int, *, now: dt.datetime) -> Import | None:
    """Return an import that waits, or whose worker is gone, as this worker's own."""
    free = Q(state=ImportState.QUEUED) | Q(state=ImportState.RUNNING, lease_expires_at__lt=now)
    claimed = Import.objects.filter(free, pk=import_id).update(
        state=ImportState.RUNNING, fence=F("fence") + 1, lease_expires_at=now + LEASE
    )
    return Import.objects.select_related("list").get(pk=import_id) if claimed else None


def release_import(kept: Import) -> None:
    """Give an import back, as when its program is ended: whoever comes next goes on."""
    mine = Import.objects.filter(pk=kept.pk, state=ImportState.RUNNING, fence=kept.fence)
    mine.update(state=ImportState.QUEUED, lease_expires_at=None)


def cancel_import(kept: Import, *, now: dt.datetime) -> bool:
    """End an import after the chunk that is being written; return whether it was still going.

    Who was taken in stays: the page says how many.
    """
    return _move(kept, ACTIVE, ImportState.CANCELLED, finished_at=now)


def discard_import(kept: Import) -> bool:
    """Delete an import's file and its row, unless it is at work; what it did to people stays."""
    idle = Import.objects.filter(pk=kept.pk).exclude(state__in=ACTIVE)
    if not idle.delete()[0]:
        return False
    remove_files(kept.pk)
    return True


def forget_old_files(*, now: dt.datetime) -> None:
    """Delete the files of imports that ended, or were left, long ago; their figures stay."""
    old = Import.objects.filter(created_at__lt=now - KEPT).exclude(state__in=ACTIVE)
    for import_id in old.values_list("pk", flat=True):
        remove_files(import_id)


def find_waiting(*, now: dt.datetime) -> list[int]:
    """Return the imports that wait for a worker, or have lost theirs."""
    lost = Q(state=ImportState.RUNNING, lease_expires_at__lt=now)
    waiting = Import.objects.filter(Q(state=ImportState.QUEUED) | lost)
    return list(waiting.order_by("pk").values_list("pk", flat=True))


def has_refused(kept: Import, *, dry_run: bool) -> bool:
    """Tell whether there is a file of refused rows."""
    return refused_of(kept.pk, dry_run=dry_run).exists()


def _move(kept: Import, states: Iterable[ImportState], to: ImportState, **fields: Any) -> bool:
    moved = Import.objects.filter(pk=kept.pk, state__in=states).update(state=to, **fields)
    kept.refresh_from_db()
    return bool(moved)

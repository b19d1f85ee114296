"""A short list imported at once: all of it or nothing, in one transaction."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field

from django.db import transaction

from mailer.types import Problem
from subscribers.importing.chunks import read_chunks
from subscribers.importing.formats import find_standing
from subscribers.importing.mapping import check_mapping, guess_mapping
from subscribers.importing.rows import Judge
from subscribers.importing.store import Store
from subscribers.importing.tables import Table
from subscribers.importing.terms import check_basis, read_sample
from subscribers.models import List

MEND = "Mend the row and import it again; the others are not affected."


@dataclass(slots=True, kw_only=True)
class ImportReport:
    """What an import did to people, or would do; each record counts once."""

    counts: Counter[str] = field(default_factory=Counter)
    refused: list[Problem] = field(default_factory=list)


def import_people(
    table: Table,
    *,
    group: List,
    basis: str,
    now: dt.datetime,
    confirmed: bool = True,
    dry_run: bool = False,
) -> ImportReport:
    """Put the people of a table on a list, its columns as they are guessed.

    All is kept or, if the table turns out to be unreadable, nothing. Raises InvalidImport.
    """
    targets = guess_mapping(table.columns, read_sample(table))
    check_mapping(table.columns, targets)
    judge = Judge(targets=targets, standing=find_standing(table.columns))
    store = Store(
        group=group,
        basis=check_basis(basis),
        origin="import",
        now=now,
        confirmed=confirmed,
        dry_run=dry_run,
    )
    report = ImportReport()
    with transaction.atomic():
        for chunk in read_chunks(table, judge):
            report.counts += store.write(chunk)
            report.refused += [
                Problem(file="the file", line=each.line, what=each.reason, remedy=MEND)
                for each in chunk.refused
            ]
    return report

"""``./masthead import FILE``: put the people of a file on a list."""

from __future__ import annotations

import csv
import json
import shutil
from argparse import ArgumentTypeError
from itertools import islice
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from mailer.errors import ImportInterrupted, InvalidImport
from subscribers.importing.files import read_blocks, refused_of
from subscribers.importing.lifecycle import (
    Wish,
    cancel_import,
    claim_import,
    discard_import,
    keep_import,
    open_kept,
    release_import,
    start_import,
)
from subscribers.importing.run import run_import
from subscribers.imports import ACTIVE, Existing, Import, ImportState
from subscribers.models import List

GROUND = (
    "The basis is the ground on which they may be written to, in your own words, such as"
    " --basis 'members by statute, article 4' or --basis 'signed up at the fair of 2026'."
)
MOST_SHOWN = 20  # refused rows; the file has them all
TARGETS = (
    "email, name, given_name, family_name, language, country, time_zone, standing, attributes,"
    " attribute:NAME, attribute:NAME:TYPE (text, number, flag, date, date_dmy, date_mdy), or skip"
)


def read_change(text: str) -> tuple[str, str]:
    """Return the column and the target of ``COLUMN=TARGET``."""
    column, sign, target = text.rpartition("=")
    if not sign:
        raise ArgumentTypeError(f"write COLUMN=TARGET, where TARGET is {TARGETS}")
    return column, target


class Command(BaseCommand):
    """Import people, and say of each refused row why it was refused."""

    help = "Put the people of a CSV, TSV, XLSX or JSON file on a list."

    def add_arguments(self, parser: CommandParser) -> None:
        """Name the file, the list, the ground, and how the file is read."""
        parser.add_argument("file", type=Path, nargs="?", help="the file")
        parser.add_argument("--list", help="the list's short name")
        parser.add_argument("--basis", help="the ground on which they may be written to")
        parser.add_argument(
            "--unconfirmed", action="store_true", help="they have yet to confirm: write to nobody"
        )
        parser.add_argument(
            "--existing",
            choices=Existing.values,
            default=Existing.UPDATE.value,
            help="whether filled cells replace what is known of somebody, or that stays",
        )
        parser.add_argument(
            "--map",
            action="append",
            type=read_change,
            default=[],
            metavar="COLUMN=TARGET",
            help=f"what a column is, where the guess is wrong: {TARGETS}",
        )
        parser.add_argument("--encoding", default="", help="such as cp1252; detected if not given")
        parser.add_argument("--delimiter", default="", help="one character; detected if not given")
        parser.add_argument(
            "--dry-run", action="store_true", help="say what would happen, and keep nothing"
        )
        parser.add_argument("--refused", type=Path, help="where to write the refused rows to")
        parser.add_argument("--json", action="store_true", help="print the figures as JSON")
        parser.add_argument("--resume", type=int, metavar="NUMBER", help="go on with an import")
        parser.add_argument("--cancel", type=int, metavar="NUMBER", help="end one that is running")

    def handle(self, *_: Any, **options: Any) -> None:
        """Run the import, go on with one, or end one."""
        if options["cancel"] is not None:
            self._cancel(_find(options["cancel"]))
            return
        try:
            kept = self._prepare(options)
            self._run(kept, options)
        except InvalidImport as error:
            raise CommandError(f"{error} Nothing was imported.") from error
        except OSError as error:
            raise CommandError(f"{error.filename} can't be opened: {error.strerror}.") from error

    def _prepare(self, options: dict[str, Any]) -> Import:
        """Return the import, claimed before any worker sees it."""
        with transaction.atomic():
            again = options["resume"] is not None
            kept = _find(options["resume"]) if again else self._keep(options)
            dry_run = bool(options["dry_run"])
            if kept.state not in ACTIVE and not start_import(
                kept, dry_run=dry_run, now=timezone.now()
            ):
                raise CommandError(f"Import {kept.pk} is {kept.state}: there is nothing to go on.")
            claimed = claim_import(kept.pk, now=timezone.now())
        if claimed is None:
            raise CommandError(f"Import {kept.pk} is being run by a worker already.")
        return claimed

    def _keep(self, options: dict[str, Any]) -> Import:
        missing = [name for name in ("file", "list", "basis") if not options[name]]
        if missing:
            words = f"Name the {' and the '.join(missing)}: see --help."
            raise CommandError(f"{words} {GROUND}" if "basis" in missing else words)
        group = List.objects.filter(slug=options["list"]).first()
        if group is None:
            raise CommandError(f"There is no list {options['list']!r}: make it in the admin.")
        wish = Wish(
            group=group,
            basis=options["basis"],
            confirmed=not options["unconfirmed"],
            existing=options["existing"],
            encoding=options["encoding"],
            delimiter=options["delimiter"],
            changes=dict(options["map"]),
        )
        path: Path = options["file"]
        if not path.is_file():
            raise CommandError(f"{path} can't be opened: it is no file.")
        blocks = read_blocks(path)
        return keep_import(blocks, name=path.name, wish=wish, owner_id=None, now=timezone.now())

    def _run(self, kept: Import, options: dict[str, Any]) -> None:
        columns = zip(open_kept(kept).columns, kept.mapping, strict=True)
        self._note(", ".join(f"{column} = {target}" for column, target in columns))
        try:
            run_import(kept, clock=timezone.now, tell=self._tell_progress)
        except KeyboardInterrupt:
            release_import(kept)
            raise CommandError(
                f"Interrupted at row {kept.cursor:,}. A worker goes on, or --resume {kept.pk};"
                f" --cancel {kept.pk} ends it."
            ) from None
        except ImportInterrupted as error:
            raise CommandError(f"{error} {kept.cursor:,} rows were done.") from error
        self._report(kept, options)

    def _report(self, kept: Import, options: dict[str, Any]) -> None:
        path = refused_of(kept.pk, dry_run=kept.dry_run)
        if path.exists():
            self._show_refused(path, kept.file_name)
            if options["refused"]:
                shutil.copyfile(path, options["refused"])
                path = options["refused"]
        if kept.state == ImportState.FAILED:
            problem = kept.problem
            if not kept.cursor:
                discard_import(kept)
            raise CommandError(f"{kept.file_name}: {problem} {kept.cursor:,} rows were imported.")
        self._print_figures(kept, path, as_json=options["json"])
        if kept.dry_run:
            discard_import(kept)

    def _print_figures(self, kept: Import, refused: Path, *, as_json: bool) -> None:
        if as_json:
            figures = {"import": kept.pk, "dry_run": kept.dry_run, "rows": kept.cursor}
            self.stdout.write(json.dumps(figures | kept.counts))
            return
        number = {name: f"{kept.counts.get(name, 0):,}" for name in FIGURES}
        self.stdout.write(
            f"{'Would be' if kept.dry_run else 'Were'} created {number['created']}, updated"
            f" {number['updated']}, unchanged {number['unchanged']}, refused {number['refused']};"
            f" new on the list {number['joined']}."
        )
        for name, words in FIGURES.items():
            if words and kept.counts.get(name):
                self.stdout.write(f"{number[name]} {words}.")
        if refused.exists() and not kept.dry_run:
            self.stdout.write(f"The refused rows are in {refused}.")

    def _show_refused(self, path: Path, name: str) -> None:
        with path.open(encoding="utf-8-sig", newline="") as file:
            for line, reason, *_ in islice(csv.reader(file), 1, MOST_SHOWN + 1):
                self.stderr.write(f"{name}:{line}: {reason}.")

    def _tell_progress(self, kept: Import) -> None:
        if kept.total and kept.cursor < kept.total:
            self._note(f"{kept.cursor:,} of {kept.total:,} rows ({kept.percent} %)")

    def _note(self, text: str) -> None:
        self.stderr.write(text)

    def _cancel(self, kept: Import) -> None:
        if not cancel_import(kept, now=timezone.now()):
            raise CommandError(f"Import {kept.pk} is {kept.state}: there is nothing to end.")
        self.stdout.write(f"Import {kept.pk} ends after {kept.cursor:,} rows, which stay.")


# What is counted, and how it is told where there is any.
FIGURES = {
    "created": "",
    "updated": "",
    "unchanged": "",
    "refused": "",
    "joined": "",
    "left_before": "left the list before, and stay away",
    "erased": "asked to be forgotten, and stay unknown",
    "suppressed": "are suppressed, and are not written to",
    "withdrawn": "left or were blocked elsewhere, and are not written to",
    "role": "are addresses of a role, such as info@",
    "disposable": "are addresses of disposable mailboxes",
}


def _find(number: int) -> Import:
    kept = Import.objects.filter(pk=number).first()
    if kept is None:
        raise CommandError(f"There is no import {number}.")
    return kept

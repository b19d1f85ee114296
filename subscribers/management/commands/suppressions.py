"""``./masthead manage suppressions``: take suppressions from a file, or write them to one."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from mailer.errors import InvalidImport
from subscribers.importing.opening import open_table
from subscribers.suppressions import COLUMNS, export_suppressions, import_suppressions


class Command(BaseCommand):
    """Import and export suppressions."""

    help = "Suppress whom a CSV, TSV, XLSX or JSON file names, or write a CSV file of them."

    def add_arguments(self, parser: CommandParser) -> None:
        """Name what is to be done and the file."""
        verbs = parser.add_subparsers(dest="verb", required=True)
        take = verbs.add_parser("import", help="suppress whom a file names; nothing is lifted")
        columns = f"columns: {', '.join(COLUMNS)}; only the first must be there"
        take.add_argument("file", type=Path, help=columns)
        take.add_argument("--origin", default="", help="where it is from; its name otherwise")
        take.add_argument("--dry-run", action="store_true", help="tell what would happen")
        give = verbs.add_parser("export", help="write what is in force to a CSV file")
        give.add_argument("file", type=Path)

    def handle(self, *_: Any, **options: Any) -> None:
        """Do it."""
        verb = self._take if options["verb"] == "import" else self._give
        verb(options["file"], options)

    def _take(self, path: Path, options: dict[str, Any]) -> None:
        origin = f"import: {options['origin'] or path.name}"
        dry_run = options["dry_run"]
        try:
            table = open_table(path)
            taken = import_suppressions(table, origin=origin, now=timezone.now(), dry_run=dry_run)
        except (InvalidImport, OSError) as error:
            raise CommandError(str(error)) from error
        for problem in taken.problems:
            self.stderr.write(problem)
        would = "would be " if dry_run else ""
        self.stdout.write(
            f"{taken.added} {would}suppressed, {taken.known} were before, {taken.refused} refused."
        )

    def _give(self, path: Path, _options: dict[str, Any]) -> None:
        fresh = path.with_name(f".{path.name}.part")
        flags = os.O_CREAT | os.O_WRONLY | os.O_TRUNC
        try:
            # Addresses: for the eyes of whoever asked for them.
            with os.fdopen(os.open(fresh, flags, 0o600), "wb") as file:
                file.writelines(export_suppressions(now=timezone.now()))
            fresh.replace(path)
        except OSError as error:
            raise CommandError(f"{path} can't be written: {error.strerror}.") from error
        finally:
            fresh.unlink(missing_ok=True)
        self.stdout.write(f"Written: {path}.")

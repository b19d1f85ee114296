"""``./masthead manage import_subscribers FILE``: put the people of a CSV file on a list."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from mailer.errors import InvalidImport
from subscribers.importer import ImportReport, import_people
from subscribers.models import List


class Command(BaseCommand):
    """Import people, and say of each refused row why it was refused."""

    help = "Put the people of a CSV file (UTF-8, a header with a column 'email') on a list."

    def add_arguments(self, parser: CommandParser) -> None:
        """Name the file, the list and the ground."""
        parser.add_argument("file", type=Path, help="the CSV file")
        parser.add_argument("--list", required=True, help="the list's short name")
        parser.add_argument(
            "--basis", required=True, help="the ground on which they may be written to"
        )
        parser.add_argument(
            "--unconfirmed", action="store_true", help="they have yet to confirm: write to nobody"
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="say what would happen, and keep nothing"
        )

    def handle(self, *_: Any, **options: Any) -> None:
        """Run the import; each refused row is told on standard error."""
        group = List.objects.filter(slug=options["list"]).first()
        if group is None:
            raise CommandError(f"There is no list {options['list']!r}: make it in the admin.")
        try:
            with options["file"].open(encoding="utf-8", newline="") as file:
                report = import_people(
                    file,
                    group=group,
                    basis=options["basis"],
                    now=timezone.now(),
                    confirmed=not options["unconfirmed"],
                    dry_run=options["dry_run"],
                )
        except OSError as error:
            raise CommandError(f"{options['file']} can't be opened: {error.strerror}.") from error
        except InvalidImport as error:
            raise CommandError(f"{options['file']}: {error} Nothing was imported.") from error
        self._tell(report, dry_run=options["dry_run"])

    def _tell(self, report: ImportReport, *, dry_run: bool) -> None:
        for problem in report.refused:
            self.stderr.write(str(problem))
        self.stdout.write(
            f"{'Would be' if dry_run else 'Were'} created {report.created}, updated"
            f" {report.updated}, unchanged {report.unchanged}, refused {len(report.refused)};"
            f" new on the list {report.joined}."
        )

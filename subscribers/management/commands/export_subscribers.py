"""``./masthead export FILE``: write people to a file that a spreadsheet opens safely."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from mailer.errors import InvalidExport, InvalidRule
from subscribers.exporting.forms import MEDIA_TYPES, export_people
from subscribers.exporting.people import Choice
from subscribers.models import List, Segment, SubscriptionState


class Command(BaseCommand):
    """Export people."""

    help = "Write people to a .csv, .xlsx or .jsonl file: everybody, or whom the options choose."

    def add_arguments(self, parser: CommandParser) -> None:
        """Name the file and the choice."""
        parser.add_argument("file", type=Path, help="the file; its ending says the form")
        parser.add_argument("--list", help="only those on this list (its short name)")
        parser.add_argument(
            "--state",
            default="",
            choices=["", *SubscriptionState.values],
            help="in this state there",
        )
        parser.add_argument("--segment", help="only those in this segment (its name)")

    def handle(self, *_: Any, **options: Any) -> None:
        """Write the file under another name first: nobody finds half of one."""
        path: Path = options["file"]
        form = path.suffix.removeprefix(".").lower()
        if form not in MEDIA_TYPES:
            raise CommandError(f"{path} must end in .{', .'.join(MEDIA_TYPES)}.")
        choice = Choice(
            group=_find(List, slug=options["list"]),
            state=options["state"],
            segment=_find(Segment, name=options["segment"]),
        )
        fresh = path.with_name(f".{path.name}.part")
        try:
            # People's addresses: for the eyes of whoever asked for them.
            with os.fdopen(
                os.open(fresh, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb"
            ) as file:
                for block in export_people(choice, form):
                    file.write(block)
            fresh.replace(path)
        except (InvalidExport, InvalidRule) as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"{path} can't be written: {error.strerror}.") from error
        finally:
            fresh.unlink(missing_ok=True)
        self.stdout.write(f"Written: {path}.")


def _find(model: Any, **names: str | None) -> Any:
    if None in names.values():
        return None
    found = model.objects.filter(**names).first()
    if found is None:
        name = next(iter(names.values()))
        raise CommandError(f"There is no {model.__name__.lower()} {name!r}.")
    return found

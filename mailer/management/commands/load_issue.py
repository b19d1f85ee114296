"""``./masthead manage load_issue FILE --publication SLUG``: take an issue file in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from mailer.content.read import read_issue
from mailer.dispatch.editions.intake import bears_name, store_issue
from mailer.errors import InvalidIssue
from mailer.models import Publication


class Command(BaseCommand):
    help = "Check an issue file with its pictures and keep it as an edition of its issue."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="the issue file; pictures are found beside it")
        parser.add_argument("--publication", required=True, help="the publication's short name")
        parser.add_argument(
            "--translated-name",
            action="store_true",
            help="the file has the publication's name in another language",
        )

    def handle(
        self, *_: Any, file: Path, publication: str, translated_name: bool, **__: Any
    ) -> None:
        series = Publication.objects.filter(slug=publication).first()
        if series is None:
            raise CommandError(
                f"There is no publication {publication!r}: make it under Publications in the admin."
            )
        try:
            document = read_issue(file)
            if not translated_name and not bears_name(document, series):
                raise CommandError(
                    f"{file} is an issue of {document.publication!r}, not of {series.name!r}: name "
                    "its own publication, or add --translated-name if it is called so there."
                )
            edition = store_issue(document, publication=series, now=timezone.now())
        except InvalidIssue as error:
            raise CommandError(f"{error}\nNothing was stored.") from error
        self.stdout.write(f"Stored {edition}: {edition.subject}")

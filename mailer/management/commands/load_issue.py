"""``./masthead manage load_issue FILE --publication SLUG``: take an issue file in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from mailer.content.read import read_issue
from mailer.dispatch.intake import store_issue
from mailer.errors import InvalidIssue
from mailer.models import Publication


class Command(BaseCommand):
    help = "Check an issue file with its pictures and keep it as an edition of its issue."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="the issue file; pictures are found beside it")
        parser.add_argument("--publication", required=True, help="the publication's short name")

    def handle(self, *_: Any, file: Path, publication: str, **__: Any) -> None:
        series = Publication.objects.filter(slug=publication).first()
        if series is None:
            raise CommandError(
                f"There is no publication {publication!r}: make it under Publications in the admin."
            )
        try:
            edition = store_issue(read_issue(file), publication=series, now=timezone.now())
        except InvalidIssue as error:
            raise CommandError(f"{error}\nNothing was stored.") from error
        self.stdout.write(f"Stored {edition}: {edition.subject}")

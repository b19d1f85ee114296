"""``./masthead manage schedule_mailing PUBLICATION NUMBER``: send an issue, now or later."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from mailer.dispatch.schedule import create_mailing, schedule_mailing
from mailer.dispatch.tasks import wake_scheduler
from mailer.errors import MastheadError
from mailer.models import Issue
from subscribers.models import List, Segment


class Command(BaseCommand):
    help = "Schedule a mailing of an issue to lists, and optionally to a segment of them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("publication", help="the publication's short name")
        parser.add_argument("number", type=int, help="the issue's number")
        parser.add_argument(
            "--list", action="append", default=[], help="a list's short name; may be repeated"
        )
        parser.add_argument("--segment", help="a segment's name")
        parser.add_argument("--at", type=dt.datetime.fromisoformat, help="as 2026-03-01T08:00")
        parser.add_argument("--time-zone", default="UTC", help="the zone of --at (Europe/Oslo)")

    def handle(self, *_: Any, **options: Any) -> None:
        issue = Issue.objects.filter(
            publication__slug=options["publication"], number=options["number"]
        ).first()
        if issue is None:
            raise CommandError("There is no such issue: load its file with load_issue first.")
        lists = List.objects.filter(slug__in=options["list"])
        missing = set(options["list"]) - {each.slug for each in lists}
        if missing:
            raise CommandError(f"There is no list {', '.join(sorted(missing))}: see the admin.")
        segment = self._find_segment(options["segment"])
        try:
            with transaction.atomic():
                mailing = create_mailing(issue, lists=lists, segment=segment, now=timezone.now())
                at = options["at"] or timezone.now()
                schedule_mailing(mailing, at=at, time_zone=options["time_zone"])
                transaction.on_commit(wake_scheduler)
        except (MastheadError, ValueError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"Mailing {mailing.pk} of {issue} is scheduled for {mailing.scheduled_at}."
        )

    def _find_segment(self, name: str | None) -> Segment | None:
        if name is None:
            return None
        segment = Segment.objects.filter(name=name).first()
        if segment is None:
            raise CommandError(f"There is no segment {name!r}: make it in the admin.")
        return segment

"""``./masthead manage schedule_mailing PUBLICATION NUMBER``: send an issue, now or later."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from mailer.dispatch.control.schedule import create_mailing, schedule_mailing
from mailer.dispatch.planning.waves import count_waves, read_clock
from mailer.dispatch.tasks import wake_scheduler
from mailer.errors import MastheadError
from mailer.management.times import add_time_options, read_time_options
from mailer.models import Issue, Mailing, Timing
from subscribers.models import List, Segment

MOST_ZONES_SHOWN = 4


class Command(BaseCommand):
    help = "Schedule a mailing of an issue to lists, and optionally to a segment of them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("publication", help="the publication's short name")
        parser.add_argument("number", type=int, help="the issue's number")
        parser.add_argument(
            "--list", action="append", default=[], help="a list's short name; may be repeated"
        )
        parser.add_argument("--segment", help="a segment's name")
        parser.add_argument(
            "--without-list",
            action="append",
            default=[],
            help="a list whose readers get nothing; may be repeated",
        )
        parser.add_argument("--without-segment", help="a segment whose people get nothing")
        add_time_options(parser)

    def handle(self, *_: Any, **options: Any) -> None:
        issue = Issue.objects.filter(
            publication__slug=options["publication"], number=options["number"]
        ).first()
        if issue is None:
            raise CommandError("There is no such issue: load its file with load_issue first.")
        whom: dict[str, Any] = {
            "lists": self._find_lists(options["list"]),
            "segment": self._find_segment(options["segment"]),
            "without_lists": self._find_lists(options["without_list"]),
            "without_segment": self._find_segment(options["without_segment"]),
        }
        try:
            with transaction.atomic():
                mailing = create_mailing(issue, now=timezone.now(), **whom)
                when = read_time_options(options, now=read_clock(mailing))
                schedule_mailing(mailing, **when)
                transaction.on_commit(wake_scheduler)
        except (MastheadError, ValueError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"Mailing {mailing.pk} of {issue} is scheduled for {mailing.scheduled_at}."
        )
        if mailing.timing == Timing.LOCAL:
            self._show_waves(mailing)

    def _show_waves(self, mailing: Mailing) -> None:
        """Say when how many readers get it: an editor should see it before it happens."""
        for wave in count_waves(mailing, now=read_clock(mailing)):
            zones = ", ".join(wave.zones[:MOST_ZONES_SHOWN])
            others = len(wave.zones) - MOST_ZONES_SHOWN
            more = f" and {others} more" if others > 0 else ""
            past = "; there the time is past already" if wave.past else ""
            at = wave.at.astimezone(dt.UTC)
            self.stdout.write(f"  {at:%Y-%m-%d %H:%M} UTC  {wave.readers} in {zones}{more}{past}")

    def _find_lists(self, names: list[str]) -> list[List]:
        found = list(List.objects.filter(slug__in=names))
        missing = set(names) - {each.slug for each in found}
        if missing:
            raise CommandError(f"There is no list {', '.join(sorted(missing))}: see the admin.")
        return found

    def _find_segment(self, name: str | None) -> Segment | None:
        if name is None:
            return None
        segment = Segment.objects.filter(name=name).first()
        if segment is None:
            raise CommandError(f"There is no segment {name!r}: make it in the admin.")
        return segment

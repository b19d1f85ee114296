"""``./masthead manage steer_mailing VERB [ID …]``: pause, resume, answer, reschedule, cancel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from mailer.dispatch.control.cancel import cancel_mailing
from mailer.dispatch.control.late import hold_under_way
from mailer.dispatch.control.schedule import pause_mailing, resume_mailing
from mailer.dispatch.control.steer import reschedule_mailing, send_now
from mailer.dispatch.planning.waves import read_clock
from mailer.dispatch.tasks import wake_scheduler
from mailer.errors import MastheadError
from mailer.management.times import add_time_options, read_time_options
from mailer.models import Mailing

HOLD = "hold"
SHOW = "show"
RESCHEDULE = "reschedule"
VERBS: dict[str, Callable[[Mailing], None]] = {
    "pause": pause_mailing,
    "resume": resume_mailing,
    "send-now": send_now,
    "cancel": lambda mailing: cancel_mailing(mailing, now=timezone.now()),
}


class Command(BaseCommand):
    help = "Pause, resume, send now, reschedule or cancel mailings; show those that ask."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "verb",
            choices=[SHOW, *VERBS, RESCHEDULE, HOLD],
            help="show: list what is not over; hold: let everything under way ask, as before "
            "workers start on a restored backup",
        )
        parser.add_argument("id", nargs="*", type=int, help="a mailing's number")
        add_time_options(parser)

    def handle(self, *_: Any, **options: Any) -> None:
        verb, ids = options["verb"], options["id"]
        if verb == SHOW:
            self._show()
        elif verb == HOLD:
            self.stdout.write(f"{hold_under_way()} mailings are held and ask.")
        elif not ids:
            raise CommandError(f"Say which: {verb} 17. ``show`` lists the mailings.")
        else:
            for number in ids:
                self._steer(verb, number, options)
            wake_scheduler()

    def _steer(self, verb: str, number: int, options: dict[str, Any]) -> None:
        mailing = Mailing.objects.filter(pk=number).first()
        if mailing is None:
            raise CommandError(f"There is no mailing {number}: ``show`` lists them.")
        try:
            if verb == RESCHEDULE:
                when = read_time_options(options, now=read_clock(mailing))
                reschedule_mailing(mailing, **when)
            else:
                VERBS[verb](mailing)
        except (MastheadError, ValueError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Mailing {mailing.pk} is {mailing.get_state_display()}.")

    def _show(self) -> None:
        for mailing in Mailing.objects.exclude(state__in=("sent", "cancelled")).order_by("id"):
            self.stdout.write(f"{mailing.pk}  {mailing.get_state_display()}  {mailing}")
            if mailing.problem:
                self.stdout.write(f"    {mailing.problem}")

"""The options of commands that give a mailing its time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.core.management.base import CommandParser

from mailer.dispatch.control.schedule import find_instant
from mailer.models import PastZones, Timing


def add_time_options(parser: CommandParser) -> None:
    """Add the options that say when."""
    parser.add_argument("--at", help="as 2026-03-01T08:00; without it: now")
    parser.add_argument("--time-zone", default="UTC", help="the zone of --at (Europe/Oslo)")
    parser.add_argument(
        "--local",
        action="store_true",
        help="at that time on each reader's own clock; who has no zone counts as in --time-zone",
    )
    parser.add_argument(
        "--past-at-once",
        action="store_true",
        help="write at once to those for whom the time is past; without it, readers whose "
        "own clock has passed it are written to when it comes in --time-zone",
    )


def read_time_options(options: Mapping[str, Any], *, now: dt.datetime) -> dict[str, Any]:
    """Return the arguments of ``schedule_mailing`` that the options stand for.

    Raises ValueError for what is no time or no zone, and for a time that is past, unless that
    was asked for: a mistyped date must not send anything.
    """
    at = _read_time(options["at"]) if options["at"] is not None else now
    zone = options["time_zone"]
    if options["at"] is not None and not options["past_at_once"] and find_instant(at, zone) < now:
        raise ValueError(
            f"{at:%Y-%m-%d %H:%M} is past in {zone}: write a time to come, leave --at out to "
            "send now, or add --past-at-once."
        )
    return {
        "at": at,
        "time_zone": zone,
        "timing": Timing.LOCAL if options["local"] else Timing.FIXED,
        "past_zones": PastZones.AT_ONCE if options["past_at_once"] else PastZones.OWN,
    }


def _read_time(text: str) -> dt.datetime:
    try:
        return dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(
            f"--at {text!r} is no time: write a day and a time that exist, as 2026-03-01T08:00."
        ) from error

"""Times as people read them: in a zone that is named."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from mailer.dispatch.planning.waves import load_zone


def tell_time(instant: dt.datetime, time_zone: str) -> str:
    """Return such as ``Tuesday 3 March 2026, 08:00 (Europe/Oslo)``."""
    zone = load_zone(time_zone) or ZoneInfo("UTC")
    local = instant.astimezone(zone)
    return f"{local:%A} {local.day} {local:%B %Y, %H:%M} ({zone.key})"

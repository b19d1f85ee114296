"""The pulse: when the system was last seen at work, by the database's own clock.

It stands in the database so that a backup carries it: an installation that comes up with a
pulse hours old was off for so long, or was restored, and its ledger may not know what was
sent meanwhile. Then nothing more leaves until somebody has answered.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from mailer.models.querysets import PulseQuerySet

# Often enough to be told from an outage, rarely enough that no two workers meet at the row.
BEAT_SECONDS = 15
THE_ONE = 1


class Pulse(models.Model):
    """The one row that says when the scheduler or a sender was last at work."""

    beaten_at = models.DateTimeField(db_default=Now())

    objects = PulseQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=models.Q(pk=THE_ONE), name="one_pulse"),
        ]

    def __str__(self) -> str:
        return f"last at work {self.beaten_at}"


def is_stale() -> bool:
    """Tell whether nobody was at work for so long that under-way mailings must ask."""
    return Pulse.objects.stale().exists()


def start_beating() -> None:
    """Write that we are at work now, whatever was before: the scheduler's word alone."""
    Pulse.objects.update_or_create(pk=THE_ONE, defaults={"beaten_at": Now()})


def keep_beating() -> None:
    """Write that we are at work, unless the pulse is stale: only the scheduler revives it."""
    old = Now() - dt.timedelta(seconds=BEAT_SECONDS)
    alive = Now() - dt.timedelta(seconds=settings.LATE_SECONDS)
    Pulse.objects.filter(beaten_at__lt=old, beaten_at__gte=alive).update(beaten_at=Now())

"""Kept events into the ledger, by the same door as reports that come by mail.

They come in any order and perhaps before the delivery they speak of is to be seen: such a one
waits, longer each time, and is left with a record of it after a day. What names no delivery
of ours, by a signature that only our mail carries, changes nothing.
"""

from __future__ import annotations

import datetime as dt
import logging

from django.db import InterfaceError, OperationalError, transaction

from mailer.feedback.apply import apply_events, find_delivery, read_signatures
from mailer.feedback.webhooks.keep import LONGEST_PROBLEM, REMEMBERED, read_row
from mailer.models import ProviderEvent

log = logging.getLogger(__name__)

NOT_OURS = "It names no delivery of ours."
NOT_FOUND = "The delivery that it names is not known."
# A delivery is written before its message leaves, so this is for a database that was restored
# or that lags behind; a report is of no use later than that.
GIVE_UP_AFTER = dt.timedelta(days=1)
FIRST_WAIT = dt.timedelta(minutes=1)
AT_ONCE = 1_000
FORGOTTEN_AT_ONCE = 5_000


def handle_waiting_events(*, now: dt.datetime, limit: int = AT_ONCE) -> int:
    """Apply events that wait, and return how many are done with. Errors of the database end it."""
    waiting = ProviderEvent.objects.filter(handled_at=None, try_at__lte=now).order_by("try_at")
    done = 0
    for number in list(waiting.values_list("pk", flat=True)[:limit]):
        try:
            done += _handle(number, now=now)
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:
            log.exception("The provider's event %s could not be handled.", number)
            _put_off(ProviderEvent.objects.get(pk=number), str(error), now=now)
    return done


def forget_old_events(*, now: dt.datetime) -> int:
    """Delete some of the events that need not be remembered any more; return how many."""
    old = ProviderEvent.objects.filter(received_at__lt=now - REMEMBERED).order_by("received_at")
    numbers = list(old.values_list("pk", flat=True)[:FORGOTTEN_AT_ONCE])
    return ProviderEvent.objects.filter(pk__in=numbers).delete()[0] if numbers else 0


def _handle(number: int, *, now: dt.datetime) -> bool:
    """Apply one event, in one transaction; a second call, or one at the same time, does nothing."""
    with transaction.atomic():
        waiting = ProviderEvent.objects.filter(pk=number, handled_at=None)
        if not waiting.update(handled_at=now, problem=""):
            return False
        row = ProviderEvent.objects.get(pk=number)
        event = read_row(row)
        if not read_signatures(event):
            _note(row, NOT_OURS)
        elif find_delivery(event) is None:
            return _put_off(row, NOT_FOUND, now=now)
        else:
            apply_events([event], source={"provider_event": row}, now=now)
    return True


def _put_off(row: ProviderEvent, problem: str, *, now: dt.datetime) -> bool:
    """Let an event wait as long again as it has waited; return whether it is given up instead."""
    age = now - row.received_at
    row.handled_at = now if age >= GIVE_UP_AFTER else None
    row.try_at = now + max(age, FIRST_WAIT)
    _note(row, problem)
    return row.handled_at is not None


def _note(row: ProviderEvent, problem: str) -> None:
    row.problem = problem[:LONGEST_PROBLEM]
    row.save(update_fields=["problem", "handled_at", "try_at"])

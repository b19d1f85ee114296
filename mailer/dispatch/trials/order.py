"""Asking for test messages: to whom, how many, and what keeps them from becoming a nuisance."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db import transaction

from mailer.errors import NotReady
from mailer.models import Edition, Publication, Trial
from subscribers.models import Subscriber, Suppression

# A handful of colleagues; whoever wants to write to more has a list for them.
MOST_AT_ONCE = 10
MOST_AN_HOUR = 60
HOUR = dt.timedelta(hours=1)


def order_trials(
    edition: Edition,
    addresses: Sequence[str],
    *,
    reader: Subscriber | None = None,
    marked: bool = True,
    user: Any = None,
    now: dt.datetime,
) -> list[Trial]:
    """Keep test messages to normalised addresses, to be sent at once.

    Raises NotReady with the reason: too many of them, or an address that must not be written to.
    """
    if not 0 < len(addresses) <= MOST_AT_ONCE:
        raise NotReady(f"Write 1 to {MOST_AT_ONCE} addresses.")
    _refuse_suppressed(addresses, now=now)
    publication = edition.issue.publication
    with transaction.atomic():
        # Whoever asks at the same moment waits here, and is counted.
        Publication.objects.select_for_update().get(pk=publication.pk)
        lately = Trial.objects.filter(
            edition__issue__publication=publication, created_at__gt=now - HOUR
        )
        if lately.count() + len(addresses) > MOST_AN_HOUR:
            raise NotReady(f"There were {MOST_AN_HOUR} tests within an hour: wait a while.")
        return Trial.objects.bulk_create(
            Trial(
                edition=edition,
                email=address,
                reader=reader,
                marked=marked,
                user=user,
                created_at=now,
                due_at=now,
            )
            for address in addresses
        )


def _refuse_suppressed(addresses: Sequence[str], *, now: dt.datetime) -> None:
    held = Suppression.objects.in_force(now=now).filter(email_normalised__in=addresses)
    suppressed = held.order_by("id").first()
    if suppressed is not None:
        raise NotReady(
            f"{suppressed.email_normalised} must not be written to: "
            f"{suppressed.get_reason_display()}."
        )

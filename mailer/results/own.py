"""What the ledger holds of one reader: shown to them, and taken out when they ask for it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import transaction

from mailer.models import Delivery, Feedback, Signal
from subscribers.erasure import erase, mark_of
from subscribers.models import Subscriber


def list_deliveries(subscriber_id: int) -> list[dict[str, Any]]:
    """Return every message to a reader, and what became of it, the oldest first."""
    rows = Delivery.objects.filter(subscriber=subscriber_id).order_by("id")
    fields = {
        "subject": "frozen_edition__edition__subject",
        "to": "email",
        "state": "state",
        "left_out_because": "skip_reason",
        "decided_at": "decided_at",
        "server_said": "reply_text",
        "bounced_at": "bounced_at",
        "complained_at": "complained_at",
        "opened_at": "opened_at",
        "clicked_at": "clicked_at",
        "unsubscribed_at": "unsubscribed_at",
    }
    return [dict(zip(fields, values, strict=True)) for values in rows.values_list(*fields.values())]


def forget_reader(person: Subscriber, *, method: str, now: dt.datetime) -> None:
    """Erase a person, and take them out of the ledger: its sums stay, and nobody is in them."""
    mark = mark_of(person.email_normalised)
    with transaction.atomic():
        rows = Delivery.objects.filter(subscriber=person)
        Feedback.objects.filter(delivery__in=rows).update(recipient="", diagnostic="")
        Feedback.objects.filter(recipient=person.email_normalised).update(
            recipient="", diagnostic=""
        )
        Signal.objects.filter(delivery__in=rows).delete()
        rows.update(email=mark, email_normalised=mark, name="", reply_text="")
        erase(person, method=method, now=now)

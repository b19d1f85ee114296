"""Keeping events before anything is done with them: a row each, however often they are told."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from mailer.feedback.webhooks.convert import ToldEvent
from mailer.models import ProviderEvent
from mailer.types import FeedbackEvent, FeedbackKind, Reason

# What a provider's server said may be long; beyond this it only repeats itself.
LONGEST_FIELD = 1_000
LONGEST_PROBLEM = 500
# Events are remembered for so long, so that none counts twice; what happened before that might
# have been counted already and is left.
REMEMBERED = dt.timedelta(days=90)
TOO_OLD = "It happened too long ago to be told now."


def keep_events(provider: str, told: Iterable[ToldEvent], *, now: dt.datetime) -> None:
    """Write events down; those that are known already stay as they are."""
    ProviderEvent.objects.bulk_create(
        [_make_row(provider, each, now=now) for each in told], ignore_conflicts=True
    )


def keep_unreadable(provider: str, body: bytes, problem: str, *, now: dt.datetime) -> None:
    """Write down that a verified post could not be read: our fault, and for a person to see."""
    ProviderEvent.objects.get_or_create(
        key=hashlib.sha256(provider.encode() + b"\0" + body).hexdigest(),
        defaults={
            "provider": provider,
            "received_at": now,
            "handled_at": now,
            "problem": _clean(problem)[:LONGEST_PROBLEM],
        },
    )


def read_row(row: ProviderEvent) -> FeedbackEvent:
    """Return the event that a row keeps."""
    fields: dict[str, Any] = dict(row.event)
    kind, reason = FeedbackKind(fields.pop("kind")), Reason(fields.pop("reason"))
    return FeedbackEvent(**fields, kind=kind, reason=reason)


def _make_row(provider: str, told: ToldEvent, *, now: dt.datetime) -> ProviderEvent:
    fields = {name: _cut(value) for name, value in asdict(told.event).items()}
    late = told.happened_at is not None and told.happened_at < now - REMEMBERED
    return ProviderEvent(
        provider=provider,
        key=told.key,
        event=fields,
        happened_at=told.happened_at,
        received_at=now,
        try_at=now,
        handled_at=now if late else None,
        problem=TOO_OLD if late else "",
    )


def _cut(value: Any) -> Any:
    return _clean(value)[:LONGEST_FIELD] if isinstance(value, str) else value


def _clean(text: str) -> str:
    """Return text that any database takes: no NUL, no lone surrogate."""
    return text.encode("utf-8", "replace").decode().replace("\0", "")

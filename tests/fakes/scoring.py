"""An adapter for a scorer of bounce readers: (recipient, class, status) for each event."""

from __future__ import annotations

from mailer.feedback.read import read_feedback
from mailer.types import FeedbackEvent, FeedbackKind

Answer = tuple[str, str, str | None]


def score(raw: bytes) -> list[Answer]:
    """Return what the reader says in the scorer's words; addresses that it won't name are left."""
    return [_answer(event) for event in read_feedback(raw) if event.recipient]


def _answer(event: FeedbackEvent) -> Answer:
    if event.kind in {FeedbackKind.BOUNCE, FeedbackKind.DELAY}:
        return event.recipient, "hard" if event.permanent else "soft", event.status or None
    return event.recipient, "other", event.status or None

"""Complaints in the abuse reporting format (RFC 5965)."""

from __future__ import annotations

from email import message_from_string
from email.message import Message

from mailer.feedback.dsn import find_original_id
from mailer.types import FeedbackEvent, FeedbackKind, Reason


def read_complaint(message: Message) -> list[FeedbackEvent]:
    """Return the complaint that a report holds, if it holds one."""
    for part in message.walk():
        if part.get_content_type() == "message/feedback-report":
            fields = _fields(part)
            return [
                FeedbackEvent(
                    recipient=str(fields.get("Original-Rcpt-To", "")).strip().strip("<>"),
                    kind=FeedbackKind.COMPLAINT,
                    reason=Reason.SPAM,
                    diagnostic=str(fields.get("Feedback-Type", "abuse")).strip()[:100],
                    message_id=find_original_id(message),
                )
            ]
    return []


def _fields(part: Message) -> Message:
    """Return a report's fields; the parser takes an unknown message/* for a message."""
    payload = part.get_payload()
    if isinstance(payload, list) and payload and isinstance(payload[0], Message):
        return payload[0]
    return message_from_string(str(payload))

"""Automatic answers of people who are away (RFC 3834): they say nothing about the address."""

from __future__ import annotations

import re

from mailer.feedback.address import find_addresses
from mailer.feedback.mime import Mail, decode_words
from mailer.feedback.sender import is_daemon
from mailer.types import FeedbackEvent, FeedbackKind

# RFC 3834 §5, and what programs wrote before there was a rule.
MARKS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(pattern, re.IGNORECASE))
    for name, pattern in (
        ("auto-submitted", r"auto-(replied|generated)"),
        ("precedence", r"auto_?reply"),
        ("x-autoreply", r"yes|."),
        ("x-autorespond", r"."),
        ("x-auto-response-suppress", r"."),
        ("subject", r"out of (the )?office|auto(matic)?[- ]?(reply|response)|^auto:|vacation"),
    )
)


def read_vacation(mail: Mail) -> list[FeedbackEvent]:
    """Return one event that means nothing, if a person's mailbox answered by itself."""
    top = mail.top
    if is_daemon(top):
        return []
    if not any(mark.search(decode_words(top.get(name))) for name, mark in MARKS):
        return []
    senders = find_addresses(top.get("from"))
    return [
        FeedbackEvent(
            recipient=senders[0] if senders else "",
            kind=FeedbackKind.VACATION,
            diagnostic=decode_words(top.get("subject")),
            message_id=top.get("in-reply-to"),
        )
    ]

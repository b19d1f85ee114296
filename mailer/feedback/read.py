"""From raw bytes to what they say: one function, bounded before anything is parsed."""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from email.message import Message

from mailer.errors import UnreadableReport
from mailer.feedback.arf import read_complaint
from mailer.feedback.dsn import read_delivery_status
from mailer.types import FeedbackEvent, FeedbackKind

# What a report may be: bounces quote at most a message of ours, and none is nested deeper.
# The standard library's parser takes seconds over a thousand nested parts.
LARGEST_OCTETS = 1_000_000
MOST_BOUNDARIES = 1_000
MOST_NESTED = 50
LONGEST_LINE = 100_000


def read_feedback(raw: bytes) -> list[FeedbackEvent]:
    """Return what a mail reports about messages of ours; nothing if it is no report.

    Line ends may be LF, CRLF or CR. Raises UnreadableReport for a mail that is too large or
    too deep to be an honest report; it raises nothing else.
    """
    text = re.sub(rb"\r\n?", b"\n", raw)
    _refuse_bombs(text)
    try:
        message = message_from_bytes(text, policy=policy.compat32)
        return read_message(message)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise UnreadableReport(f"the mail can't be parsed: {type(error).__name__}") from error


def read_message(message: Message) -> list[FeedbackEvent]:
    """Return what a parsed mail reports, by the first reader that knows its kind."""
    if _is_automatic_reply(message):
        return [FeedbackEvent(recipient="", kind=FeedbackKind.VACATION)]
    return read_complaint(message) or read_delivery_status(message)


def _refuse_bombs(text: bytes) -> None:
    if len(text) > LARGEST_OCTETS:
        raise UnreadableReport(f"the mail has {len(text)} octets; a report has at most 1 MB")
    if len(re.findall(rb"(?im)^content-type:\s*(?:multipart|message)/", text)) > MOST_NESTED:
        raise UnreadableReport("the mail is nested deeper than any report")
    if text.count(b"\n--") > MOST_BOUNDARIES:
        raise UnreadableReport("the mail has more parts than any report")
    if re.search(rb"[^\n]{%d}" % LONGEST_LINE, text):
        raise UnreadableReport("the mail has a longer line than any report")


def _is_automatic_reply(message: Message) -> bool:
    """Tell an out-of-office notice (RFC 3834 §5): it says nothing about delivery."""
    if message.get_content_type() == "multipart/report":
        return False
    return str(message.get("Auto-Submitted", "")).lower().startswith("auto-replied")

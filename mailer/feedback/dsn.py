"""Delivery status notifications (RFC 3464)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.message import Message

from mailer.transport.smtp.replies import classify, read_reply
from mailer.types import FeedbackEvent, FeedbackKind, Reply, Stage

# RFC 3464 §2.3.3: what was done about a recipient, as what it means for us.
ACTIONS = {
    "failed": FeedbackKind.BOUNCE,
    "delayed": FeedbackKind.DELAY,
    "delivered": FeedbackKind.DELIVERED,
    "relayed": FeedbackKind.DELIVERED,
    "expanded": FeedbackKind.DELIVERED,
}
LONGEST_DIAGNOSTIC = 1_000
_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_CODE = re.compile(r"\b([45]\d\d)\b")


def read_delivery_status(message: Message) -> list[FeedbackEvent]:
    """Return an event for each recipient that the report's message/delivery-status names."""
    original = find_original_id(message)
    events = []
    for part in message.walk():
        if part.get_content_type() == "message/delivery-status":
            events += [_read(fields, original) for fields in _recipients(part)]
    return [event for event in events if event is not None]


def find_original_id(message: Message) -> str:
    """Return the Message-ID of the returned mail, or of its header, if it is there."""
    for part in message.walk():
        if part.get_content_type() == "message/rfc822" and part.is_multipart():
            return str(part.get_payload(0).get("Message-ID", "")).strip()  # type: ignore[union-attr]
        if part.get_content_type() == "text/rfc822-headers":
            match = re.search(r"(?im)^message-id:\s*(<[^<>\s]+>)", str(part.get_payload()))
            if match:
                return match[1]
    return ""


def _recipients(part: Message) -> Iterator[Message]:
    """Yield each group of fields that is about a recipient (RFC 3464 §2.3)."""
    groups = part.get_payload()
    for group in groups if isinstance(groups, list) else []:
        if isinstance(group, Message) and (group["Final-Recipient"] or group["Original-Recipient"]):
            yield group


def _read(fields: Message, original: str) -> FeedbackEvent | None:
    kind = ACTIONS.get(str(fields.get("Action", "")).strip().lower())
    recipient = _address(fields, "Original-Recipient") or _address(fields, "Final-Recipient")
    if kind is None or not recipient:
        return None
    diagnostic = " ".join(str(fields.get("Diagnostic-Code", "")).split())[:LONGEST_DIAGNOSTIC]
    status = _STATUS.search(str(fields.get("Status", "")))
    reply = read_report(diagnostic, status[1] if status else "")
    verdict = classify(reply)
    return FeedbackEvent(
        recipient=recipient,
        kind=kind,
        permanent=kind is FeedbackKind.BOUNCE and verdict.permanent,
        status=reply.status,
        reason=verdict.reason,
        diagnostic=diagnostic.replace("\0", ""),
        message_id=original,
    )


def read_report(diagnostic: str, status: str) -> Reply:
    """Return a report's diagnostic as the reply that the reporting server was given.

    A reply that the diagnostic quotes says more than the Status beside it, which many
    servers fill with 5.0.0.
    """
    words = diagnostic.partition(";")[2].strip() or diagnostic
    code = _CODE.search(words)
    own = _STATUS.search(words)
    first = (own[1] if own else "") or status
    number = int(code[1]) if code else int(f"{first[:1] or 0}50") if first else 0
    return read_reply(number, f"{first} {words}".strip(), Stage.RCPT)


def _address(fields: Message, name: str) -> str:
    """Return the address of an ``rfc822; user@host`` field (RFC 3464 §2.3.1)."""
    value = str(fields.get(name, "")).rpartition(";")[2].strip().strip("<>")
    return value if "@" in value and not re.search(r"\s", value) else ""

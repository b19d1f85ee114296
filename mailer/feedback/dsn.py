"""Delivery status notifications: RFC 3464, and RFC 6533 for addresses in Unicode."""

from __future__ import annotations

from dataclasses import replace

from mailer.feedback.address import read_address
from mailer.feedback.classify import find_status, judge
from mailer.feedback.mime import Mail, Part, read_blocks
from mailer.feedback.returned import read_returned
from mailer.types import FeedbackEvent, FeedbackKind

REPORTS = ("message/delivery-status", "message/global-delivery-status")

# RFC 3464 §2.3.3. A relayed or expanded message has left the world that reports.
ACTIONS: dict[str, FeedbackKind] = {
    "failed": FeedbackKind.BOUNCE,
    "failure": FeedbackKind.BOUNCE,
    "delayed": FeedbackKind.DELAY,
    "delivered": FeedbackKind.DELIVERED,
    "relayed": FeedbackKind.DELIVERED,
    "expanded": FeedbackKind.DELIVERED,
}
# What a report without an action means, by the first digit of its status (RFC 3463 §2).
CLASSES: dict[str, FeedbackKind] = {
    "2": FeedbackKind.DELIVERED,
    "4": FeedbackKind.DELAY,
    "5": FeedbackKind.BOUNCE,
}
# What we sent to stands before what became of it on the way (RFC 3464 §2.3.1, §2.3.2).
RECIPIENTS = ("original-recipient", "final-recipient", "x-actual-recipient")


def read_dsn(mail: Mail) -> list[FeedbackEvent]:
    """Return what a mail's status reports say, an event a recipient."""
    blocks = [block for part in mail.of_kind(*REPORTS) for block in read_blocks(part.text())]
    return [replace(event, structured=True) for event in read_recipients(mail, blocks)]


def read_recipients(mail: Mail, blocks: list[Part]) -> list[FeedbackEvent]:
    """Return an event for each group of fields that speaks of a recipient."""
    returned = read_returned(mail)
    events = []
    for block in blocks:
        recipient = find_recipient(block)
        kind = _find_kind(block)
        if kind is None or not (recipient or block.get("final-recipient")):
            continue
        recipient = recipient or returned.only_recipient
        events.append(_make_event(block, kind, recipient, returned.message_id))
    return events


def find_recipient(block: Part) -> str:
    """Return the address that a group of fields speaks of, or an empty string."""
    return next(filter(None, (read_address(block.get(name)) for name in RECIPIENTS)), "")


def _find_kind(block: Part) -> FeedbackKind | None:
    words = block.get("action").lower().replace("(", " ").split()
    return ACTIONS.get(words[0] if words else "") or CLASSES.get(block.get("status")[:1])


def _make_event(block: Part, kind: FeedbackKind, recipient: str, message_id: str) -> FeedbackEvent:
    """Return the event; only a failure can say that an address is dead."""
    diagnostic = block.get("diagnostic-code").partition(";")[2].strip()
    diagnostic = diagnostic or block.get("diagnostic-code")
    status = find_status(block.get("status"), diagnostic)
    verdict = judge(status, diagnostic)
    return FeedbackEvent(
        recipient=recipient,
        kind=kind,
        permanent=verdict.permanent and kind is FeedbackKind.BOUNCE,
        status=status,
        reason=verdict.reason,
        diagnostic=diagnostic,
        message_id=message_id,
    )

"""Abuse reports (RFC 5965): a reader pressed "this is spam", and the provider tells us."""

from __future__ import annotations

import re

from mailer.feedback.address import read_address
from mailer.feedback.mime import MOST_RECIPIENTS, Mail, Part, read_blocks
from mailer.feedback.returned import Returned, read_returned
from mailer.types import FeedbackEvent, FeedbackKind

REPORT = "message/feedback-report"
# RFC 5965 §7.3 and RFC 6591: what is no complaint of a reader about a message. Anything else
# that a provider may have invented is one.
KINDS: dict[str, FeedbackKind] = {
    "not-spam": FeedbackKind.REPORT,
    "auth-failure": FeedbackKind.REPORT,
    "dmarc": FeedbackKind.REPORT,
    "opt-out": FeedbackKind.UNSUBSCRIBE,
    "opt-out-list": FeedbackKind.UNSUBSCRIBE,
}
_PLAIN_COMPLAINT = re.compile(r"complaint about message from ", re.IGNORECASE)


def read_arf(mail: Mail) -> list[FeedbackEvent]:
    """Return a complaint for each recipient that a feedback report names."""
    for part in mail.of_kind(REPORT):
        fields = tuple(field for block in read_blocks(part.text()) for field in block.fields)
        return _read_report(Part(fields=fields, body=b""), read_returned(mail))
    return _read_plain(mail)


def _read_report(report: Part, returned: Returned) -> list[FeedbackEvent]:
    feedback_type = report.get("feedback-type").lower()
    kind = KINDS.get(feedback_type, FeedbackKind.COMPLAINT)
    named = [*filter(None, map(read_address, report.get_all("original-rcpt-to")))]
    sender = read_address(report.get("original-mail-from")) or returned.sender
    return [
        FeedbackEvent(
            recipient=recipient,
            kind=kind,
            structured=True,
            diagnostic=feedback_type,
            bounce_address=sender,
            message_id=returned.message_id,
        )
        for recipient in named[:MOST_RECIPIENTS] or [returned.only_recipient]
    ]


def _read_plain(mail: Mail) -> list[FeedbackEvent]:
    """Return Microsoft's complaints (JMRP): a subject of theirs, and the returned message."""
    returned = read_returned(mail)
    if not (returned.message_id and _PLAIN_COMPLAINT.match(mail.top.get("subject"))):
        return []
    return _read_report(Part(fields=(("feedback-type", "abuse"),), body=b""), returned)

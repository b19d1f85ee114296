"""Delivery status notifications: RFC 3464, and RFC 6533 for addresses in Unicode."""

from __future__ import annotations

from dataclasses import replace

from mailer.feedback.address import read_address
from mailer.feedback.classify import find_status, judge
from mailer.feedback.failed import find_listed
from mailer.feedback.mime import MOST_RECIPIENTS, Mail, Part, read_blocks
from mailer.feedback.notice import cut_copy, find_told, first_paragraph, read_notice
from mailer.feedback.returned import Returned, read_returned
from mailer.transport.smtp.replies import UNKNOWN_ADDRESS, UNKNOWN_DOMAIN, Verdict
from mailer.types import FeedbackEvent, FeedbackKind, Reason

REPORTS = ("message/delivery-status", "message/global-delivery-status")

# RFC 3464 §2.3.3. A relayed or expanded message has left the world that reports.
ACTIONS: dict[str, FeedbackKind] = {
    "failed": FeedbackKind.BOUNCE,
    "failure": FeedbackKind.BOUNCE,
    "expired": FeedbackKind.BOUNCE,
    "delayed": FeedbackKind.DELAY,
    "deliverable": FeedbackKind.DELIVERED,
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
# RFC 3464 §2.3.6: the words of a program on the receiving host, and no server's reply.
PROGRAM = "x-unix"
# PowerMTA says in a field of its own how it takes a reply: where the server gave no status,
# that says more than the words, since PowerMTA knew at which command they came.
CATEGORY = "x-powermta-bouncecategory"
CATEGORIES: dict[str, Verdict] = {
    "bad-mailbox": UNKNOWN_ADDRESS,
    "bad-domain": UNKNOWN_DOMAIN,
    "inactive-mailbox": Verdict(reason=Reason.DISABLED),
    "quota-issues": Verdict(reason=Reason.MAILBOX_FULL),
    "spam-related": Verdict(reason=Reason.SPAM),
    "virus-related": Verdict(reason=Reason.CONTENT),
    "content-related": Verdict(reason=Reason.CONTENT),
    "policy-related": Verdict(reason=Reason.BLOCKED),
    "relaying-issues": Verdict(reason=Reason.BLOCKED),
    "invalid-sender": Verdict(reason=Reason.AUTHENTICATION),
    "message-expired": Verdict(reason=Reason.NETWORK),
    "no-answer-from-host": Verdict(reason=Reason.NETWORK),
    "bad-connection": Verdict(reason=Reason.NETWORK),
    "routing-errors": Verdict(reason=Reason.NETWORK),
    "bad-configuration": Verdict(reason=Reason.SYSTEM),
    "protocol-errors": Verdict(reason=Reason.SYSTEM),
}


def read_dsn(mail: Mail) -> list[FeedbackEvent]:
    """Return what a mail's status reports say, an event a recipient."""
    blocks = [block for part in mail.of_kind(*REPORTS) for block in read_blocks(part.text())]
    return [replace(event, structured=True) for event in read_recipients(mail, blocks)]


def read_recipients(mail: Mail, blocks: list[Part]) -> list[FeedbackEvent]:
    """Return an event for each group of fields that speaks of a recipient."""
    about = [(block, kind) for block in blocks if (kind := _find_kind(block))]
    about = [(block, kind) for block, kind in about if any(map(block.get, RECIPIENTS))]
    about = about[:MOST_RECIPIENTS]
    returned, notice = read_returned(mail), read_notice(mail)
    named = [find_recipient(block) for block, _ in about]
    if len(about) == 1:
        named = [_name_one(about[0][0], named[0], returned, notice)]
    alone = cut_copy(notice)[0] if len(about) == 1 else ""
    return [
        _make_event(block, kind, name, alone or _tell(notice, name, named), returned.message_id)
        for (block, kind), name in zip(about, named, strict=True)
    ]


def _tell(notice: str, name: str, named: list[str]) -> str:
    """Return what a notice tells of one of several recipients."""
    return first_paragraph(find_told(notice, name, named))


def find_recipient(block: Part) -> str:
    """Return the address that a group of fields speaks of, or an empty string."""
    return next(filter(None, (read_address(block.get(name)) for name in RECIPIENTS)), "")


def _name_one(block: Part, named: str, returned: Returned, notice: str) -> str:
    """Return the address of a report on one recipient: what we wrote to, rather than an alias.

    A report without Original-Recipient may name only what the address stood for on the way;
    the returned copy's own, if the notice names it too, is the one that we know. Where the
    words list the final one alone as failed, they were written about that.
    """
    ours, final = returned.only_recipient, read_address(block.get("final-recipient"))
    if ours and ours in map(read_address, map(block.get, RECIPIENTS)):
        listed = find_listed(notice)
        return final if final in listed and ours not in listed else ours
    if not named or (not block.get("original-recipient") and ours and ours in notice):
        return ours
    return named


def _find_kind(block: Part) -> FeedbackKind | None:
    words = block.get("action").lower().replace("(", " ").split()
    return ACTIONS.get(words[0] if words else "") or CLASSES.get(block.get("status")[:1])


def _make_event(
    block: Part, kind: FeedbackKind, recipient: str, told: str, message_id: str
) -> FeedbackEvent:
    """Return the event; only a failure can say that an address is dead."""
    diagnostic = block.get("diagnostic-code").partition(";")[2].strip()
    diagnostic = diagnostic or block.get("diagnostic-code") or told.strip()
    status = find_status(block.get("status"), diagnostic)
    if block.get("diagnostic-code").partition(";")[0].strip().lower() == PROGRAM:
        diagnostic, told = f"{PROGRAM}: {diagnostic}", ""
    category = CATEGORIES.get(block.get(CATEGORY).lower()) if status[2:] == "0.0" else None
    verdict = category or judge(status, diagnostic, told)
    return FeedbackEvent(
        recipient=recipient,
        kind=kind,
        permanent=verdict.permanent and kind is FeedbackKind.BOUNCE,
        status=status,
        reason=verdict.reason,
        diagnostic=diagnostic,
        message_id=message_id,
    )

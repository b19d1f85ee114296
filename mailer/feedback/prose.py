"""Bounces in plain words: read only as far as they can be trusted.

An address is believed only where the header names it as failed (Exim's X-Failed-Recipients),
or where the notice names it and the returned copy was written to it. What is read here is
marked as told in words alone, and needs a second witness before anybody is suppressed.
"""

from __future__ import annotations

import re

from mailer.feedback.address import find_addresses
from mailer.feedback.classify import find_code, find_status, judge
from mailer.feedback.dsn import find_recipient, read_recipients
from mailer.feedback.mime import Mail, cut, read_blocks
from mailer.feedback.returned import describe, read_returned
from mailer.feedback.sender import is_daemon
from mailer.types import FeedbackEvent, FeedbackKind

LONGEST_NOTICE = 20_000
MOST_RECIPIENTS = 20
_DELAYED = re.compile(r"delay(ed)?\b|will (be retried|keep trying)|not yet been", re.IGNORECASE)
# Where the notice ends and the copy of our message begins, in the words of many servers.
_COPY = re.compile(
    r"^[ \t>]*-{2,}[^\n]{0,80}(copy|original|returned|unsent|undelivered|header)[^\n]{0,80}$"
    r"|^(Return-Path|Received): ",
    re.IGNORECASE | re.MULTILINE,
)


def read_prose(mail: Mail) -> list[FeedbackEvent]:
    """Return what a bounce without a report says, an event a recipient; often nothing."""
    if not is_daemon(mail.top):
        return []
    text = "\n".join(part.text() for part in mail.of_kind("text/plain"))[:LONGEST_NOTICE]
    quoted = [block for block in read_blocks(text) if find_recipient(block)]
    return read_recipients(mail, quoted) or _read_words(mail, text)


def _read_words(mail: Mail, text: str) -> list[FeedbackEvent]:
    notice, copy = _cut_copy(text)
    status, code = find_status("", notice), find_code(notice)
    if not (status or code):
        return []
    returned = read_returned(mail)
    if not returned.message_id:
        returned = describe(cut(copy.encode("utf-8", "replace")))
    failed = find_addresses(mail.top.get("x-failed-recipients"))
    failed = failed or [each for each in find_addresses(notice) if each in returned.recipients]
    kind = FeedbackKind.DELAY if _DELAYED.search(mail.top.get("subject")) else FeedbackKind.BOUNCE
    verdict = judge(status, notice)
    return [
        FeedbackEvent(
            recipient=recipient,
            kind=kind,
            permanent=verdict.permanent and kind is FeedbackKind.BOUNCE,
            status=status,
            reason=verdict.reason,
            diagnostic=notice.strip(),
            message_id=returned.message_id,
        )
        for recipient in failed[:MOST_RECIPIENTS]
    ]


def _cut_copy(text: str) -> tuple[str, str]:
    """Return the notice, and the copy of our message below it if there is one."""
    match = _COPY.search(text)
    if match is None:
        return text, ""
    return text[: match.start()], text[match.start() :].partition("\n")[2].lstrip("\n")

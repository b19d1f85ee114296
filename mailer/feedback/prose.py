"""Bounces in plain words: read only as far as they can be trusted.

An address is believed only where the header names it as failed (Exim's X-Failed-Recipients),
or where the notice does in one of the places that ``failed`` knows. What is read here is
marked as told in words alone, and needs a second witness before anybody is suppressed.
"""

from __future__ import annotations

import re

from mailer.feedback.address import find_addresses
from mailer.feedback.classify import find_status, judge
from mailer.feedback.dsn import find_recipient, read_recipients
from mailer.feedback.failed import Notice, find_failed
from mailer.feedback.mime import MOST_RECIPIENTS, Mail, cut, read_blocks
from mailer.feedback.notice import cut_copy, find_spoken, find_told, read_notice, tells_failure
from mailer.feedback.returned import describe, read_returned
from mailer.feedback.sender import is_automatic, is_daemon
from mailer.types import FeedbackEvent, FeedbackKind

_DELAYED = re.compile(r"delay(ed)?\b|will (be retried|keep trying)|not yet been", re.IGNORECASE)


def read_prose(mail: Mail) -> list[FeedbackEvent]:
    """Return what a bounce without a report says, an event a recipient; often nothing."""
    text = read_notice(mail)
    if not (is_daemon(mail.top) or (is_automatic(mail.top) and tells_failure(text))):
        return []
    quoted = [block for block in read_blocks(text) if find_recipient(block)]
    return read_recipients(mail, quoted) or _read_words(mail, text)


def _read_words(mail: Mail, text: str) -> list[FeedbackEvent]:
    words, copy = cut_copy(text)
    returned = read_returned(mail)
    if not returned.recipients:
        returned = describe(cut(copy.encode("utf-8", "replace")))
    named = find_addresses(mail.top.get("x-failed-recipients"))
    named = named or find_failed(Notice(top=mail.top, words=words, returned=returned))
    failed = named[:MOST_RECIPIENTS]
    kind = FeedbackKind.DELAY if _DELAYED.search(mail.top.get("subject")) else FeedbackKind.BOUNCE
    return [
        _make_event(kind, each, _choose_words(words, each, failed), returned.message_id)
        for each in failed
    ]


def _choose_words(notice: str, recipient: str, failed: list[str]) -> str:
    """Return the words about one of several recipients; about the only one, all of them."""
    if len(failed) == 1:
        return notice
    return find_spoken(notice, recipient, failed) or find_told(notice, recipient, failed)


def _make_event(kind: FeedbackKind, recipient: str, words: str, message_id: str) -> FeedbackEvent:
    status = find_status("", words)
    verdict = judge(status, words)
    return FeedbackEvent(
        recipient=recipient,
        kind=kind,
        permanent=verdict.permanent and kind is FeedbackKind.BOUNCE,
        status=status,
        reason=verdict.reason,
        diagnostic=words.strip(),
        message_id=message_id,
    )

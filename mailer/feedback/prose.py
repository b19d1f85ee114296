"""Bounces in plain words: read only as far as they can be trusted.

An address is believed only where the header names it as failed (Exim's X-Failed-Recipients),
where the notice names it and the returned copy was written to it, or where it begins a line
that goes on with a reply. What is read here is
marked as told in words alone, and needs a second witness before anybody is suppressed.
"""

from __future__ import annotations

import re

from mailer.feedback.address import find_addresses
from mailer.feedback.classify import find_code, find_status, judge
from mailer.feedback.dsn import find_recipient, read_recipients
from mailer.feedback.mime import MOST_RECIPIENTS, Mail, cut, read_blocks
from mailer.feedback.notice import find_told, read_notice
from mailer.feedback.returned import Returned, describe, read_returned
from mailer.feedback.sender import is_daemon
from mailer.types import FeedbackEvent, FeedbackKind

_DELAYED = re.compile(r"delay(ed)?\b|will (be retried|keep trying)|not yet been", re.IGNORECASE)
# reader@example.org: 550 5.1.1 no such user; the reply may begin on the next line.
_REFUSAL = re.compile(
    r"^[ \t]*(<?[^\s<>:]{3,320}>?):\s{1,4}(?:Remote host said: )?[45]\d\d[ -]", re.MULTILINE
)
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
    text = read_notice(mail)
    quoted = [block for block in read_blocks(text) if find_recipient(block)]
    return read_recipients(mail, quoted) or _read_words(mail, text)


def _read_words(mail: Mail, text: str) -> list[FeedbackEvent]:
    notice, copy = _cut_copy(text)
    named = find_addresses(mail.top.get("x-failed-recipients"))
    if not (named or find_status("", notice) or find_code(notice)):
        return []
    returned = read_returned(mail)
    if not returned.message_id:
        returned = describe(cut(copy.encode("utf-8", "replace")))
    named = named or _find_failed(notice, returned)
    failed = named[:MOST_RECIPIENTS]
    kind = FeedbackKind.DELAY if _DELAYED.search(mail.top.get("subject")) else FeedbackKind.BOUNCE
    return [
        _make_event(kind, each, _choose_words(notice, each, failed), returned.message_id)
        for each in failed
    ]


def _find_failed(notice: str, returned: Returned) -> list[str]:
    """Return the addresses that the copy was written to, or that begin a line with a refusal."""
    found = find_addresses(notice)
    begun = {address for line in _REFUSAL.findall(notice) for address in find_addresses(line)}
    return [each for each in found if each in returned.recipients or each in begun]


def _choose_words(notice: str, recipient: str, failed: list[str]) -> str:
    """Return the words about one of several recipients; about the only one, all of them."""
    return find_told(notice, recipient, failed) if len(failed) > 1 else notice


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


def _cut_copy(text: str) -> tuple[str, str]:
    """Return the notice, and the copy of our message below it if there is one."""
    match = _COPY.search(text)
    if match is None:
        return text, ""
    return text[: match.start()], text[match.start() :].partition("\n")[2].lstrip("\n")

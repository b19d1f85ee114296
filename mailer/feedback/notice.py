"""The part of a bounce that is written for people."""

from __future__ import annotations

import re
from collections.abc import Iterable

from mailer.feedback.mime import Mail

# A notice is a page; what is longer is the copy of a message.
LONGEST_NOTICE = 20_000
_BLANK_LINE = re.compile(r"\n[ \t]*\n")


def read_notice(mail: Mail) -> str:
    """Return the plain text that stands in a mail."""
    return "\n\n".join(part.text() for part in mail.of_kind("text/plain"))[:LONGEST_NOTICE]


def find_told(notice: str, recipient: str, others: Iterable[str] = ()) -> str:
    """Return what a notice tells of a recipient: from its first mention to that of another."""
    lowered = notice.lower()
    start = lowered.find(recipient.lower()) if recipient else -1
    if start < 0:
        return ""
    after = start + len(recipient)
    starts = (lowered.find(other.lower(), after) for other in others if other != recipient)
    return notice[start : min((each for each in starts if each >= 0), default=None)]


def first_paragraph(text: str) -> str:
    """Return a text up to its first empty line."""
    return _BLANK_LINE.split(text, 1)[0].strip()

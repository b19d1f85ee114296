"""Why a message came back, and whether the address is dead, from the words of a report.

The tables are those of the replies at send time (``mailer.transport.smtp.replies``). What is
added here is what reports alone have: a status beside a reply, the command that a relay says
it had been at, and a relay's own words about names that it could not find.
"""

from __future__ import annotations

import re

from mailer.transport.smtp.replies import (
    UNKNOWN_DOMAIN,
    VAGUE_STATUSES,
    Verdict,
    classify,
)
from mailer.types import Reason, Reply, Stage

# Beyond this a diagnostic only repeats itself.
LONGEST_DIAGNOSTIC = 2_000

_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.]\d)")
_CODE = re.compile(r"(?<![\d.-])([45]\d\d)(?=[ -]|$)")

# The command that was refused, in the words of the relays that report it.
STAGES: tuple[tuple[re.Pattern[str], Stage], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), stage)
    for pattern, stage in (
        (r"\b(end of|after) data\b|\bBDAT\b|in reply to DATA|after DATA", Stage.DOT),
        (r"reply to (the )?MAIL\b|after (pipelined )?MAIL FROM", Stage.MAIL),
        (r"reply to (the )?(EHLO|HELO)\b|after EHLO|after HELO", Stage.EHLO),
        (r"reply to (the )?RCPT\b|after (pipelined )?RCPT TO", Stage.RCPT),
    )
)
# What a relay writes that found no server for the domain: nobody can be reached there.
NO_SUCH_DOMAIN = re.compile(
    r"(host|domain|name|mx|dns)\b[^.;]{0,80}\b(not found|unknown|nxdomain|does not exist)"
    r"|invalid domain|no such (host|domain)|unrouteable|name or service not known"
    r"|nullmx|does not accept mail",
    re.IGNORECASE,
)
NAME_STATUSES = frozenset({"1.2", "4.4", "4.0", "4.3", "1.10", "0.0", ""})


def judge(status: str, diagnostic: str) -> Verdict:
    """Return the verdict on what a report says: its status (RFC 3463) and its diagnostic.

    Where the report does not say at which command the refusal came, it was the recipient's.
    """
    text = diagnostic[:LONGEST_DIAGNOSTIC]
    subject = status.partition(".")[2]
    if status[:1] != "4" and subject in NAME_STATUSES and NO_SUCH_DOMAIN.search(text):
        return UNKNOWN_DOMAIN
    reply = Reply(code=find_code(text), status=status, text=text, stage=find_stage(text))
    return classify(reply)


def find_status(field: str, diagnostic: str) -> str:
    """Return the status that says most: the field's, or the diagnostic's if that is vague."""
    own = _STATUS.search(field)
    quoted = _STATUS.search(diagnostic[:LONGEST_DIAGNOSTIC])
    if own is None or (quoted and own[1].partition(".")[2] in VAGUE_STATUSES):
        return quoted[1] if quoted else ""
    return own[1]


def find_code(text: str) -> int:
    """Return the SMTP reply code (RFC 5321 §4.2) that a text quotes, or 0."""
    match = _CODE.search(text)
    return int(match[1]) if match else 0


def find_stage(text: str) -> Stage:
    """Return the command whose refusal a text tells of; RCPT where it does not say."""
    return next((stage for pattern, stage in STAGES if pattern.search(text)), Stage.RCPT)


__all__ = ["Reason", "Verdict", "find_code", "find_stage", "find_status", "judge"]

"""Why a message came back, and whether the address is dead, from the words of a report.

The tables are those of the replies at send time (``mailer.transport.smtp.replies``). What is
added here is what reports alone have: a status beside a reply, the command that a relay says
it had been at, and a relay's own words about names that it could not find. A wrong "dead"
loses a living reader, so whatever spares an address counts before what condemns it.
"""

from __future__ import annotations

import re

from mailer.transport.smtp.replies import UNKNOWN_ADDRESS, UNKNOWN_DOMAIN, Verdict, classify
from mailer.types import Reason, Reply, Stage

# Beyond this a diagnostic only repeats itself.
LONGEST_DIAGNOSTIC = 2_000

_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.]\d)")
_CODE = re.compile(r"(?<![\d.-])([45]\d\d)(?=[ -]|$)")

# The command that was refused, in the words of the relays that report it. Sendmail prints
# replies below the last command that it had piped: a reply to DATA is one that none follows.
STAGES: tuple[tuple[re.Pattern[str], Stage], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), stage)
    for pattern, stage in (
        (r"\b(end of|after) data\b|\bBDAT\b|reply to (the )?DATA\b", Stage.DOT),
        (r">>> DATA\s+<<< (?!503)[45][^\n]*\n(?>([45]\d\d [^\n]*\n)*)(?!<<<)", Stage.DOT),
        (r"reply to (the )?MAIL\b|>>> MAIL [^\n]*\n<<< [45]|after MAIL FROM", Stage.MAIL),
        (r"reply to (the )?(EHLO|HELO)\b|after (EHLO|HELO)\b", Stage.EHLO),
        (r"reply to (the )?RCPT\b|after RCPT\b|RCPT_TO", Stage.RCPT),
    )
)
# Words that speak of us, or of a mailbox that lives, whatever status stands beside them.
SPARING: tuple[tuple[re.Pattern[str], Verdict], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), Verdict(reason=reason))
    for pattern, reason in (
        (r"reverse dns|\brdns\b|\bPTR\b", Reason.AUTHENTICATION),
        (r"sender (address )?rejected|name was rejected|blacklist", Reason.BLOCKED),
        (r"(?<!address rejected: )access denied", Reason.BLOCKED),
        (r"over ?quota|mailbox (is )?full|quota exceeded", Reason.MAILBOX_FULL),
        (r"at a rate that", Reason.RATE),
        (r"unexpected name server reply", Reason.NETWORK),
    )
)
# Words of some large providers that mean "nobody here" beside a status that says less.
CONDEMNING: tuple[tuple[re.Pattern[str], Verdict], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), verdict)
    for pattern, verdict in (
        (r"recipient address rejected: access denied", UNKNOWN_ADDRESS),
        (r"user doesn.t have an? \S{1,255} account", UNKNOWN_ADDRESS),
        (r"#5\.1\.0 address rejected", UNKNOWN_ADDRESS),
        (r"host does not accept mail|null ?mx", UNKNOWN_DOMAIN),  # RFC 7505
    )
)
# What a relay writes that found no server for the domain, where no server gave a status.
_NO_SUCH_DOMAIN = re.compile(
    r"(host|domain|name|mx|dns)\b[^.;]{0,80}\b(not found|not reachable|unknown|nxdomain"
    r"|does not exist)|invalid domain|no such (host|domain)|unrouteable|service not known",
    re.IGNORECASE,
)
_NO_SUCH_USER = re.compile(r"user unknown|unknown user|no such user", re.IGNORECASE)
# RFC 3463 §3.2, §3.5: a domain that is wrong or can't be routed to, or no word on it.
NAME_STATUSES = frozenset({"", "0.0", "1.2", "4.0", "4.3", "5.0"})
NO_ROUTE = "4.4"
# A mailbox that is shut may be opened again: unless told at RCPT that nobody is there, it
# costs the address no more than a soft bounce.
MAY_RETURN = frozenset({Reason.DISABLED})
# Statuses that appliances give to any refusal: the words beside them say more.
VAGUER = {"5.1.0": "5.0.0", "5.2.0": "5.0.0", "5.3.0": "5.0.0"}
# An appliance's own words around the reply that it got: 5.1.0 - Unknown address error 550-'...'
_WRAPPING = re.compile(r"[45]\.\d\.\d - [a-z ]{1,40}(error|problem) (?=\d{3}-')", re.IGNORECASE)


def judge(status: str, diagnostic: str, notice: str = "") -> Verdict:
    """Return the verdict on what a report says: its status (RFC 3463) and its diagnostic.

    ``notice`` is what is written beside them for people: it may tell at which command the
    refusal came. Where nothing tells, it is taken for a refusal of the recipient.
    """
    text = _WRAPPING.sub("", diagnostic[:LONGEST_DIAGNOSTIC])
    stage = find_stage(f"{text}\n{notice[:LONGEST_DIAGNOSTIC]}")
    final = status[:1] != "4" and find_code(text) // 100 != 4
    lasting = final and stage in {None, Stage.RCPT}
    verdict = _match(SPARING, text) or (_match(CONDEMNING, text) if lasting else None)
    if verdict:
        return verdict
    if lasting and _is_lost(status, text):
        return UNKNOWN_DOMAIN
    return _ask_replies(status, text, stage)


def find_status(field: str, diagnostic: str) -> str:
    """Return the status that says most: what the refusing server wrote itself, or the field's."""
    own = _STATUS.search(field)
    quoted = _STATUS.search(diagnostic[:LONGEST_DIAGNOSTIC])
    if quoted and (own is None or not quoted[1].endswith(".0.0")):
        return quoted[1]
    return own[1] if own else ""


def find_code(text: str) -> int:
    """Return the SMTP reply code (RFC 5321 §4.2) that a text quotes, or 0."""
    match = _CODE.search(text)
    return int(match[1]) if match else 0


def find_stage(text: str) -> Stage | None:
    """Return the command whose refusal a text tells of, or nothing."""
    return next((stage for pattern, stage in STAGES if pattern.search(text)), None)


def _ask_replies(status: str, text: str, stage: Stage | None) -> Verdict:
    """Return what the tables of replies say; a shut mailbox is dead only where that is told."""
    reply = Reply(
        code=find_code(text),
        status=VAGUER.get(status, status),
        text=text,
        stage=stage or Stage.RCPT,
    )
    verdict = classify(reply)
    told = stage is Stage.RCPT and _NO_SUCH_USER.search(text)
    if verdict.reason in MAY_RETURN and not told:
        return Verdict(reason=verdict.reason)
    return verdict


def _is_lost(status: str, text: str) -> bool:
    """Tell whether there is no server for the domain."""
    subject = status.partition(".")[2]
    return subject == NO_ROUTE or (subject in NAME_STATUSES and bool(_NO_SUCH_DOMAIN.search(text)))


def _match(rules: tuple[tuple[re.Pattern[str], Verdict], ...], text: str) -> Verdict | None:
    return next((verdict for pattern, verdict in rules if pattern.search(text)), None)

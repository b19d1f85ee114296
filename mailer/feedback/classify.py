"""Why a message came back, and whether the address is dead, from the words of a report.

The tables are those of the replies at send time (``mailer.transport.smtp.replies``). What is
added here is what reports alone have: a status beside a reply, the command that a relay says
it had been at, and a relay's own words about names that it could not find. A wrong "dead"
loses a living reader, so whatever spares an address counts before what condemns it.
"""

from __future__ import annotations

import re

from mailer.feedback.phrases import CONDEMNING, LIVING, NOBODY, OWN_DIRECTORY, SPARING, Rules
from mailer.transport.smtp.replies import (
    UNKNOWN_ADDRESS,
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

# The command that was refused, in the words of the relays that report it. Sendmail prints
# replies below the last command that it had piped: a reply to DATA is one that none follows.
_AT = r"\b(?:reply to|response to|after|following|during|for|smtp command|sent <<<)\s{1,4}(?:the )?"
# A pattern is asked only about a text with its word in it, which few have.
STAGES: tuple[tuple[str, re.Pattern[str], Stage], ...] = tuple(
    (word, re.compile(pattern), stage)
    for word, pattern, stage in (
        (
            ">>> data",
            r">>> data\s+<<< [45][^\n]*\n550 5\.1\.1 <[^<>\s]{1,320}>\.\.\. user unknown",
            Stage.RCPT,
        ),
        ("rcpt", r">>> rcpt [^\n]*\s<<< [45]|\bsent <<< rcpt", Stage.RCPT),
        ("data", r"\b(?:end of|after|for|following) (?:the )?data\b|\bbdat\b", Stage.DOT),
        ("bdat", r"\bbdat\b", Stage.DOT),
        ("text command", r"\b(?:after|for|following) (?:the )?text command", Stage.DOT),
        ("data", r"reply to (?:the )?data\b|\bsmtp command\s{1,4}data|\bsent <<< data", Stage.DATA),
        (
            ">>> data",
            r">>> data\s+<<< (?!503)[45][^\n]*\n(?>(?:[45]\d\d [^\n]*\n)*)(?!<<<)",
            Stage.DOT,
        ),
        ("mail", rf">>> mail [^\n]*\n<<< [45]|{_AT}mail\b(?! server)", Stage.MAIL),
        ("helo", rf"{_AT}helo\b", Stage.EHLO),
        ("ehlo", rf"{_AT}ehlo\b", Stage.EHLO),
        ("rcpt", rf"rcpt_to|{_AT}rcpt\b", Stage.RCPT),
    )
)
# A reply to RCPT names the recipient; a filter that has read the message speaks of a user.
_NAMES_RECIPIENT = re.compile(
    r"[45]\d\d[-: ]{1,4}(?:#?[45]\.\d{1,3}\.\d{1,3}[: ]{1,4})?<?[^<>\s]{1,64}@[^<>\s]{1,253}"
    r"|recipient address rejected|rejected recipient|-> 5\d\d [^\n]{0,80}@"
)
# What a relay writes that found no server for the domain, where no server gave a status.
_NO_SUCH_DOMAIN = re.compile(
    r"(host|domain|name|mx|dns)\b[^;\n]{0,80}\b(not found|not reachable|unknown|nxdomain"
    r"|does not exist)|invalid domain|no such (host|domain)|unrouteable|service not known"
)
# RFC 3463 §3.2, §3.5: a domain that is wrong or can't be routed to, or no word on it.
NAME_STATUSES = frozenset({"", "0.0", "1.2", "4.0", "4.3", "5.0"})
NO_ROUTE = "4.4"
# Microsoft's "unknown recipient or mailbox unavailable", which is all that it heard elsewhere.
PASSED_ON = frozenset({"1.351"})
# Where nothing tells of another command, a reply is taken for one to RCPT.
HEARD = frozenset({None, Stage.RCPT})
# A mailbox that is shut may be opened again: unless told at RCPT that nobody is there, it
# costs the address no more than a soft bounce.
MAY_RETURN = frozenset({Reason.DISABLED})
# Statuses that appliances give to any refusal: the words beside them say more.
VAGUER = {"5.1.0": "5.0.0", "5.2.0": "5.0.0", "5.3.0": "5.0.0"}
# An appliance's own words around the reply that it got: 5.1.0 - Unknown address error 550-'...'
_WRAPPING = re.compile(r"[45]\.\d\.\d - [a-z ]{1,40}(error|problem) (?=\d{3}-')")


def judge(status: str, diagnostic: str, notice: str = "") -> Verdict:
    """Return the verdict on what a report says: its status (RFC 3463) and its diagnostic.

    ``notice`` is what is written beside them for people: it may tell at which command the
    refusal came. Where nothing tells, it is taken for a refusal of the recipient.
    """
    text = diagnostic[:LONGEST_DIAGNOSTIC].lower()
    text = _WRAPPING.sub("", text) if "-'" in text else text
    stage = find_stage(f"{text}\n{notice[:LONGEST_DIAGNOSTIC]}")
    if stage is Stage.DATA and status.startswith("5.1."):
        stage = Stage.RCPT  # RFC 2920 §3.1: piped, so this refuses the recipient before it
    final = status[:1] != "4" and find_code(text) // 100 != 4
    lasting = final and stage in HEARD
    verdict = (_find(CONDEMNING, text) if lasting else None) or _match(SPARING, text)
    verdict = verdict or _match(LIVING, notice[:LONGEST_DIAGNOSTIC].lower())
    if verdict:
        return verdict
    if lasting and _is_lost(status, text):
        return UNKNOWN_DOMAIN
    if lasting and OWN_DIRECTORY.search(text):
        return UNKNOWN_ADDRESS
    if lasting and _is_nobody(status, text):
        verdict = UNKNOWN_ADDRESS
    else:
        verdict = _ask_replies(status, text, stage)
    if verdict == UNKNOWN_ADDRESS and not _is_first_hand(status, text, stage):
        return Verdict(reason=verdict.reason)
    return verdict


def _is_first_hand(status: str, text: str, stage: Stage | None) -> bool:
    """Tell whether it was the recipient that was refused, as far as a report can show.

    "User unknown" with no status for an address (RFC 3463 §3.2) and no word of the command is
    what filters say too, once they have read a message.
    """
    subject = status.partition(".")[2]
    own = subject[:2] == "1." and subject not in PASSED_ON
    return stage is Stage.RCPT or own or bool(_NAMES_RECIPIENT.search(text))


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
    text = text.lower()
    said = (stage for word, pattern, stage in STAGES if word in text and pattern.search(text))
    return next(said, None)


def _ask_replies(status: str, text: str, stage: Stage | None) -> Verdict:
    """Return what the tables of replies say; a shut mailbox is dead only where that is told."""
    reply = Reply(
        code=find_code(text),
        status=VAGUER.get(status, status),
        text=text,
        stage=stage or Stage.RCPT,
    )
    verdict = classify(reply)
    told = stage is Stage.RCPT and NOBODY.search(text)
    if verdict.reason in MAY_RETURN and not told:
        return Verdict(reason=verdict.reason)
    return verdict


def _is_nobody(status: str, text: str) -> bool:
    """Tell whether the words say that nobody is there, beside a status that says little."""
    subject = VAGUER.get(status, status).partition(".")[2]
    return subject in VAGUE_STATUSES | {""} and bool(NOBODY.search(text))


def _is_lost(status: str, text: str) -> bool:
    """Tell whether there is no server for the domain."""
    subject = status.partition(".")[2]
    return subject == NO_ROUTE or (subject in NAME_STATUSES and bool(_NO_SUCH_DOMAIN.search(text)))


def _find(table: tuple[tuple[str, Verdict], ...], text: str) -> Verdict | None:
    return next((verdict for words, verdict in table if words in text), None)


def _match(rules: Rules, text: str) -> Verdict | None:
    for words, pattern, verdict in rules:
        if any(word in text for word in words) and pattern.search(text):
            return verdict
    return None

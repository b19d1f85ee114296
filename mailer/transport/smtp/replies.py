"""What a server's reply says, and what it means for the address.

Enhanced status codes are RFC 3463 (with the IANA registry's later ones); reply codes are
RFC 5321 §4.2. The same tables serve replies at send time and those that bounces quote.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mailer.types import Reason, Reply, Stage

# A reply is for a person's eyes; servers that talk longer are cut (RFC 5321 §4.5.3.1.5 allows
# lines of 512 octets, and replies of several lines).
LONGEST_TEXT = 1_000
_STATUS = re.compile(r"([245]\.[0-9]{1,3}\.[0-9]{1,3})(?:\s+|$)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Why a message was refused, and whether the address itself is dead (``permanent``)."""

    reason: Reason
    permanent: bool = False


UNKNOWN_ADDRESS = Verdict(reason=Reason.UNKNOWN_ADDRESS, permanent=True)
UNKNOWN_DOMAIN = Verdict(reason=Reason.UNKNOWN_DOMAIN, permanent=True)
DISABLED = Verdict(reason=Reason.DISABLED, permanent=True)

BY_STATUS: dict[str, Verdict] = {
    "1.0": UNKNOWN_ADDRESS,
    "1.1": UNKNOWN_ADDRESS,
    "1.2": UNKNOWN_DOMAIN,
    "1.3": UNKNOWN_ADDRESS,
    "1.4": Verdict(reason=Reason.UNKNOWN),
    "1.6": UNKNOWN_ADDRESS,
    "1.7": Verdict(reason=Reason.AUTHENTICATION),
    "1.8": Verdict(reason=Reason.AUTHENTICATION),
    "1.10": UNKNOWN_DOMAIN,
    "2.0": Verdict(reason=Reason.UNKNOWN),
    "2.1": DISABLED,
    "2.2": Verdict(reason=Reason.MAILBOX_FULL),
    "2.3": Verdict(reason=Reason.TOO_LARGE),
    "2.4": Verdict(reason=Reason.SYSTEM),
    "3.1": Verdict(reason=Reason.SYSTEM),
    "3.2": Verdict(reason=Reason.SYSTEM),
    "3.4": Verdict(reason=Reason.TOO_LARGE),
    "4.1": Verdict(reason=Reason.NETWORK),
    "4.2": Verdict(reason=Reason.NETWORK),
    "4.4": UNKNOWN_DOMAIN,  # RFC 3463 §3.5: no way to the domain, as when it does not exist
    "4.5": Verdict(reason=Reason.RATE),
    "4.7": Verdict(reason=Reason.NETWORK),
    "5.3": Verdict(reason=Reason.RATE),
    "6.0": Verdict(reason=Reason.CONTENT),
    "7.0": Verdict(reason=Reason.BLOCKED),
    "7.1": Verdict(reason=Reason.BLOCKED),
    "7.8": Verdict(reason=Reason.AUTHENTICATION),
    "7.9": Verdict(reason=Reason.AUTHENTICATION),
    "7.20": Verdict(reason=Reason.AUTHENTICATION),
    "7.21": Verdict(reason=Reason.AUTHENTICATION),
    "7.22": Verdict(reason=Reason.AUTHENTICATION),
    "7.23": Verdict(reason=Reason.AUTHENTICATION),
    "7.24": Verdict(reason=Reason.AUTHENTICATION),
    "7.25": Verdict(reason=Reason.AUTHENTICATION),
    "7.26": Verdict(reason=Reason.AUTHENTICATION),
    "7.27": Verdict(reason=Reason.AUTHENTICATION),
    "7.28": Verdict(reason=Reason.RATE),
    "7.29": Verdict(reason=Reason.AUTHENTICATION),
    "7.515": Verdict(reason=Reason.AUTHENTICATION),
}
BY_STATUS_CLASS: dict[str, Verdict] = {
    "2": Verdict(reason=Reason.SYSTEM),
    "3": Verdict(reason=Reason.SYSTEM),
    "4": Verdict(reason=Reason.NETWORK),
    "5": Verdict(reason=Reason.SYSTEM),
    "6": Verdict(reason=Reason.CONTENT),
    "7": Verdict(reason=Reason.BLOCKED),
}
BY_CODE: dict[int, Verdict] = {
    421: Verdict(reason=Reason.RATE),
    422: Verdict(reason=Reason.MAILBOX_FULL),
    452: Verdict(reason=Reason.MAILBOX_FULL),
    521: Verdict(reason=Reason.BLOCKED),
    530: Verdict(reason=Reason.AUTHENTICATION),
    535: Verdict(reason=Reason.AUTHENTICATION),
    552: Verdict(reason=Reason.MAILBOX_FULL),
    553: Verdict(reason=Reason.UNKNOWN),
    554: Verdict(reason=Reason.BLOCKED),
    556: UNKNOWN_DOMAIN,
}

_NOUN = "(user|recipient|mailbox|address|account)"

# What servers write when their code says little; the first that matches counts, so the
# rules that spare an address stand before those that condemn it.
BY_TEXT: tuple[tuple[re.Pattern[str], Verdict], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), verdict)
    for pattern, verdict in (
        (r"\b(spf|dkim|dmarc)\b|unauthenticated", Verdict(reason=Reason.AUTHENTICATION)),
        (r"\bspam(my|ming|mer)?\b|junk mail|unsolicited", Verdict(reason=Reason.SPAM)),
        (
            r"block(ed|list)|black ?list|reputation|banned|listed (in|by|at)\b|denied by policy",
            Verdict(reason=Reason.BLOCKED),
        ),
        (
            r"(mail)?box (is )?(full|over)|over ?quota|quota exceeded|insufficient (disk|storage)",
            Verdict(reason=Reason.MAILBOX_FULL),
        ),
        (
            r"too (many|much|fast)|rate limit|grey ?list|try again later",
            Verdict(reason=Reason.RATE),
        ),
        (r"too (large|big)|size limit", Verdict(reason=Reason.TOO_LARGE)),
        (
            rf"{_NOUN} (has been |is |was )?(disabled|inactive|suspended|closed)",
            DISABLED,
        ),
        (
            rf"(no such|unknown|invalid|non-?existent) {_NOUN}|\bno mailbox\b",
            UNKNOWN_ADDRESS,
        ),
        (
            rf"{_NOUN}( [^ ]{{1,320}})? (is )?(unknown|not found|(does not|doesn.t) exist)",
            UNKNOWN_ADDRESS,
        ),
        (r"(host|domain)( name)? (not found|unknown|does not exist)", UNKNOWN_DOMAIN),
    )
)
# Codes too vague to overrule what the server wrote beside them.
VAGUE_STATUSES = frozenset({"0.0", "2.0", "3.0", "4.0", "5.0", "7.0", "7.1"})


def read_reply(code: int, lines: str, stage: Stage) -> Reply:
    """Return a server's reply: its code, its enhanced status (RFC 2034 §4), its words.

    Every line repeats the status; it is kept once. Controls, among them a NUL that a database
    would refuse and the escapes of a terminal, are shown as U+FFFD.
    """
    match = _STATUS.match(lines)
    status = match[1] if match else ""
    text = lines[match.end() :] if match else lines
    if "\n" in lines:
        status, text = _join_lines(lines)
    text = " ".join(text.split())[:LONGEST_TEXT]
    if not text.isprintable():
        text = "".join(letter if letter.isprintable() else "\ufffd" for letter in text)
    return Reply(code=code, status=status, text=text, stage=stage)


def _join_lines(lines: str) -> tuple[str, str]:
    rows = [(_STATUS.match(line), line) for line in lines.split("\n")]
    status = next((match[1] for match, _ in rows if match), "")
    words = (line[match.end() :] if match and match[1] == status else line for match, line in rows)
    return status, " ".join(words)


def classify(reply: Reply) -> Verdict:
    """Say why the server refused, and whether the address is dead.

    Only a 5yz that says so condemns an address: a bare 550 may as well refuse the sender
    (RFC 5321 §4.2.3 has it for both). A user who is unknown at RCPT is dead; the same words
    after the message's content come from a filter that has read it, and condemn nobody.
    """
    verdict = _look_up(reply)
    for_now = reply.code // 100 == 4 or reply.status.startswith("4")
    # RFC 3463 §3.8: X.7.Z is the receiver's policy, whatever words stand beside it.
    spared = for_now or reply.status[1:4] == ".7." or reply.stage is not Stage.RCPT
    if verdict.permanent and spared:
        return Verdict(reason=verdict.reason)
    return verdict


def _look_up(reply: Reply) -> Verdict:
    subject = reply.status.partition(".")[2]
    exact = BY_STATUS.get(subject)
    if exact is not None and subject not in VAGUE_STATUSES:
        return exact
    for pattern, verdict in BY_TEXT:
        if pattern.search(reply.text):
            return verdict
    broad = BY_STATUS_CLASS.get(subject.partition(".")[0])
    return exact or broad or BY_CODE.get(reply.code, Verdict(reason=Reason.UNKNOWN))

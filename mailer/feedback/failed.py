"""Which addresses a notice in words says have failed, by where in the text they stand.

Mail servers differ in their words and hardly in their layout: a failed address begins a line,
or stands in a transcript of the conversation, or follows a label. The surest place that is
found counts and the others are left; an address in any other place is never believed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from mailer.feedback.address import find_addresses
from mailer.feedback.mime import Part
from mailer.feedback.returned import Returned

# Beyond this a line is no line of a notice, and is cut.
LONGEST_LINE = 1_000
MOST_LINES = 500

_ADDRESS = r"[<\"']?[^\s<>()\[\],;:\"]{1,64}@[^\s<>()\[\],;:\"]{1,253}"
# A list's mark, a quotation's, or only space, and then the address.
_BEGINS = re.compile(rf"[ \t>*-]{{0,40}}({_ADDRESS})(.*)")
# What may follow an address that begins a line in the middle of a paragraph.
_TURN = re.compile(r"[>\"']?[ \t]*($|:|\.\.\.|[<\[(]| on \w)|>")
# An address and a colon with the reply after it says so even of our own address.
_REFUSED = re.compile(r"[>\"']?:\s*($|(Remote host said: )?[45]\d\d[ -])")
_ENDS_SENTENCE = re.compile(r"[:.;,)\]>-]\s*$|^\s*$")
# What was said to the server, and what the server or Sendmail answered about a recipient.
_SPOKEN = (
    re.compile(rf"\bRCPT TO:[ \t]{{0,4}}({_ADDRESS})", re.IGNORECASE),
    re.compile(rf"^[ \t<]{{0,12}}[45]\d\d[ -](?:[45]\.\d{{1,3}}\.\d{{1,3}} )?({_ADDRESS})"),
)
_NOUN = (
    r"(?:recipients?|users?|user ?id|mailbox|account|address(?:es|ed)?|destinataires?|empf.nger)"
)
_SENDING = (
    r"(?:deliver\w*|undeliver\w*|sen[dt]|sending|failed|failure|error|message|mail|e-?mail"
    r"|addressed|destined|forward|rejected|unreachable)"
)
# A label and the recipient; or words about mail, a few others, and whom the mail was to.
_LABELLED = (
    re.compile(
        rf"\b{_NOUN}(?:\(s\))?(?: \w{{1,12}})?[ \t]{{0,4}}[ \t:=][ \t]{{0,4}}({_ADDRESS})",
        re.IGNORECASE,
    ),
    re.compile(
        rf"\b{_SENDING}(?: [\w']{{1,12}}){{0,4}}?[ \t]{{0,4}}(?:to|for|at|an|à|a)?"
        rf"[ \t]{{0,4}}:?[ \t]{{1,8}}({_ADDRESS})",
        re.IGNORECASE,
    ),
)
_BRACKETED = re.compile(rf"\b(?:to|in|for|of) ({_ADDRESS}>)", re.IGNORECASE)
# An address that a sentence offers for questions has not failed.
_OFFERED = re.compile(
    r"please|contact|question|assist|\bhelp|support|inquir|complain|report(ed)? to|repl(y|ies)",
    re.IGNORECASE,
)
# Nobody subscribes with these: a notice names them as its author or for questions.
ROLES = frozenset(
    {"postmaster", "mailer-daemon", "mailerdaemon", "abuse", "noreply", "no-reply", "hostmaster"}
)
# Fields of the notice that name whom it is to, and who wrote it.
OWN_FIELDS = (
    *("to", "from", "reply-to", "sender", "return-path", "errors-to", "cc"),
    *("delivered-to", "x-original-to", "envelope-to", "x-apparently-to"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A notice in words, the header above it, and the copy of our message below it."""

    top: Part
    words: str
    returned: Returned


def find_failed(notice: Notice) -> list[str]:
    """Return the addresses that a notice says have failed, in order; often there are none."""
    lines = [line[:LONGEST_LINE] for line in notice.words.split("\n")[:MOST_LINES]]
    for find in PLACES:
        if found := _keep_foreign(find(lines), notice):
            return found
    return find_addresses("\n".join(_find_refused(lines))) or _find_in_copy(notice)


def find_listed(words: str) -> list[str]:
    """Return the addresses that a notice lists, at the beginning of lines, as having failed."""
    lines = [line[:LONGEST_LINE] for line in words.split("\n")[:MOST_LINES]]
    return find_addresses("\n".join(_find_begun(lines)))


def _find_begun(lines: list[str]) -> list[str]:
    """Return the addresses that begin a line, be it a paragraph or a list."""
    found, before, in_list = [], "", False
    for line in lines:
        match = _BEGINS.match(line)
        in_list = bool(
            match and (in_list or _ENDS_SENTENCE.search(before) or _TURN.match(match[2]))
        )
        if match and in_list:
            found.append(match[1])
        before = line
    return found


def _find_refused(lines: list[str]) -> list[str]:
    """Return the addresses that begin a line and go on with a colon and a refusal."""
    begun = [match for line in lines if (match := _BEGINS.match(line))]
    return [match[1] for match in begun if _REFUSED.match(match[2])]


def _find_spoken(lines: list[str]) -> list[str]:
    """Return the addresses in a transcript of the conversation with a server."""
    return [match[1] for line in lines for each in _SPOKEN if (match := each.search(line))]


def _find_labelled(lines: list[str]) -> list[str]:
    """Return the addresses that follow a label, or the words that mail to them failed."""
    return [
        match[1]
        for line in lines
        for each in _LABELLED
        for match in each.finditer(line)
        if not _OFFERED.search(line[: match.start(1)])
    ]


def _find_bracketed(lines: list[str]) -> list[str]:
    """Return the address in angle brackets, if the notice has but one."""
    found = [match[1] for line in lines for match in _BRACKETED.finditer(line)]
    return found if len(set(found)) == 1 else []


PLACES: tuple[Callable[[list[str]], list[str]], ...] = (
    _find_begun,
    _find_spoken,
    _find_labelled,
    _find_bracketed,
)


def _keep_foreign(found: Iterable[str], notice: Notice) -> list[str]:
    """Return the addresses that are neither ours nor the notice's author, each once."""
    addresses = find_addresses("\n".join(found))
    own = {each.lower() for name in OWN_FIELDS for each in find_addresses(notice.top.get(name))}
    ours = notice.returned.senders | own
    written_to = {each.lower() for each in notice.returned.recipients} - ours
    kept: dict[str, str] = {}
    for each in addresses:
        role = each.partition("@")[0].lower() in ROLES
        if each.lower() in written_to or not (role or each.lower() in ours):
            kept.setdefault(each.lower(), each)
    return list(kept.values())


def _find_in_copy(notice: Notice) -> list[str]:
    """Return the address that the copy was written to, if it is one alone."""
    only = notice.returned.only_recipient
    return [only] if only and only.lower() not in notice.returned.senders else []

"""The part of a bounce that is written for people."""

from __future__ import annotations

import html
import re
import textwrap
from collections.abc import Iterable

from mailer.feedback.classify import find_code, find_status
from mailer.feedback.mime import Mail
from mailer.feedback.returned import is_copy

# A notice is a page; what is longer is the copy of a message.
LONGEST_NOTICE = 20_000
LONGEST_MARKUP = 100_000
_TAG = re.compile(r"<(?:style|script)\b[^<]{0,50000}|</?[a-z!][^<>]{0,2000}>|&nbsp;", re.IGNORECASE)
_BLANK_LINE = re.compile(r"\n[ \t]*\n")
_SPOKEN = re.compile(r"[45]\d\d[ -](?:[45]\.\d{1,3}\.\d{1,3} )?<")
# Where the notice ends and the copy of our message begins, in the words of many servers: a
# ruled line, or one that the header of a message follows.
_MENTION = re.compile(
    r"copy|original|returned|unsent|undelivered|header|^return-path:|^received:", re.MULTILINE
)
_RULED = re.compile(r"[ \t>]{0,40}-{2}")
_HEADER_BELOW = re.compile(r"\s{0,20}(?:From |[A-Z][A-Za-z-]{1,40}:[ \t<])")
LONGEST_MENTION = 160
# Words that tell of a failure, without which no text is a bounce.
_FAILURE = re.compile(
    r"undeliver|(not|n.t|cannot|unable|fail\w*|error\w*|problems?|impossible|refuse\w*|reject\w*)\b"
    r"[^\n]{0,60}\b(deliver|reach|accept|recipient|send|sent|address|host)"
    r"|deliver[^\n]{0,60}\b(fail|delay|error|problem|unable|not\b)"
    r"|returned (mail|to sender|message)"
    r"|(user|mailbox|recipient|address|host)[^\n]{0,40}(unknown|not|full|rejected|invalid|exceed)"
    r"|(unknown|invalid) (user|recipient|address)|送信できません|配信|duplicated message",
    re.IGNORECASE,
)


def read_notice(mail: Mail) -> str:
    """Return the text that stands in a mail: the plain one, or what HTML says without its tags."""
    texts = [part for part in mail.of_kind("text/plain") if not is_copy(mail, part)]
    plain = "\n\n".join(part.text() for part in texts)[:LONGEST_NOTICE]
    if plain.strip():
        return plain
    marked = "\n\n".join(part.text() for part in mail.of_kind("text/html"))
    return html.unescape(_TAG.sub("\n", marked[:LONGEST_MARKUP]))[:LONGEST_NOTICE]


def find_told(notice: str, recipient: str, others: Iterable[str] = ()) -> str:
    """Return what a notice tells of a recipient: from its first mention to that of another."""
    lowered = notice.lower()
    start = lowered.find(recipient.lower()) if recipient else -1
    if start < 0:
        return ""
    after = start + len(recipient)
    starts = (lowered.find(other.lower(), after) for other in others if other != recipient)
    return notice[start : min((each for each in starts if each >= 0), default=None)]


def find_spoken(notice: str, recipient: str, others: Iterable[str]) -> str:
    """Return what a transcript says of a recipient; nothing where it stands in none.

    There the conversation comes first and the recipient whom it was about closes it.
    """
    lines = notice.lower().split("\n")
    name = recipient.lower()
    closing = [n for n, line in enumerate(lines) if name in line and _SPOKEN.match(line)]
    if not closing:
        return ""
    rest = [other.lower() for other in others if other.lower() != name]
    before = [
        n for n, line in enumerate(lines[: closing[-1]]) if any(other in line for other in rest)
    ]
    start = max(before, default=-1) + 1
    return "\n".join(notice.split("\n")[start : closing[-1] + 1])


def cut_copy(text: str) -> tuple[str, str]:
    """Return a notice's words, and the copy of our message below them if there is one."""
    lowered = text.lower()
    for mention in _MENTION.finditer(lowered):
        start = lowered.rfind("\n", 0, mention.start()) + 1
        if mention[0].endswith(":"):
            return text[:start], text[start:]
        end = lowered.find("\n", start)
        line, below = text[start:end], text[end + 1 :]
        if end < 0 or len(line) > LONGEST_MENTION:
            continue
        if _RULED.match(line) or _HEADER_BELOW.match(below):
            return text[:start], textwrap.dedent(below.lstrip("\n"))
    return text, ""


def tells_failure(text: str) -> bool:
    """Tell whether a text says, by a status, a reply's code or in words, that mail failed."""
    return bool(find_status("", text) or find_code(text) or _FAILURE.search(text))


def first_paragraph(text: str) -> str:
    """Return a text up to its first empty line."""
    return _BLANK_LINE.split(text, 1)[0].strip()

"""The header of a bulletin: who sends it, to which list, and how to leave.

Values that are the same for every reader are encoded and folded once; what differs is a slot.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from email.header import Header
from email.utils import format_datetime

from mailer.errors import MessageError

LINE_OCTETS = 76  # RFC 2047 §2: no line of a header with an encoded word is longer
MOST_FEEDBACK_FIELDS = 4  # what mailbox providers read of Feedback-ID
_CONTROLS = re.compile(r"[\x00-\x1f\x7f\u0085\u2028\u2029]")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~ ]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageHeaders:
    """What the header says to every reader alike.

    ``list_archive`` and ``list_help`` are URIs; ``feedback_id`` has at most four fields, from
    the mailing to the sender; ``date`` is aware.
    """

    from_name: str
    from_address: str
    list_id: str
    list_name: str
    list_archive: str
    list_help: str
    feedback_id: tuple[str, ...]
    date: dt.datetime
    reply_to: str = ""


def format_address(name: str, email: str) -> str:
    """Return ``name <email>`` as a header wants it (RFC 5322 §3.4, RFC 2047 §5), folded.

    An address with a non-ASCII local part stays as it is: it travels only where SMTPUTF8 is
    offered (RFC 6532 §3.2). Raises MessageError for an address that would end its line.
    """
    refuse_controls("address", email)
    if re.search(r"[\s<>,;]", email):
        raise MessageError(f"The address {email!r} has characters that no address has.")
    refuse_controls("name", name)
    if not name.strip():
        return email
    phrase = _phrase(name.strip())
    joint = " " if len(phrase.rpartition("\n")[2]) + len(email) < LINE_OCTETS - 8 else "\r\n "
    return f"{phrase}{joint}<{email}>"


def _phrase(name: str) -> str:
    if not name.isascii() or "=?" in name or len(name) > LINE_OCTETS - 16:
        return encode_words(name, first_line=LINE_OCTETS - 16)
    if _ATOMS.fullmatch(name):
        return name
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def refuse_controls(what: str, value: str) -> None:
    """Raise MessageError if the value could end a header's line."""
    if _CONTROLS.search(value):
        raise MessageError(f"The {what} {value[:80]!r} has a line break or control character.")


def encode_words(text: str, *, first_line: int = LINE_OCTETS) -> str:
    """Return text as encoded words (RFC 2047), folded with CRLF."""
    header = Header(text, "utf-8", maxlinelen=LINE_OCTETS, header_name="x" * (76 - first_line))
    return header.encode(linesep="\r\n")


def encode_subject(subject: str) -> str:
    """Return a subject for its header; a plain one stays plain. Raises MessageError."""
    refuse_controls("subject", subject)
    if subject.isascii() and "=?" not in subject and len(subject) <= LINE_OCTETS - 10:
        return subject
    return encode_words(subject, first_line=LINE_OCTETS - 10)


def write_headers(headers: MessageHeaders, *, subject: str, language: str) -> list[str]:
    """Return the header's lines that are the same for everybody, each folded, without CRLF."""
    for what in ("list_id", "list_name", "list_archive", "list_help", "reply_to"):
        refuse_controls(what, getattr(headers, what))
    if len(headers.feedback_id) > MOST_FEEDBACK_FIELDS:
        raise MessageError(f"Feedback-ID has more than {MOST_FEEDBACK_FIELDS} fields.")
    feedback_id = ":".join(field.replace(":", "-") for field in headers.feedback_id)
    refuse_controls("feedback_id", feedback_id)
    lines = [
        f"From: {format_address(headers.from_name, headers.from_address)}",
        f"Subject: {encode_subject(subject)}",
        f"Date: {format_datetime(headers.date)}",
        f"List-Id: {_phrase(headers.list_name)}\r\n <{headers.list_id}>",  # RFC 2919 §3
        f"List-Help: <{headers.list_help}>",  # RFC 2369 §3.1
        f"List-Archive: <{headers.list_archive}>",  # RFC 2369 §3.6
        f"Feedback-ID: {feedback_id}",
        "Precedence: bulk",
        f"Content-Language: {language}",
        "MIME-Version: 1.0",
    ]
    if headers.reply_to:
        lines.insert(1, f"Reply-To: {format_address('', headers.reply_to)}")
    return lines

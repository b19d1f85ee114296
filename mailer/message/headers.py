"""The header of a bulletin: who sends it, to which list, and how to leave.

Values that are the same for every reader are encoded and folded once; what differs is a slot.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass
from email.utils import format_datetime

import idna

from mailer.errors import MessageError
from mailer.message.words import encode_words, fold_plain, is_plain, refuse_controls

LONGEST_ADDRESS = 320  # RFC 5321 §4.5.3.1.1 and .2: 64 before the @, 255 after it
# Up to this length no label of a domain can be longer than the 63 that the DNS allows.
LONGEST_PLAIN = 63
LONGEST_BESIDE_NAME = 34  # with a plain name of 32 and "From: ", within 76
MOST_FEEDBACK_FIELDS = 4  # what mailbox providers read of Feedback-ID

_PHRASE = re.compile(r"[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~ ]+")
_ATEXT = r"[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~\u00a1-\U0010ffff]+"
# Dots where RFC 5322 §3.4.1 wants none are tolerated inside: some old mailboxes have two in a row.
_LOCAL_PART = re.compile(rf'{_ATEXT}(\.+{_ATEXT})*|"([!#-\[\]-~]|\\[!-~])*"')
_LABEL = r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_DOMAIN = re.compile(rf"{_LABEL}(\.{_LABEL})*|\[[0-9A-Fa-fIPv.:]+\]")
# An address as nearly all are, which needs nothing done to it.
_PLAIN_ADDRESS = re.compile(
    r"[A-Za-z0-9_+-]{1,64}(?:\.[A-Za-z0-9_+-]{1,64})*@[A-Za-z0-9]+(?:[.-][A-Za-z0-9]+)*"
)
_PLAIN_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 -]{0,30}[A-Za-z0-9])?")
_URI = re.compile(r"(https?|mailto):[!#-;=?-~]+")  # RFC 3986, less what ends <…>
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")  # BCP 47


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


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterHeaders:
    """What the header of a letter to one person says, beside its subject and language.

    ``list_id`` and ``list_name`` are empty unless the letter belongs to a list.
    """

    from_name: str
    from_address: str
    date: dt.datetime
    reply_to: str = ""
    list_id: str = ""
    list_name: str = ""


def format_address(name: str, email: str) -> str:
    """Return ``name <email>`` as a header wants it (RFC 5322 §3.4, RFC 2047 §5), folded.

    The domain is written in ASCII. A local part beyond ASCII stays as it is: no encoding of it
    exists, and it travels only where SMTPUTF8 is offered (RFC 6532 §3.2). Raises MessageError
    for what is no address and for a name that would end its line.
    """
    address = _ascii_domain(email)
    if len(address) <= LONGEST_BESIDE_NAME and _PLAIN_NAME.fullmatch(name):
        return f"{name} <{address}>"
    refuse_controls("name", name)
    words = name.strip()
    if not words:
        return address
    phrase = _phrase(words)
    fits = len(phrase.rpartition("\n")[2]) + len(address) <= 66  # with "From: ", within 76
    joint = " " if fits else "\r\n "
    return f"{phrase}{joint}<{address}>"


def write_headers(headers: MessageHeaders, *, subject: str, language: str) -> list[str]:
    """Return the header's lines that are the same for everybody, each folded, without CRLF.

    Raises MessageError for a value that its header can't hold.
    """
    _check(headers, language)
    reply_to = [f"Reply-To: {format_address('', headers.reply_to)}"] if headers.reply_to else []
    return [
        f"From: {format_address(headers.from_name, headers.from_address)}",
        *reply_to,
        f"Subject: {_encode_subject(subject)}",
        f"Date: {format_datetime(headers.date)}",
        f"List-Id: {_phrase(headers.list_name)}\r\n <{headers.list_id}>",  # RFC 2919 §3
        f"List-Help: <{headers.list_help}>",  # RFC 2369 §3.1
        f"List-Archive: <{headers.list_archive}>",  # RFC 2369 §3.6
        f"Feedback-ID: {_join_feedback_id(headers.feedback_id)}",
        "Precedence: bulk",
        f"Content-Language: {language}",
        "MIME-Version: 1.0",
    ]


def write_letter_headers(headers: LetterHeaders, *, subject: str, language: str) -> list[str]:
    """Return the lines of a letter's header, each folded, without CRLF.

    A program that answers mails by itself leaves it alone (RFC 3834 §5). Raises MessageError
    for a value that its header can't hold.
    """
    refuse_controls("list name", headers.list_name)
    values = [("Content-Language", language, _LANGUAGE)]
    belongs = []
    if headers.list_id:
        values.append(("List-Id", headers.list_id, _DOMAIN))
        belongs = [f"List-Id: {_phrase(headers.list_name)}\r\n <{headers.list_id}>"]
    _check_values(values)
    _check_sender(headers)
    reply_to = [f"Reply-To: {format_address('', headers.reply_to)}"] if headers.reply_to else []
    return [
        f"From: {format_address(headers.from_name, headers.from_address)}",
        *reply_to,
        f"Subject: {_encode_subject(subject)}",
        f"Date: {format_datetime(headers.date)}",
        *belongs,
        "Auto-Submitted: auto-generated",
        f"Content-Language: {language}",
        "MIME-Version: 1.0",
    ]


def _check(headers: MessageHeaders, language: str) -> None:
    refuse_controls("list name", headers.list_name)
    _check_values(
        [
            ("List-Id", headers.list_id, _DOMAIN),
            ("List-Help", headers.list_help, _URI),
            ("List-Archive", headers.list_archive, _URI),
            ("Content-Language", language, _LANGUAGE),
        ]
    )
    _check_sender(headers)


def _check_values(values: Iterable[tuple[str, str, re.Pattern[str]]]) -> None:
    for what, value, form in values:
        if not form.fullmatch(value) or len(value) > 900:
            raise MessageError(f"{value[:80]!r} is no value for {what}.")


def _check_sender(headers: MessageHeaders | LetterHeaders) -> None:
    for address in filter(None, (headers.from_address, headers.reply_to)):
        if not address.rpartition("@")[0].isascii():
            # It would ask SMTPUTF8 of every reader's server.
            raise MessageError(f"The sender's address {address!r} must be ASCII before its @.")
    if headers.date.tzinfo is None:
        raise MessageError("The message's date has no time zone (RFC 5322 §3.3).")


def _join_feedback_id(fields: tuple[str, ...]) -> str:
    """Return the fields between colons; a colon or other foreign character becomes a hyphen."""
    if not 0 < len(fields) <= MOST_FEEDBACK_FIELDS:
        raise MessageError(f"Feedback-ID has 1 to {MOST_FEEDBACK_FIELDS} fields.")
    return ":".join(re.sub(r"[^A-Za-z0-9._@-]+", "-", field)[:64] for field in fields)


def _encode_subject(subject: str) -> str:
    """Return a subject for its header, folded; a plain one stays plain (RFC 5322 §2.2.3)."""
    refuse_controls("subject", subject)
    words = subject.strip()
    if not words:
        raise MessageError("The message has no subject.")
    if is_plain(words):
        return words
    return fold_plain(words) or encode_words(words)


def _phrase(name: str) -> str:
    if not is_plain(name):
        return encode_words(name)
    if _PHRASE.fullmatch(name):
        return name
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _ascii_domain(email: str) -> str:
    """Return an address with its domain in ASCII (IDNA). Raises MessageError if it is none."""
    if len(email) <= LONGEST_PLAIN and _PLAIN_ADDRESS.fullmatch(email):
        return email
    refuse_controls("address", email)
    local, _, domain = email.rpartition("@")
    if len(email) > LONGEST_ADDRESS or re.search(r"\s", email):
        raise MessageError(f"{email[:80]!r} is no address.")
    try:
        ascii_domain = domain if domain.isascii() else idna.encode(domain, uts46=True).decode()
    except idna.IDNAError as error:
        raise MessageError(f"The address {email[:80]!r} has no domain: {error}") from error
    if not _LOCAL_PART.fullmatch(local) or not _DOMAIN.fullmatch(ascii_domain):
        raise MessageError(f"{email[:80]!r} is no address.")
    return f"{local}@{ascii_domain}"

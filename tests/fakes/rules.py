"""A linter of delivered messages, written against the rules of bulk mail, not our code.

It reads a message as a stranger would: raw octets, then the standard library's parser. Each
finding is a sentence with the clause that asks for it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from html import unescape
from urllib.parse import urlsplit

# RFC 5322 §3.6, RFC 2045 §4, RFC 2369, RFC 2919, RFC 8058: each of these stands once.
ONCE = (
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "MIME-Version",
    "Content-Type",
    "Content-Language",
    "List-Id",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "List-Help",
    "List-Archive",
    "Feedback-ID",
    "Precedence",
)
AT_MOST_ONCE = ("Reply-To", "Sender", "Cc")
# Headers that only later servers write, that tell readers of one another, or that say that
# nobody wrote this (RFC 3834 §5 is for answers and notices).
NEVER = ("Bcc", "Return-Path", "Received", "Auto-Submitted")
LOOPBACK_HOSTS = ("127.0.0.1", "localhost")
LARGEST_HTML = 102 * 1024  # where Gmail clips
WORD = re.compile(rb"=\?[^?\s]*\?[bqBQ]\?[^?]*\?=")
ADDRESS = r"[^<>@\s\"]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+"
# Whatever a template language or our own slots leave behind when nobody filled them.
LEFTOVER = re.compile(r"MHSLOT|TOLSHM|\{\{|\}\}|\{%|%\}|\$\{|\*\|[A-Z]")


@dataclass(frozen=True)
class Delivered:
    """A message as it arrived, and what is known of its journey."""

    raw: bytes
    head: bytes
    message: EmailMessage
    sender: str | None
    recipient: str | None
    http_hosts: tuple[str, ...]

    def value(self, name: str) -> str:
        return str(self.message.get(name, "")).strip()


def lint(
    raw: bytes,
    *,
    sender: str | None = None,
    recipient: str | None = None,
    allow_http_hosts: tuple[str, ...] = LOOPBACK_HOSTS,
) -> list[str]:
    """Return what a message does wrong, a sentence each.

    ``allow_http_hosts`` may be reached without TLS, as no certificate can be had for them.
    """
    message = message_from_bytes(raw, policy=policy.SMTP)
    assert isinstance(message, EmailMessage)
    head = raw.partition(b"\r\n\r\n")[0]
    delivered = Delivered(raw, head, message, sender, recipient, allow_http_hosts)
    return [finding for rule in RULES for finding in rule(delivered)]


def check_lines(it: Delivered) -> Iterator[str]:
    if re.search(rb"(?<!\r)\n|\r(?!\n)", it.raw):
        yield "A line does not end in CRLF (RFC 5322 §2.3)."
    if not it.raw.endswith(b"\r\n"):
        yield "The last line does not end (RFC 5321 §4.1.1.4)."
    if any(len(line) > 998 for line in it.raw.split(b"\r\n")):
        yield "A line has more than 998 octets (RFC 5322 §2.1.1)."
    if not it.raw.isascii():
        yield "There are octets above 127 without 8BITMIME (RFC 5321 §2.4)."
    if b"\0" in it.raw:
        yield "There is a NUL (RFC 5322 §4)."


def check_header_lines(it: Delivered) -> Iterator[str]:
    lines = it.head.split(b"\r\n")
    if any(not re.fullmatch(rb"[!-9;-~]+: .*|[ \t]+\S.*", line) for line in lines):
        yield "A line of the header is neither a field nor folded (RFC 5322 §2.2)."
    if any(len(word) > 75 for line in lines for word in WORD.findall(line)):
        yield "An encoded word is longer than 75 (RFC 2047 §2)."
    if any(len(line) > 76 and WORD.search(line) for line in lines):
        yield "A line with an encoded word is longer than 76 (RFC 2047 §2)."


def check_counts(it: Delivered) -> Iterator[str]:
    for name in ONCE:
        count = len(it.message.get_all(name, []))
        if count != 1:
            yield f"{name} stands {count} times, not once (RFC 5322 §3.6)."
    for name in AT_MOST_ONCE:
        if len(it.message.get_all(name, [])) > 1:
            yield f"{name} stands more than once (RFC 5322 §3.6)."
    for name in NEVER:
        if name in it.message:
            yield f"{name} does not belong in a bulletin that leaves (RFC 5322 §3.6, RFC 3834 §5)."


def check_people(it: Delivered) -> Iterator[str]:
    if not re.fullmatch(rf".*<{ADDRESS}>|{ADDRESS}", it.value("From")):
        yield "From is not one address with a domain (RFC 5322 §3.6.2)."
    if it.recipient is not None and it.recipient.lower() not in it.value("To").lower():
        yield "To does not name the recipient."
    if it.sender is not None and not re.fullmatch(r"b-[0-9a-f]{32}@[\w.-]+", it.sender):
        yield "The envelope sender is not the delivery's own (VERP)."
    if not it.value("Subject"):
        yield "The subject is empty."


def check_identity(it: Delivered) -> Iterator[str]:
    if not re.fullmatch(r"<[^<>@\s]+@[\w.-]+>", it.value("Message-ID")):
        yield "Message-ID is not <left@right> (RFC 5322 §3.6.4)."
    try:
        date = parsedate_to_datetime(it.value("Date"))
    except ValueError:
        yield "Date is no date (RFC 5322 §3.3)."
    else:
        if date.tzinfo is None:
            yield "Date has no zone (RFC 5322 §3.3)."
    if it.value("MIME-Version") != "1.0":
        yield "MIME-Version is not 1.0 (RFC 2045 §4)."


def check_list(it: Delivered) -> Iterator[str]:
    if not re.search(r"<[\w-]+(\.[\w-]+)+>$", it.value("List-Id")):
        yield "List-Id does not end in <name.domain> (RFC 2919 §3)."
    for name in ("List-Help", "List-Archive"):
        if not re.fullmatch(r"<(https?://[^\s<>/]+|mailto:[^\s<>@]+@)[^\s<>]*>", it.value(name)):
            yield f"{name} is not one URI between angle brackets (RFC 2369 §2)."
    if not re.fullmatch(r"[^:\s]*(:[^:\s]*){0,3}", it.value("Feedback-ID")):
        yield "Feedback-ID has more than four fields, or white space."
    if it.value("Precedence") != "bulk":
        yield "Precedence is not bulk (RFC 3834 §2 keeps answering machines quiet by it)."
    if not re.fullmatch(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*", it.value("Content-Language")):
        yield "Content-Language is no language tag (RFC 3282 §2)."


def check_leaving(it: Delivered) -> Iterator[str]:
    form = re.fullmatch(r"<([^\s<>]+)>,\s*<([^\s<>]+)>", it.value("List-Unsubscribe"))
    uris = form.groups() if form else ()
    web = [uri for uri in uris if uri.startswith(("http://", "https://"))]
    if len(web) != 1 or not re.search(rf"<mailto:{ADDRESS}\b", it.value("List-Unsubscribe")):
        yield "List-Unsubscribe is not one web address and one mailto (RFC 8058 §3.1)."
        return
    parts = urlsplit(web[0])
    if parts.scheme != "https" and parts.hostname not in it.http_hosts:
        yield "The one-click address is not HTTPS (RFC 8058 §3.1)."
    if it.value("List-Unsubscribe-Post") != "List-Unsubscribe=One-Click":
        yield "List-Unsubscribe-Post has another value (RFC 8058 §3.2)."
    for kind in ("plain", "html"):
        part = it.message.get_body((kind,))
        if part is None or web[0] not in unescape(part.get_content()):
            yield f"The {kind} part has no link to unsubscribe."


def check_structure(it: Delivered) -> Iterator[str]:
    if it.message.get_content_type() != "multipart/alternative":
        yield "The message is not multipart/alternative (RFC 2046 §5.1.4)."
    kinds = [part.get_content_type() for part in it.message.iter_parts()]
    if kinds not in (["text/plain", "text/html"], ["text/plain", "multipart/related"]):
        yield "The parts are not text and HTML, in that order (RFC 2046 §5.1.4)."
    if any(part.defects for part in it.message.walk()):
        yield "A reader of MIME stumbles over it (RFC 2045, RFC 2046)."


def check_parts(it: Delivered) -> Iterator[str]:
    for name, part in text_parts(it):
        if part.get_content_charset() != "utf-8":
            yield f"The {name} part does not say that it is UTF-8 (RFC 2046 §4.1.2)."
        if str(part["Content-Transfer-Encoding"]) != "quoted-printable":
            yield f"The {name} part is not quoted-printable (RFC 2045 §6)."
        if not part.get_content().strip():
            yield f"The {name} part is empty."


def check_encoding(it: Delivered) -> Iterator[str]:
    for name, part in text_parts(it):
        encoded = str(part.get_payload())
        if any(len(line) > 76 for line in encoded.splitlines()):
            yield f"The {name} part has a line of more than 76 (RFC 2045 §6.7)."
        if re.search(r"^(\.|From )", encoded, re.MULTILINE):
            yield f"The {name} part has a line that servers change (RFC 5321 §4.5.2)."
        if name == "html" and len(encoded) > LARGEST_HTML:
            yield "The HTML is larger than 102 KB encoded, where Gmail clips."


def text_parts(it: Delivered) -> Iterator[tuple[str, EmailMessage]]:
    """Yield each part of text with its subtype."""
    for part in it.message.walk():
        if part.get_content_maintype() == "text":
            assert isinstance(part, EmailMessage)
            yield part.get_content_subtype(), part


def check_leftovers(it: Delivered) -> Iterator[str]:
    texts = [str(value) for value in it.message.values()]
    texts += [part.get_content() for _, part in text_parts(it)]
    if any(LEFTOVER.search(text) for text in texts):
        yield "A placeholder was left unfilled."


RULES: tuple[Callable[[Delivered], Iterator[str]], ...] = (
    check_lines,
    check_header_lines,
    check_counts,
    check_people,
    check_identity,
    check_list,
    check_leaving,
    check_structure,
    check_parts,
    check_encoding,
    check_leftovers,
)

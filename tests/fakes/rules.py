"""A linter of delivered messages, written against the rules of bulk mail, not our code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from urllib.parse import urlsplit

# RFC 5322 §3.6, RFC 2369, RFC 2919, RFC 8058: each of these stands once.
SINGLETONS = (
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "MIME-Version",
    "Content-Type",
    "List-Id",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "List-Help",
    "List-Archive",
    "Feedback-ID",
    "Precedence",
)
LOOPBACK = {"127.0.0.1", "localhost"}
LARGEST_HTML = 102 * 1024  # where Gmail clips


def lint(raw: bytes, *, sender: str | None = None, recipient: str | None = None) -> list[str]:
    """Return what a message does wrong, a sentence each."""
    message = message_from_bytes(raw, policy=policy.SMTP)
    assert isinstance(message, EmailMessage)
    findings = [*_lines(raw), *_headers(raw, message), *_values(message)]
    findings += [*_leaving(message), *_bodies(message)]
    if sender is not None and not re.fullmatch(r"b-[a-z2-7]{26}@[\w.-]+", sender):
        findings.append("the envelope sender is not the delivery's own (VERP)")
    if recipient is not None and recipient not in str(message["To"]):
        findings.append("To does not name the recipient")
    return findings


def _lines(raw: bytes) -> Iterator[str]:
    if re.search(rb"(?<!\r)\n|\r(?!\n)", raw):
        yield "a line does not end in CRLF (RFC 5322 §2.3)"
    if any(len(line) > 998 for line in raw.split(b"\r\n")):
        yield "a line has more than 998 octets (RFC 5322 §2.1.1)"
    if not raw.isascii():
        yield "there are octets above 127 without 8BITMIME (RFC 5321 §2.4)"
    if b"\0" in raw:
        yield "there is a NUL (RFC 5321 §4.5.2)"


def _headers(raw: bytes, message: EmailMessage) -> Iterator[str]:
    for name in SINGLETONS:
        count = len(message.get_all(name, []))
        if count != 1:
            yield f"{name} stands {count} times (RFC 5322 §3.6)"
    head = raw.partition(b"\r\n\r\n")[0]
    for word in re.findall(rb"=\?[^?]*\?[bqBQ]\?[^?]*\?=", head):
        if len(word) > 75:
            yield "an encoded word is longer than 75 (RFC 2047 §2)"


def _values(message: EmailMessage) -> Iterator[str]:
    if not re.fullmatch(r"<[^<>@\s]+@[\w.-]+>", str(message["Message-ID"]).strip()):
        yield "Message-ID has no form (RFC 5322 §3.6.4)"
    if not re.search(r"<[\w-]+(\.[\w-]+)+>\s*$", str(message["List-Id"])):
        yield "List-Id has no form (RFC 2919 §3)"
    if str(message["Feedback-ID"]).count(":") > 3:
        yield "Feedback-ID has more than four fields"
    if str(message["Precedence"]) != "bulk":
        yield "Precedence is not bulk"
    if message["Date"] is None or message["Date"].datetime.tzinfo is None:
        yield "Date has no zone (RFC 5322 §3.3)"


def _leaving(message: EmailMessage) -> Iterator[str]:
    uris = re.findall(r"<([^<>]+)>", str(message["List-Unsubscribe"]))
    web = [uri for uri in uris if uri.startswith(("http://", "https://"))]
    if len(web) != 1 or sum(uri.startswith("mailto:") for uri in uris) != 1:
        yield "List-Unsubscribe is not one web address and one mailto (RFC 8058 §3.1)"
        return
    if urlsplit(web[0]).scheme != "https" and urlsplit(web[0]).hostname not in LOOPBACK:
        yield "the one-click address is not HTTPS (RFC 8058 §3.1)"
    if str(message["List-Unsubscribe-Post"]) != "List-Unsubscribe=One-Click":
        yield "List-Unsubscribe-Post has another value (RFC 8058 §3.2)"
    for kind in ("plain", "html"):
        part = message.get_body((kind,))
        if part is not None and web[0] not in part.get_content().replace("&amp;", "&"):
            yield f"the {kind} part has no link to unsubscribe"


def _bodies(message: EmailMessage) -> Iterator[str]:
    if message.get_content_type() != "multipart/alternative":
        yield "the message is not multipart/alternative (RFC 2046 §5.1.4)"
    kinds = [part.get_content_type() for part in message.iter_parts()]
    if kinds[:1] != ["text/plain"] or kinds[-1:] != ["text/html"]:
        yield "the parts are not text and HTML, in that order"
        return
    for part in message.iter_parts():
        assert isinstance(part, EmailMessage)
        text = part.get_content()
        if part.get_content_charset() != "utf-8":
            yield "a part's charset is not UTF-8"
        if not text.strip():
            yield "a part is empty"
        if re.search(r"MHSLOT|TOLSHM|\{\{|\{%", text):
            yield "a placeholder was left unfilled"
        if part.get_content_subtype() == "html" and len(part.as_bytes()) > LARGEST_HTML:
            yield "the HTML is larger than 102 KB encoded"

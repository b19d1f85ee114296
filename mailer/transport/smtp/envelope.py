"""What can be known of a message before a server is asked: can it take it at all?"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import idna

from mailer.transport.smtp.content import ContentChecker
from mailer.types import OutgoingMessage, Reply, Stage

# What would end an address, its command, or its line (RFC 5321 §4.1.2, §2.3.8), and half
# surrogates, which no encoding says.
_UNSAFE = re.compile(r"[\x00-\x20\x7f-\xa0<>\u2028\u2029\ud800-\udfff]")
# An address as nearly all are, so that one look suffices.
_PLAIN = re.compile(r"[!#-;=?A-Z^-~]{1,64}@[A-Za-z0-9.-]{1,189}")
_SIZE = re.compile(r"[0-9]{1,20}")  # RFC 1870 §4
LONGEST_ADDRESS = 254  # RFC 5321 §4.5.3.1.3, less the angle brackets


@dataclass(slots=True, kw_only=True, eq=False)
class Letter:
    """A message that can be sent, as commands need it, and how far it has come on its way.

    ``end`` counts the connection's octets up to the very last one of the content, the final
    dot's; it is 0 until the content is written. A letter that is ``decided`` has its
    outcome; one that is ``withdrawn`` gets none, and no content of it may leave.
    """

    message: OutgoingMessage
    sender: str
    recipient: str
    size: int
    needs_utf8: bool
    is_ascii: bool
    stuffed: bool
    end: int = 0
    decided: bool = False
    withdrawn: bool = False
    refused_at: Stage | None = None


def prepare(message: OutgoingMessage, checker: ContentChecker) -> Letter | Reply:
    """Return a message ready for any server, or why it can never be sent."""
    recipient = _prepare_recipient(message)
    if isinstance(recipient, Reply):
        return recipient
    summary = checker.check(message.content)
    if summary.fault:
        return _refuse(554, "5.6.0", summary.fault)
    return Letter(
        message=message,
        sender=message.sender,
        recipient=recipient,
        size=summary.size,
        needs_utf8=not (message.sender + recipient).isascii(),
        is_ascii=summary.ascii,
        stuffed=summary.stuffed,
    )


def _prepare_recipient(message: OutgoingMessage) -> str | Reply:
    """Return the recipient's address with its domain in ASCII (IDNA), as envelopes carry it."""
    for address in (message.sender, message.recipient):
        if _PLAIN.fullmatch(address):
            continue
        local, _, domain = address.rpartition("@")
        if _UNSAFE.search(address) or not local or not domain or len(address) > LONGEST_ADDRESS:
            return _refuse(553, "5.1.3", f"{address[:80]!r} is no address")
    local, _, domain = message.recipient.rpartition("@")
    if domain.isascii():
        return message.recipient
    try:
        return f"{local}@{idna.encode(domain, uts46=True).decode()}"
    except UnicodeError as error:
        return _refuse(553, "5.1.3", f"{message.recipient[:80]!r} has no valid domain: {error}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a server's extensions let a message be; ``most_octets`` is 0 where any size goes."""

    takes_size: bool
    most_octets: int
    takes_8bit: bool
    takes_utf8: bool

    @classmethod
    def of(cls, features: Mapping[str, str]) -> Limits:
        """Read them once from what the server offered."""
        size = features.get("size", "")  # RFC 1870 §4: none, or 0, is no limit
        return cls(
            takes_size="size" in features,
            most_octets=int(size) if _SIZE.fullmatch(size) else 0,
            takes_8bit="8bitmime" in features,
            takes_utf8="smtputf8" in features,
        )


def check_limits(limits: Limits, letter: Letter) -> Reply | None:
    """Return the refusal that a server with these limits would have to give, if any."""
    if 0 < limits.most_octets < letter.size:
        octets = limits.most_octets
        return _refuse(552, "5.3.4", f"the message is larger than the server's {octets} octets")
    if letter.needs_utf8 and not limits.takes_utf8:  # RFC 6531 §3.2
        return _refuse(553, "5.6.7", "the server takes no address that is not ASCII (SMTPUTF8)")
    if not letter.is_ascii and not limits.takes_8bit:  # RFC 6152 §3
        return _refuse(554, "5.6.3", "the server takes no content that is not ASCII (8BITMIME)")
    return None


def write_mail(limits: Limits, letter: Letter) -> str:
    """Return the MAIL command, with the parameters that the server and the message call for."""
    size = f" SIZE={letter.size}" if limits.takes_size else ""  # RFC 1870 §3
    body = "" if letter.is_ascii else " BODY=8BITMIME"  # RFC 6152 §2
    utf8 = " SMTPUTF8" if letter.needs_utf8 else ""  # RFC 6531 §3.4
    return f"MAIL FROM:<{letter.sender}>{size}{body}{utf8}"


def _refuse(code: int, status: str, text: str) -> Reply:
    """Return a refusal of our own; nobody was asked, so no address is condemned by it."""
    return Reply(code=code, status=status, text=text, stage=Stage.MAIL)

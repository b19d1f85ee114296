"""What can be known of a message before a server is asked: can it take it at all?"""

from __future__ import annotations

import re
from collections.abc import Mapping

import idna

from mailer.types import OutgoingMessage, Reply, Stage

# What would end an address, its command, or its line (RFC 5321 §4.1.2, §2.3.8), and half
# surrogates, which no encoding says.
_UNSAFE = re.compile(r"[\x00-\x20\x7f-\xa0<>\u2028\u2029\ud800-\udfff]")
LONGEST_ADDRESS = 254  # RFC 5321 §4.5.3.1.3, less the angle brackets


def check_message(message: OutgoingMessage) -> Reply | None:
    """Return why a message can never be sent, if it can't: by its addresses or its lines."""
    return _check_addresses(message) or _check_lines(message.content)


def _check_addresses(message: OutgoingMessage) -> Reply | None:
    for address in (message.sender, message.recipient):
        local, _, domain = address.rpartition("@")
        if _UNSAFE.search(address) or not local or not domain or len(address) > LONGEST_ADDRESS:
            return _refuse(553, "5.1.3", f"{address[:80]!r} is no address")
    try:
        encode_domain(message.recipient)
    except UnicodeError as error:
        return _refuse(553, "5.1.3", f"{message.recipient[:80]!r} has no valid domain: {error}")
    return None


def _check_lines(content: bytes) -> Reply | None:
    """Refuse content in which a server could see an end before the end (SMTP smuggling).

    Lines end in CRLF and nothing else does (RFC 5321 §2.3.8), and none is a lone dot (§4.5.2).
    """
    breaks = content.count(b"\r\n")
    if not content.endswith(b"\r\n") or not content.count(b"\r") == content.count(b"\n") == breaks:
        return _refuse(554, "5.6.0", "a line of the message does not end in CRLF")
    if b"\r\n.\r\n" in content or content.startswith(b".\r\n"):
        return _refuse(554, "5.6.0", "a line of the message is a lone dot")
    return None


def check_features(features: Mapping[str, str], message: OutgoingMessage) -> Reply | None:
    """Return the refusal that a server with these extensions would have to give, if any."""
    limit = features.get("size", "")  # RFC 1870 §4: none, or 0, is no limit
    if limit.isdecimal() and 0 < int(limit) < len(message.content):
        return _refuse(552, "5.3.4", f"the message is larger than the server's {limit} octets")
    if needs_utf8(message) and "smtputf8" not in features:  # RFC 6531 §3.2
        return _refuse(553, "5.6.7", "the server takes no address that is not ASCII (SMTPUTF8)")
    return None


def write_mail(features: Mapping[str, str], message: OutgoingMessage) -> str:
    """Return the MAIL command, with the parameters that the server and the message call for."""
    size = f" SIZE={len(message.content)}" if "size" in features else ""  # RFC 1870 §3
    utf8 = " SMTPUTF8" if needs_utf8(message) else ""  # RFC 6531 §3.4
    return f"MAIL FROM:<{message.sender}>{size}{utf8}"


def needs_utf8(message: OutgoingMessage) -> bool:
    """Say whether an address has a local part that is not ASCII."""
    return not (message.sender + message.recipient.rpartition("@")[0]).isascii()


def encode_domain(address: str) -> str:
    """Return an address with its domain in ASCII (IDNA), as envelopes carry it."""
    local, _, domain = address.rpartition("@")
    return address if domain.isascii() else f"{local}@{idna.encode(domain, uts46=True).decode()}"


def _refuse(code: int, status: str, text: str) -> Reply:
    """Return a refusal of our own; nobody was asked, so no address is condemned by it."""
    return Reply(code=code, status=status, text=text, stage=Stage.MAIL)

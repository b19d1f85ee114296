"""The copy of our own message that a report carries, whole or its header alone."""

from __future__ import annotations

from dataclasses import dataclass

from mailer.feedback.address import find_addresses
from mailer.feedback.mime import Mail, Part, cut, read_mail
from mailer.feedback.sender import is_daemon, names_daemon

COPIES = (
    "message/rfc822",
    "message/global",
    "message/global-headers",
    "text/rfc822-headers",
    "message/rfc822-headers",
)

AUTHORS = ("from", "sender", "reply-to", "errors-to")


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """What the returned copy says of itself; empty where there is none.

    ``senders`` is everybody whom it names as its author, in lower case.
    """

    message_id: str = ""
    sender: str = ""
    senders: frozenset[str] = frozenset()
    recipients: tuple[str, ...] = ()

    @property
    def only_recipient(self) -> str:
        """Return the address that the copy was written to, if it is one alone."""
        return self.recipients[0] if len(self.recipients) == 1 else ""


def read_returned(mail: Mail) -> Returned:
    """Return what the first copy in the mail says: Message-ID, envelope sender, recipients."""
    for part in mail.of_kind(*COPIES):
        header = cut(part.text().encode("utf-8", "replace").lstrip(b"\n"))
        return describe(header)
    return next((describe(part) for part in mail.parts if is_copy(mail, part)), Returned())


def open_wrapped(mail: Mail) -> Mail | None:
    """Return the report that a gateway wrapped in a notice of its own, if it did.

    Only a mail server's is opened: what a person passes on is none of our reports.
    Raises UnreadableReport.
    """
    if is_daemon(mail.top):
        for part in mail.of_kind("message/rfc822"):
            if names_daemon(cut(part.body.lstrip(b"\n"))):
                return read_mail(part.body.lstrip(b"\n"))
    return None


def is_copy(mail: Mail, part: Part) -> bool:
    """Tell whether a part is a copy that lost its Content-Type: it begins with its own header."""
    return part is not mail.top and any(map(part.get, ("received", "message-id", "return-path")))


def describe(header: Part) -> Returned:
    """Return what a message's header says that we know our messages by; a bounce is none."""
    if names_daemon(header):
        return Returned()
    envelope = find_addresses(header.get("return-path"))
    authors = find_addresses(" ".join(header.get(name) for name in AUTHORS))
    return Returned(
        message_id=header.get("message-id"),
        sender=envelope[0] if envelope else "",
        senders=frozenset(each.lower() for each in envelope + authors),
        recipients=tuple(find_addresses(" ".join(header.get_all("to")))),
    )

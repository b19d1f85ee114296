"""The copy of our own message that a report carries, whole or its header alone."""

from __future__ import annotations

from dataclasses import dataclass

from mailer.feedback.address import find_addresses
from mailer.feedback.mime import Mail, Part, cut

COPIES = (
    "message/rfc822",
    "message/global",
    "message/global-headers",
    "text/rfc822-headers",
    "message/rfc822-headers",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """What the returned copy says of itself; empty where there is none."""

    message_id: str = ""
    sender: str = ""
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
    return Returned()


def describe(header: Part) -> Returned:
    """Return what a message's header says that we know our messages by."""
    senders = find_addresses(header.get("return-path"))
    return Returned(
        message_id=header.get("message-id"),
        sender=senders[0] if senders else "",
        recipients=tuple(find_addresses(" ".join(header.get_all("to")))),
    )

"""Who a mailing comes from: the one list that it goes to, or its publication."""

from __future__ import annotations

from dataclasses import dataclass

from mailer.models.mailing import Mailing


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """What readers see as the sender, and where their replies go."""

    name: str
    address: str
    reply_to: str

    @property
    def domain(self) -> str:
        """Return the domain of the address, whose keys sign."""
        return self.address.rpartition("@")[2]


def find_sender(mailing: Mailing) -> Sender:
    """Return the sender of the only list that a mailing goes to, if it has its own.

    Of a mailing to several lists, or to one without an address of its own, it is the
    publication's: one message has one sender, and those lists need not agree on another.
    """
    groups = mailing.lists.all()[:2]
    if len(groups) == 1 and groups[0].sender_address:
        (group,) = groups
        return Sender(
            name=group.sender_name or group.name,
            address=group.sender_address,
            reply_to=group.reply_to,
        )
    publication = mailing.issue.publication
    return Sender(
        name=publication.sender_name,
        address=publication.sender_address,
        reply_to=publication.reply_to,
    )

"""Who a mailing comes from: the one list that it goes to, or its publication."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mailer.models.issue import Issue
from mailer.models.mailing import Mailing, MailingState
from mailer.models.publication import Publication
from subscribers.models import List

# In these states a mailing is still to be sent.
AHEAD = (MailingState.DRAFT, MailingState.SCHEDULED, MailingState.PLANNING, MailingState.HELD)


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
    return _choose(mailing.issue.publication, list(mailing.lists.all()[:2]))


def foresee_sender(issue: Issue) -> Sender:
    """Return the sender that readers of an issue will most likely see, as a test shows it.

    That of the newest mailing that is still to be sent, or else of one to all of the publication's
    lists.
    """
    ahead = issue.mailings.filter(state__in=AHEAD).order_by("-pk").first()
    if ahead is not None:
        return find_sender(ahead)
    return _choose(issue.publication, list(issue.publication.lists.all()[:2]))


def find_own_senders(publication: Publication) -> dict[str, Sender]:
    """Return the senders of a publication's lists that have their own, by the list's name."""
    own = publication.lists.exclude(sender_address="").order_by("name")
    return {group.name: _describe(group) for group in own}


def _choose(publication: Publication, groups: Sequence[List]) -> Sender:
    if len(groups) == 1 and groups[0].sender_address:
        return _describe(groups[0])
    return Sender(
        name=publication.sender_name,
        address=publication.sender_address,
        reply_to=publication.reply_to,
    )


def _describe(group: List) -> Sender:
    return Sender(
        name=group.sender_name or group.name,
        address=group.sender_address,
        reply_to=group.reply_to,
    )

"""What providers refuse after they took it: spam, blocks, missing authentication.

Such bounces are about the sending domain and never about the reader. The watch of dispatch
counts what is refused while we send; this counts what comes back later, as reports, and pauses
every mailing of the domain that is still being sent, with a reason for its people.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterable
from dataclasses import dataclass

from mailer.errors import InvalidTransition
from mailer.models import Delivery, DeliveryState, Feedback, Mailing, MailingState
from mailer.models.sender import find_sender
from mailer.types import FeedbackKind, Reason

log = logging.getLogger(__name__)

# What it means, and what to do. Content is not here: one odd filter is not the domain's name.
ABOUT_US: dict[Reason, str] = {
    Reason.SPAM: "take them for spam: look at the content, and at where the list came from",
    Reason.BLOCKED: "block our mail server or domain: ask an administrator to write to them",
    Reason.AUTHENTICATION: "can't verify that they come from us: ask an administrator to check "
    "SPF, DKIM, DMARC and reverse DNS of the sender's domain",
}
# Reports of a day count. Fewer say nothing, whatever their share, since any list has a few
# filters that refuse everything; a twentieth is fifty times what a healthy domain sees.
WITHIN = dt.timedelta(days=1)
FEWEST = 20
MOST_REFUSED = 0.05
LONGEST_QUOTE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """One message of ours that was refused for what we are: which delivery, why, in whose words."""

    delivery: Delivery
    reason: Reason
    words: str


def report_refusal(refusal: Refusal, *, now: dt.datetime) -> list[int]:
    """Weigh a refusal that came back, which is kept already; return the mailings it paused.

    Nothing happens for a reason that is not about us.
    """
    if refusal.reason not in ABOUT_US:
        return []
    mailing = refusal.delivery.mailing
    refused = _count_refused(mailing, now=now)
    # The ledger is counted now and then: a million rows for each bounce would be too many.
    if refused < FEWEST or refused % FEWEST:
        return []
    accepted = Delivery.objects.filter(mailing=mailing, state=DeliveryState.ACCEPTED).count()
    if refused <= MOST_REFUSED * accepted:
        return []
    return _pause(_find_sending(mailing), _tell(refusal, refused, accepted))


def _count_refused(mailing: Mailing, *, now: dt.datetime) -> int:
    """Return how many deliveries came back for what we are, since the mailing was resumed."""
    since = max(now - WITHIN, mailing.resumed_at or now - WITHIN)
    refused = Feedback.objects.filter(
        kind=FeedbackKind.BOUNCE, reason__in=ABOUT_US, at__gt=since, delivery__mailing=mailing
    )
    return refused.order_by().values("delivery").distinct().count()


def _find_sending(mailing: Mailing) -> Iterable[Mailing]:
    """Return the mailings that are being sent in the name of the same domain.

    One that is still being planned is sent already, from its first slice on.
    """
    domain = find_sender(mailing).domain.lower()
    sending = Mailing.objects.filter(state__in=(MailingState.PLANNING, MailingState.SENDING))
    return [
        each
        for each in sending.select_related("issue__publication")
        if find_sender(each).domain.lower() == domain
    ]


def _pause(mailings: Iterable[Mailing], problem: str) -> list[int]:
    paused = []
    for mailing in mailings:
        try:
            mailing.move(MailingState.PAUSED, problem=problem)
        except InvalidTransition:  # somebody was quicker
            continue
        log.error("Mailing %s is paused. %s", mailing.pk, problem)
        paused.append(mailing.pk)
    return paused


def _tell(refusal: Refusal, refused: int, accepted: int) -> str:
    domain = find_sender(refusal.delivery.mailing).domain
    words = " ".join(refusal.words.split())[:LONGEST_QUOTE]
    return (
        f"All mailings of {domain} are paused, as {refused} of {accepted} messages came back "
        f"within a day from servers that {ABOUT_US[refusal.reason]}. Resume the mailing then. "
        f"The last server's words: “{words}”"
    )

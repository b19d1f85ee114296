"""Who received, opened or clicked the last issues: the ledger's answers to segments."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.db.models import Max, Q, QuerySet

from mailer.models import Delivery, DeliveryState, Mailing, MailingState
from subscribers.engagement import answer_with

# A mailing that is still being planned is no last issue: it is what the segment is asked for.
_LEFT = Q(state__in=(MailingState.SENDING, MailingState.SENT)) | Q(
    state__in=(MailingState.PAUSED, MailingState.HELD), stopped_from=MailingState.SENDING
)

WHAT: dict[str, Q] = {
    "received": Q(state=DeliveryState.ACCEPTED),
    "opened": Q(opened_at__isnull=False),
    "clicked": Q(clicked_at__isnull=False),
}


def find_deliveries(word: str, issues: int, publication: str) -> QuerySet[Any, Any]:
    """Return the deliveries of which a word is true, of so many of the last issues."""
    return Delivery.objects.filter(WHAT[word], mailing__in=find_last_mailings(issues, publication))


def find_last_mailings(issues: int, publication: str) -> list[int]:
    """Return the mailings of the issues that were sent last, of one publication or of all."""
    sent = Mailing.objects.filter(_LEFT)
    if publication:
        sent = sent.filter(issue__publication__slug=publication)
    newest = sent.order_by().values("issue").annotate(last=Max("started_at"))
    last = [row["issue"] for row in newest.order_by("-last", "-issue")[:issues]]
    return list(sent.filter(issue__in=last).order_by("id").values_list("pk", flat=True))


def answer_segments() -> None:
    """Tell the segments whom to ask."""
    for word in WHAT:
        answer_with(word, partial(find_deliveries, word))

"""How issues did beside one another, in shares: a list that grows must not look like success."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q

from mailer.models import Delivery, DeliveryState, Following, FrozenEdition, Mailing, MailingState
from mailer.types import Signals

MOST = 6
# Mailings to look through for so many issues: an issue may have gone out several times.
LOOKED_AT = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """How one mailing did: people to whom it was ``tried``, and what became of them.

    ``opened`` and ``clicked`` mean nothing unless people are ``counted``. Shares are in percent
    with one decimal, and none where there is nothing to divide by.
    """

    mailing: int
    number: int
    counted: bool
    tried: int
    accepted: int
    bounced: int
    unsubscribed: int
    opened: int
    clicked: int

    @property
    def reached(self) -> float | None:
        """Return the share of those tried whom it reached and did not bounce from later."""
        return _share(self.accepted - self.bounced, self.tried)

    @property
    def left(self) -> float | None:
        """Return the share of readers who unsubscribed by it."""
        return _share(self.unsubscribed, self.accepted)

    @property
    def opened_share(self) -> float | None:
        """Return the share of readers who opened it."""
        return _share(self.opened, self.accepted) if self.counted else None

    @property
    def clicked_share(self) -> float | None:
        """Return the share of readers who followed a link."""
        return _share(self.clicked, self.accepted) if self.counted else None


def compare(mailing: Mailing) -> list[Course]:
    """Return how a mailing did, before it those of the issues that were sent last.

    They come in the order in which they began, at most ``MOST``, one an issue: the first of its
    mailings, since a correction or a second try says nothing of its issue: of such a one it is
    asked how the mailing did that it followed.
    """
    numbers = _find_earlier(_find_first(mailing))
    state = DeliveryState
    rows = (
        Delivery.objects.filter(mailing__in=numbers)
        .values("mailing")
        .annotate(
            accepted=Count("id", filter=Q(state=state.ACCEPTED)),
            tried=Count("id", filter=Q(state__in=(state.ACCEPTED, state.FAILED, state.UNCERTAIN))),
            bounced=Count("bounced_at"),
            unsubscribed=Count("unsubscribed_at"),
            opened=Count("opened_at"),
            clicked=Count("clicked_at"),
        )
        .order_by()
    )
    found = {row["mailing"]: row for row in rows}
    counted = FrozenEdition.objects.filter(mailing__in=numbers, signals=Signals.PEOPLE)
    people = set(counted.values_list("mailing", flat=True))
    return [
        Course(number=number, counted=pk in people, **found[pk])
        for pk, number in numbers.items()
        if pk in found
    ]


def _find_earlier(mailing: Mailing) -> dict[int, int]:
    """Return the mailings to compare, each with its issue's number, the oldest first."""
    rows = (
        Mailing.objects.filter(
            issue__publication=mailing.issue.publication_id,
            state=MailingState.SENT,
            following=Following.NONE,
            started_at__lt=mailing.started_at or mailing.created_at,
        )
        .exclude(issue=mailing.issue)
        .order_by("-started_at", "-id")
        .values_list("pk", "issue__number", "started_at")[:LOOKED_AT]
    )
    # Of an issue that was sent more than once the first one counts, which comes last here.
    first = {number: (at, pk) for pk, number, at in rows}
    newest = sorted(((at, pk, number) for number, (at, pk) in first.items()), reverse=True)
    earlier = {pk: number for _, pk, number in newest[: MOST - 1][::-1]}
    return earlier | {mailing.pk: mailing.issue.number}


def _find_first(mailing: Mailing) -> Mailing:
    while mailing.follows is not None:
        mailing = mailing.follows
    return mailing


def _share(part: int, whole: int) -> float | None:
    return round(100 * part / whole, 1) if whole else None

"""What a chosen reader would get: which edition, what of it, and whether anything at all."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from mailer.content.parse import find_segments
from mailer.models import Edition, Issue, SkipReason
from subscribers.audience import read_slice
from subscribers.models import Segment, Subscriber
from subscribers.segments import members


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What a reader would see: an edition, as people in these segments do.

    ``kept_from`` says why a mailing to the publication's lists would leave them out, if so.
    """

    reader: Subscriber
    edition: Edition
    segments: tuple[str, ...] = ()
    kept_from: str = ""


def find_reader(issue: Issue, email_normalised: str) -> Subscriber | None:
    """Return somebody on one of the publication's lists, by address."""
    lists = issue.publication.lists.all()
    people = Subscriber.objects.filter(email_normalised=email_normalised)
    return people.filter(subscriptions__list__in=lists).distinct().first()


def foresee_sight(issue: Issue, reader: Subscriber, *, now: dt.datetime) -> Sight | None:
    """Return what a reader would see of an issue, or None if it has no edition."""
    editions = list(issue.editions.select_related("issue__publication").order_by("id"))
    if not editions:
        return None
    edition = choose_language(reader.language, editions)
    return Sight(
        reader=reader,
        edition=edition,
        segments=find_own_segments(edition, reader),
        kept_from=_judge(issue, reader, now=now),
    )


def choose_language(language: str, editions: Sequence[Edition]) -> Edition:
    """Return the edition in a language, in its base language, or else the first, as plans do."""
    by_language = {each.language.lower(): each for each in editions}
    wanted = language.lower()
    nearest = (wanted, wanted.partition("-")[0])
    return next((by_language[each] for each in nearest if each in by_language), editions[0])


def find_own_segments(edition: Edition, reader: Subscriber) -> tuple[str, ...]:
    """Return which of the segments that an edition names a reader is in, in its order."""
    named = find_segments(edition.source, file=str(edition))
    rules = dict(Segment.objects.filter(name__in=named).values_list("name", "rule"))
    return tuple(
        name
        for name in named
        if name in rules and members(rules[name]).filter(pk=reader.pk).exists()
    )


def _judge(issue: Issue, reader: Subscriber, *, now: dt.datetime) -> str:
    """Return why a mailing to all the publication's lists would leave a reader out, in words."""
    entries = read_slice(
        list_ids=list(issue.publication.lists.order_by("id").values_list("id", flat=True)),
        rule=None,
        after=reader.pk - 1,
        size=1,
        now=now,
    )
    own = [each for each in entries if each.recipient.subscriber_id == reader.pk]
    if not own or any(not each.skip for each in own):
        return ""
    return str(SkipReason(own[0].skip).label)

"""What readers did with a mailing, as figures: per link and per article, machines apart."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Count, F, Sum

from mailer.models import Delivery, Link, Mailing, Signal
from mailer.results.signals import OPENING


@dataclass(frozen=True, slots=True, kw_only=True)
class Clicks:
    """Clicks on one address from one article, or on all of an article.

    ``people`` are those who are known to have clicked, ``clicks`` theirs and those of nobody in
    particular, ``by_machine`` what scanners did.
    """

    article: str
    url: str = ""
    people: int = 0
    clicks: int = 0
    by_machine: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A mailing's openings and clicks; people are counted once, however often they looked."""

    opened: int
    clicked: int
    opened_by_machine: int
    links: tuple[Clicks, ...]
    articles: tuple[Clicks, ...]


def summarise_reading(mailing: Mailing) -> Reading:
    """Count what readers did with a mailing, in all languages and variants together."""
    deliveries = Delivery.objects.filter(mailing=mailing)
    people = deliveries.aggregate(opened=Count("opened_at"), clicked=Count("clicked_at"))
    signals = Signal.objects.filter(delivery__mailing=mailing)
    links = _count_links(mailing)
    return Reading(
        **people,
        opened_by_machine=signals.filter(number=OPENING, by_machine=True).count(),
        links=links,
        articles=_add_up(mailing, links),
    )


def _count_links(mailing: Mailing) -> tuple[Clicks, ...]:
    sums: dict[tuple[str, str], list[int]] = {}
    places: dict[tuple[int, int], tuple[str, str]] = {}
    for link in Link.objects.filter(frozen_edition__mailing=mailing):
        place = (link.article, link.url)
        places[link.frozen_edition_id, link.number] = place
        own = sums.setdefault(place, [0, 0, 0])
        own[1] += link.clicks
        own[2] += link.machine_clicks
    rows = (
        Signal.objects.filter(delivery__mailing=mailing, number__gt=OPENING)
        .values_list("number", "by_machine", "delivery__frozen_edition")
        .annotate(people=Count("delivery"), clicks=Sum("times"))
        .order_by()
    )
    for number, by_machine, edition, readers, clicks in rows:
        own = sums[places[edition, number]]
        own[0] += 0 if by_machine else readers
        own[2 if by_machine else 1] += clicks
    return tuple(
        Clicks(article=article, url=url, people=people, clicks=clicks, by_machine=machine)
        for (article, url), (people, clicks, machine) in sums.items()
    )


def _add_up(mailing: Mailing, links: tuple[Clicks, ...]) -> tuple[Clicks, ...]:
    """Return the sums of articles; a person who followed two links of one is counted once."""
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for link in links:
        sums[link.article][0] += link.clicks
        sums[link.article][1] += link.by_machine
    people = _count_people(mailing)
    return tuple(
        Clicks(article=article, people=people.get(article, 0), clicks=clicks, by_machine=machine)
        for article, (clicks, machine) in sums.items()
    )


def _count_people(mailing: Mailing) -> dict[str, int]:
    rows = Signal.objects.filter(
        delivery__mailing=mailing,
        by_machine=False,
        delivery__frozen_edition__links__number=F("number"),
    ).order_by()
    counted = rows.values_list("delivery__frozen_edition__links__article").annotate(
        people=Count("delivery", distinct=True)
    )
    return dict(counted)

"""What readers did with a mailing, as figures: per link and per article, machines apart."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db.models import Count, F, Sum

from mailer.models import Delivery, Link, Mailing, Signal
from mailer.results.signals import OPENING


@dataclass(frozen=True, slots=True, kw_only=True)
class Clicks:
    """Clicks on one address from one article, or on all of an article.

    ``article`` is its title; ``anchor`` tells it from others of the same title.
    ``people`` are those who are known to have clicked, ``clicks`` theirs and those of nobody in
    particular, ``by_machine`` what scanners did.
    """

    article: str
    anchor: str = ""
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


# An article by its anchor and its title: what was frozen long ago has a title alone.
Place = tuple[str, str]


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
    sums: dict[tuple[Place, str], list[int]] = {}
    places: dict[tuple[int, int], tuple[Place, str]] = {}
    for link in Link.objects.filter(frozen_edition__mailing=mailing):
        place = ((link.anchor, link.article), link.url)
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
        Clicks(
            article=title,
            anchor=anchor,
            url=url,
            people=people,
            clicks=clicks,
            by_machine=machine,
        )
        for ((anchor, title), url), (people, clicks, machine) in sums.items()
    )


def _add_up(mailing: Mailing, links: tuple[Clicks, ...]) -> tuple[Clicks, ...]:
    """Return the sums of articles; a person who followed two links of one is counted once."""
    sums: dict[Place, list[int]] = defaultdict(lambda: [0, 0])
    for link in links:
        sums[link.anchor, link.article][0] += link.clicks
        sums[link.anchor, link.article][1] += link.by_machine
    people = _count_people(mailing)
    return tuple(
        Clicks(
            article=place[1],
            anchor=place[0],
            people=people.get(place, 0),
            clicks=clicks,
            by_machine=machine,
        )
        for place, (clicks, machine) in sums.items()
    )


def _count_people(mailing: Mailing) -> dict[Place, int]:
    rows = Signal.objects.filter(
        delivery__mailing=mailing,
        by_machine=False,
        delivery__frozen_edition__links__number=F("number"),
    ).order_by()
    link = "delivery__frozen_edition__links"
    counted = rows.values_list(f"{link}__anchor", f"{link}__article").annotate(
        people=Count("delivery", distinct=True)
    )
    return {(anchor, title): people for anchor, title, people in counted}


def tell_apart(articles: Iterable[Clicks]) -> Iterator[tuple[str, Clicks]]:
    """Yield each article with its title, and a number where others before it have the same."""
    seen: Counter[str] = Counter()
    for each in articles:
        seen[each.article] += 1
        count = seen[each.article]
        yield (f"{each.article} ({count})" if count > 1 else each.article), each

"""Telling scanners from readers: security programs open every message and follow every link.

Any one sign is enough. A mail that a scanner looked through may be read by a person later: what
is judged is each request, and not the reader. Nothing here is certain, which is why machines
are counted apart and never thrown away.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import cache

from crawlerdetect import CrawlerDetect

from mailer.results.signals import OPENING, Sight

# These fetch a picture when its reader opens the message, and crawlerdetect takes them for robots.
IMAGE_PROXIES = ("GoogleImageProxy", "YahooMailProxy")
# Apple's mail program fetches every picture of every message, and calls itself no more than this.
BARE_AGENTS = frozenset({"", "Mozilla/5.0"})
# So many readers of one network within a few seconds are one program that looks through the
# mail of a whole house as it comes in.
NEIGHBOURS = 10
NEIGHBOURS_WITHIN_SECONDS = 10.0


def find_machines(sights: Sequence[Sight]) -> set[int]:
    """Return the places, in the sequence, of what a machine did."""
    found = {place for place, sight in enumerate(sights) if is_machine(sight)}
    return found | _find_crowds(sights)


def is_machine(sight: Sight) -> bool:
    """Tell whether a request alone says that no person made it: HEAD, or a program's name."""
    if sight.method != "GET" or sight.agent in BARE_AGENTS:
        return True
    if sight.number == OPENING and any(name in sight.agent for name in IMAGE_PROXIES):
        return False
    return bool(_detector().isCrawler(sight.agent))


def _find_crowds(sights: Sequence[Sight]) -> set[int]:
    """Return the clicks that came with those of many other readers from one network.

    Openings are left out: those of one provider's readers all come through its picture servers.
    """
    by_network: dict[str, list[int]] = defaultdict(list)
    for place, sight in enumerate(sights):
        if sight.network and sight.delivery_id and sight.number != OPENING:
            by_network[sight.network].append(place)
    crowds = (_find_crowd(sights, places) for places in by_network.values())
    return set().union(*crowds)


def _find_crowd(sights: Sequence[Sight], places: list[int]) -> set[int]:
    """Return those of one network that have enough neighbours in time, by a sliding window."""
    places.sort(key=lambda place: sights[place].at)
    found: set[int] = set()
    start = 0
    for end, place in enumerate(places):
        while sights[place].at - sights[places[start]].at > NEIGHBOURS_WITHIN_SECONDS:
            start += 1
        window = places[start : end + 1]
        if len({sights[each].delivery_id for each in window}) >= NEIGHBOURS:
            found.update(window)
    return found


@cache
def _detector() -> CrawlerDetect:
    return CrawlerDetect()

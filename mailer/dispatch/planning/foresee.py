"""Counting an audience before it is planned, by the same judge that plans it."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from mailer.dispatch.planning.plan import SLICE_PEOPLE
from mailer.dispatch.planning.whom import Whom
from mailer.dispatch.planning.zones import count_zones
from subscribers.audience import read_slice
from subscribers.models import Subscription

# So many are judged one by one while somebody waits for the page; of more it says "about".
MOST_EXACT = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseen:
    """How many will be written to, and why others on the lists will not.

    Unless it is ``exact``, readers are about so many, and the others are not known yet.
    """

    readers: int
    left_out: Mapping[str, int]
    exact: bool


def foresee(
    whom: Whom,
    *,
    now: dt.datetime,
    read_zones: Callable[[Whom], Iterable[tuple[str, int]]] = count_zones,
) -> Foreseen:
    """Return what would become of the people on a mailing's lists if it were planned now.

    ``read_zones`` tells how many there are, about, where they are too many to be judged.
    Raises InvalidRule if a segment of it can't be read.
    """
    places = Subscription.objects.filter(list_id__in=whom.list_ids)
    if whom.among is not None:
        places = places.filter(subscriber_id__in=whom.among)
    if places[: MOST_EXACT + 1].count() > MOST_EXACT:
        readers = sum(readers for _, readers in read_zones(whom))
        return Foreseen(readers=readers, left_out={}, exact=False)
    counted: Counter[str] = Counter()
    after = 0
    while entries := read_slice(
        list_ids=whom.list_ids,
        rule=whom.rule,
        without=whom.without,
        after=after,
        size=SLICE_PEOPLE,
        now=now,
        among=whom.among,
    ):
        counted.update(entry.skip for entry in entries)
        after = entries[-1].recipient.subscriber_id or 0
    readers = counted.pop("", 0)
    return Foreseen(readers=readers, left_out=dict(counted), exact=True)

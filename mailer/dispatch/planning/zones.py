"""How many readers of a mailing each time zone has, about: what its waves are made of."""

from __future__ import annotations

import datetime as dt

from django.db.models import Count, Exists, OuterRef

from mailer.dispatch.planning.whom import Whom, find_whom
from mailer.results.figures import count_with
from mailer.results.people import hash_rule
from subscribers.models import Subscriber, Subscription, SubscriptionState
from subscribers.segments import compile_rule, members

ZONES = "zones"
# Nobody decides to send by a figure that is older.
OLDEST = dt.timedelta(minutes=10)


def count_zones(whom: Whom) -> list[tuple[str, int]]:
    """Return how many confirmed readers in an audience each zone has."""
    places = Subscription.objects.filter(
        subscriber=OuterRef("pk"),
        list__in=whom.list_ids,
        state=SubscriptionState.CONFIRMED,
    )
    people = Subscriber.objects.all() if whom.rule is None else members(whom.rule)
    chosen = people.filter(Exists(places))
    for _, rule in whom.without:
        chosen = chosen.filter(compile_rule({"not": rule}))
    if whom.among is not None:
        chosen = chosen.filter(pk__in=whom.among)
    counted = chosen.values_list("time_zone").annotate(total=Count("pk"))
    return list(counted.order_by("time_zone"))


def name_zones(whom: Whom) -> str:
    """Return what the figure of an audience's zones is called: another audience is another one."""
    return f"{whom.key}/{hash_rule([whom.rule, whom.without])}"


def _count(about: str) -> list[tuple[str, int]] | None:
    """Return the same; none if its lists or segments are gone, or others, by now."""
    whom = find_whom(about.rpartition("/")[0])
    if whom is None or name_zones(whom) != about:
        return None
    return count_zones(whom)


count_with(ZONES, _count, oldest=OLDEST)

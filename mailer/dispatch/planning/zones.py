"""How many readers of a mailing each time zone has, about: what its waves are made of."""

from __future__ import annotations

import datetime as dt

from django.db.models import Count, Exists, OuterRef

from mailer.dispatch.planning.following import find_followed
from mailer.models import Mailing
from mailer.results.figures import count_with
from mailer.results.people import hash_rule
from subscribers.models import Subscriber, Subscription, SubscriptionState
from subscribers.segments import members

ZONES = "zones"
# Nobody decides to send by a figure that is older.
OLDEST = dt.timedelta(minutes=10)


def count_zones(mailing: Mailing) -> list[tuple[str, int]]:
    """Return how many confirmed readers on the mailing's lists, in its segment, each zone has."""
    places = Subscription.objects.filter(
        subscriber=OuterRef("pk"),
        list__in=list(mailing.lists.values_list("pk", flat=True)),
        state=SubscriptionState.CONFIRMED,
    )
    people = members(mailing.segment.rule) if mailing.segment else Subscriber.objects.all()
    chosen = people.filter(Exists(places))
    among = find_followed(mailing)
    if among is not None:
        chosen = chosen.filter(pk__in=among)
    counted = chosen.values_list("time_zone").annotate(total=Count("pk"))
    return list(counted.order_by("time_zone"))


def name_zones(mailing: Mailing) -> str:
    """Return what the figure of a mailing's zones is called: another audience is another one."""
    lists = sorted(mailing.lists.values_list("pk", flat=True))
    rule = mailing.segment.rule if mailing.segment else None
    audience = [lists, rule, mailing.follows_id, mailing.following]
    return f"{mailing.pk}/{hash_rule(audience)}"


def _count(about: str) -> list[tuple[str, int]] | None:
    """Return the same; none if the mailing goes to others by now."""
    mailing = Mailing.objects.filter(pk=int(about.split("/", maxsplit=1)[0])).first()
    if mailing is None or name_zones(mailing) != about:
        return None
    return count_zones(mailing)


count_with(ZONES, _count, oldest=OLDEST)

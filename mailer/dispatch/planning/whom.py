"""To whom a mailing goes: lists, a segment of them, and less whom."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from mailer.dispatch.planning.following import find_followed
from mailer.models import Mailing
from mailer.results.people import name_lists
from subscribers.models import List, Segment

Rule = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Whom:
    """An audience as it is asked for, of a mailing or of a plan that nobody has kept yet.

    ``without`` are the rules of those who are left out on purpose, each behind the name of its list
    or segment. ``among`` are people's ids, where a mailing follows another. ``key`` names it all
    by numbers.
    """

    list_ids: tuple[int, ...]
    rule: Rule | None = None
    without: tuple[tuple[str, Rule], ...] = ()
    among: QuerySet[Any] | None = None
    key: str = ""


def read_whom(mailing: Mailing) -> Whom:
    """Return to whom a mailing goes."""
    return make_whom(
        lists=mailing.lists.all(),
        segment=mailing.segment,
        without_lists=mailing.without_lists.all(),
        without_segment=mailing.without_segment,
        following=mailing,
    )


def make_whom(
    *,
    lists: Iterable[List],
    segment: Segment | None = None,
    without_lists: Iterable[List] = (),
    without_segment: Segment | None = None,
    following: Mailing | None = None,
) -> Whom:
    """Return the audience that a plan states; ``following`` is its mailing, if it has one.

    Who is on a list that is left out is asked as a segment asks it: of confirmed places.
    """
    to, less = _sort(lists), _sort(without_lists)
    without: list[tuple[str, Rule]] = [
        (each.name, {"field": "list", "operator": "equals", "value": each.slug}) for each in less
    ]
    if without_segment is not None:
        without.append((without_segment.name, without_segment.rule))
    follows = following if following is not None and following.follows_id else None
    chosen = [segment.pk if segment else "", name_lists(less)]
    chosen += [without_segment.pk if without_segment else "", follows.pk if follows else ""]
    return Whom(
        list_ids=tuple(each.pk for each in to),
        rule=segment.rule if segment else None,
        without=tuple(without),
        among=find_followed(follows) if follows else None,
        key="/".join([name_lists(to), *map(str, chosen)]),
    )


def find_whom(key: str) -> Whom | None:
    """Return the audience that a key names, as it is now; none for what is no key."""
    parts = key.split("/")
    if len(parts) != 5 or not all(each.replace("-", "").isdecimal() or not each for each in parts):
        return None
    to, segment, less, without_segment, follows = ([*map(int, _split(each))] for each in parts)
    return make_whom(
        lists=List.objects.filter(pk__in=to),
        segment=Segment.objects.filter(pk__in=segment).first(),
        without_lists=List.objects.filter(pk__in=less),
        without_segment=Segment.objects.filter(pk__in=without_segment).first(),
        following=Mailing.objects.filter(pk__in=follows).first(),
    )


def _split(numbers: str) -> list[str]:
    return [each for each in numbers.split("-") if each]


def _sort(lists: Iterable[List]) -> list[List]:
    return sorted(lists, key=lambda each: each.pk)

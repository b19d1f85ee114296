"""How many readers each zone has is kept for one audience, and not for another."""

from __future__ import annotations

from mailer.dispatch.planning.whom import find_whom, read_whom
from mailer.dispatch.planning.zones import ZONES, count_zones, name_zones
from mailer.results.figures import COUNTERS
from subscribers.models import Segment, Subscriber, Subscription
from tests.fakes.world import join, make_list


def test_confirmed_readers_are_counted_by_zone_each_once(mailing):
    Subscriber.objects.filter(pk=Subscriber.objects.first().pk).update(time_zone="Europe/Oslo")
    Subscription.objects.filter(pk=Subscription.objects.last().pk).update(state="unsubscribed")

    others = Subscription.objects.count() - 2
    assert count_zones(read_whom(mailing)) == [("", others), ("Europe/Oslo", 1)]


def test_only_those_in_the_segment_are_counted(mailing):
    rule = {"field": "time_zone", "operator": "equals", "value": "Europe/Oslo"}
    mailing.segment = Segment.objects.create(name="Oslo", rule=rule)

    assert count_zones(read_whom(mailing)) == []


def test_a_figure_of_an_audience_that_changed_is_gone(mailing):
    rule = {"field": "language", "operator": "equals", "value": ""}
    mailing.segment = Segment.objects.create(name="Silent", rule=rule)
    about = name_zones(read_whom(mailing))
    count = COUNTERS[ZONES].count
    assert count(about) == count_zones(read_whom(mailing))

    Segment.objects.update(rule={"field": "language", "operator": "equals", "value": "nb"})

    assert count(about) is None
    assert count("4711/0") is None
    assert count("x/////0") is None


def test_who_is_left_out_on_purpose_is_not_counted(mailing):
    board = make_list("board")
    join("reader1@people.example", board)
    mailing.without_lists.set([board])
    rule = {"field": "email", "operator": "equals", "value": "reader2@people.example"}
    mailing.without_segment = Segment.objects.create(name="Two", rule=rule)
    whom = read_whom(mailing)

    [(_, people)] = count_zones(whom)

    assert people == Subscription.objects.filter(list__in=mailing.lists.all()).count() - 2
    assert find_whom(whom.key) == whom

"""How many readers each zone has is kept for one audience, and not for another."""

from __future__ import annotations

from mailer.dispatch.planning.zones import ZONES, count_zones, name_zones
from mailer.results.figures import COUNTERS
from subscribers.models import Segment, Subscriber, Subscription


def test_confirmed_readers_are_counted_by_zone_each_once(mailing):
    Subscriber.objects.filter(pk=Subscriber.objects.first().pk).update(time_zone="Europe/Oslo")
    Subscription.objects.filter(pk=Subscription.objects.last().pk).update(state="unsubscribed")

    others = Subscription.objects.count() - 2
    assert count_zones(mailing) == [("", others), ("Europe/Oslo", 1)]


def test_only_those_in_the_segment_are_counted(mailing):
    rule = {"field": "time_zone", "operator": "equals", "value": "Europe/Oslo"}
    mailing.segment = Segment.objects.create(name="Oslo", rule=rule)

    assert count_zones(mailing) == []


def test_a_figure_of_an_audience_that_changed_is_gone(mailing):
    about = name_zones(mailing)
    count = COUNTERS[ZONES].count
    assert count(about) == count_zones(mailing)

    mailing.lists.clear()

    assert count(about) is None
    assert count("4711/0") is None

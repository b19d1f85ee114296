"""A lane: a server with its connections behind its gate, and what is learned of both."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mailer.dispatch.servers.lane import Lanes
from mailer.dispatch.servers.router import Router
from mailer.models import Transport
from mailer.types import OutgoingMessage
from tests.fakes.lanes import NO_LIMITS
from tests.fakes.transports import ACCEPTED, UNREACHED, ScriptedTransport

pytestmark = pytest.mark.django_db
ADDRESS = "ada@people.example"


def make_message(number: int = 1) -> OutgoingMessage:
    return OutgoingMessage(delivery_id=number, sender="b@x.example", recipient=ADDRESS, content=b"")


def test_what_is_admitted_and_submitted_comes_back_with_its_provider(make_lane):
    lane = make_lane(ScriptedTransport())
    assert lane.admit(1, ADDRESS) == 0.0

    lane.submit(make_message())
    [(provider, outcome)] = lane.wait(1.0)

    assert provider == "people.example"
    assert outcome.reply == ACCEPTED
    assert (lane.pending(), lane.is_down) == (0, False)


def test_a_server_that_can_not_be_reached_gets_nothing_more_in_this_run(make_lane):
    lane = make_lane(ScriptedTransport(lambda _: UNREACHED, width=5))
    lane.admit(1, ADDRESS)
    lane.submit(make_message())

    lane.wait(1.0)

    assert lane.is_down
    assert lane.room() == 0
    lane.begin()
    assert lane.room() == 5


def test_workers_share_the_connections_of_a_server(make_lane):
    limits = replace(NO_LIMITS, open_connections=1)
    transports = [ScriptedTransport(), ScriptedTransport()]
    lanes = [make_lane(each, limits, worker=str(number)) for number, each in enumerate(transports)]

    for lane in lanes:
        lane.begin()

    assert [each.limits for each in transports] == [[1], [0]]
    assert [lane.may_connect for lane in lanes] == [True, False]
    assert [lane.room() for lane in lanes] == [1, 0]


def test_a_lane_at_rest_hangs_up_where_connections_are_counted(make_lane):
    counted, free = ScriptedTransport(), ScriptedTransport()
    lane = make_lane(counted, replace(NO_LIMITS, open_connections=1))
    lane.begin()

    lane.rest()
    make_lane(free).rest()

    assert (counted.closed, free.closed) == (True, False)
    other = make_lane(ScriptedTransport(), replace(NO_LIMITS, open_connections=1), worker="two")
    other.begin()
    assert other.may_connect


def test_a_server_that_works_again_is_taken_for_healthy(make_lane):
    row = Transport.objects.create(
        name="main", url="smtp://mail.example?tls=none", failures=3, problem="It was away."
    )
    lane = make_lane(ScriptedTransport(), row=row)
    lane.admit(1, ADDRESS)
    lane.submit(make_message())

    lane.wait(1.0)

    row.refresh_from_db()
    assert (row.failures, row.problem) == (0, "")


def test_a_process_keeps_a_lane_for_each_server_until_its_address_changes(settings, redis_url):
    settings.REDIS_URL = redis_url
    opened: list[ScriptedTransport] = []
    lanes = Lanes(
        router=Router(), open_transport=lambda _: opened.append(ScriptedTransport()) or opened[-1]
    )
    row = Transport.objects.create(name="main", url="smtp://mail.example?tls=none")

    assert lanes.choose() is lanes.choose()
    row.url = "smtp://other.example?tls=none"
    row.save()
    changed = lanes.choose()

    assert changed.relay.config.host == "other.example"
    assert [each.closed for each in opened] == [True, False]
    lanes.close()
    assert [each.closed for each in opened] == [True, True]
    Transport.objects.update(enabled=False)
    assert lanes.choose() is None

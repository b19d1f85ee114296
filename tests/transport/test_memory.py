"""The transport that keeps messages."""

from __future__ import annotations

from mailer.transport.memory import ROOM, MemoryTransport
from mailer.types import OutcomeKind
from tests.fakes.transports import deliver


def test_it_keeps_every_message_and_accepts_it(message):
    transport = MemoryTransport()

    outcomes = list(deliver(transport, [message(1), message(2)]))
    transport.close()

    assert [outcome.delivery_id for outcome in outcomes] == [1, 2]
    assert {outcome.kind for outcome in outcomes} == {OutcomeKind.ACCEPTED}
    assert transport.messages == [message(1), message(2)]


def test_a_message_that_nobody_waited_for_can_be_withdrawn(message):
    transport = MemoryTransport()
    transport.submit(message(1))
    transport.wait(1)
    transport.submit(message(2))

    assert (transport.pending(), transport.room()) == (1, ROOM - 1)
    assert transport.withdraw() == [2]
    assert transport.wait(1) == []
    assert transport.messages == [message(1)]


def test_there_is_no_room_beyond_what_it_said(message):
    transport = MemoryTransport()
    while transport.room():
        transport.submit(message())

    assert transport.pending() == ROOM
    assert len(transport.wait(1)) == ROOM

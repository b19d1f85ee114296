"""The transport that keeps messages."""

from __future__ import annotations

from mailer.transport.memory import MemoryTransport
from mailer.types import OutcomeKind


def test_it_keeps_every_message_and_accepts_it(message):
    transport = MemoryTransport()

    outcomes = list(transport.send([message(1), message(2)]))
    transport.close()

    assert [outcome.delivery_id for outcome in outcomes] == [1, 2]
    assert {outcome.kind for outcome in outcomes} == {OutcomeKind.ACCEPTED}
    assert transport.messages == [message(1), message(2)]

"""Each fault at each stage, against servers that take one command a time, several, or chunks."""

from __future__ import annotations

import itertools

import pytest

from mailer.transport.smtp import session
from mailer.types import OutcomeKind
from tests.fakes.smtp_server import DROP, GOOD, STALL

MODES = {
    "plain": "250 hello",
    "pipelining": "250-hello\n250 PIPELINING",
    "chunking": "250-hello\n250-PIPELINING\n250 CHUNKING",
}
FAULTS = ["451 4.3.0 later", "550 5.7.1 never", "421 4.3.2 closing", DROP, STALL]
STAGES = ["connect", "ehlo", "mail", "rcpt", "data", "dot", "quit"]
CELLS = [
    (mode, stage, fault)
    for mode, stage, fault in itertools.product(MODES, STAGES, FAULTS)
    if (mode, stage) != ("chunking", "data")  # BDAT has no 354 to wait for
]


def expect(mode: str, stage: str, fault: str) -> OutcomeKind:
    """Return the one right outcome of a cell."""
    if stage == "quit":
        return OutcomeKind.ACCEPTED
    if fault.startswith("550") and stage not in {"connect", "ehlo"}:
        return OutcomeKind.FAILED
    # With CHUNKING the whole content has left when MAIL is answered, or is not.
    handed_over = {"dot"} if mode != "chunking" else {"mail", "rcpt", "dot"}
    if fault in {DROP, STALL} and stage in handed_over:
        return OutcomeKind.UNCERTAIN
    return OutcomeKind.DEFERRED


def script(mode: str, stage: str, fault: str) -> dict[str, object]:
    answers: dict[str, object] = {"ehlo": MODES[mode], "helo": fault}
    return answers | {stage: [fault, answers.get(stage, GOOD[stage])]}


@pytest.mark.parametrize(("mode", "stage", "fault"), CELLS)
def test_a_fault_has_one_right_outcome_and_spares_all_other_messages(
    serve, connect, message, monkeypatch, mode, stage, fault
):
    # A slow machine looks like a long way, where more than one would be under way in chunks.
    monkeypatch.setattr(session, "count_in_flight", lambda _: 1)
    server = serve(**script(mode, stage, fault))
    transport = connect(server)
    sent, outcomes = 0, []
    while sent < 5 or transport.pending():
        for _ in range(min(transport.room(), 5 - sent)):
            sent += 1
            transport.submit(message(sent))
        outcomes += transport.wait(10)
    transport.close()

    assert sorted(outcome.delivery_id for outcome in outcomes) == [1, 2, 3, 4, 5]
    others = [outcome.kind for outcome in outcomes if outcome.kind is not OutcomeKind.ACCEPTED]
    expected = expect(mode, stage, fault)
    if stage in {"connect", "ehlo"}:
        # Nothing could be sent: whatever waited is deferred.
        assert 1 <= len(others) <= 2
        assert set(others) == {expected}
    else:
        assert others == ([] if stage == "quit" else [expected])

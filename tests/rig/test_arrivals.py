"""The log of the counting sink, and what is read out of it."""

from __future__ import annotations

import os

from tests.faults.row import Row
from tests.rig.arrivals import Arrival, ArrivalLog, find_lost, find_repeated
from tests.rig.counting_sink import Conversation

MESSAGE = b"To: you\r\nMessage-ID: <1@here.example>\r\n\r\nhello\r\n"
ENVELOPE = b"MAIL FROM:<a@b.example>\r\nRCPT TO:<you@there.example>\r\n"


class Wire:
    """Keep what the sink says, as a transport of asyncio would send it."""

    def __init__(self) -> None:
        self.said = b""

    def write(self, octets: bytes) -> None:
        self.said += octets

    def close(self) -> None:
        self.said += b"(closed)"


def converse(log, octets: bytes, *, cut: int) -> tuple[bytes, list[Arrival]]:
    file = os.open(log, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
    wire, sink = Wire(), Conversation(file, chunking=True)
    sink.connection_made(wire)  # type: ignore[arg-type]
    for start in range(0, len(octets), cut):
        sink.data_received(octets[start : start + cut])
    os.close(file)
    return wire.said, ArrivalLog(log).read()


def test_it_writes_down_each_message_in_whatever_cut_it_comes(tmp_path):
    talk = b"EHLO me\r\n" + 2 * (ENVELOPE + b"DATA\r\n" + MESSAGE + b".\r\n") + b"QUIT\r\n"

    for cut in (1, 3, 7, len(talk)):
        said, arrivals = converse(tmp_path / str(cut), talk, cut=cut)

        assert said.count(b"250 2.0.0 kept") == 2
        assert said.endswith(b"221 2.0.0 bye\r\n(closed)")
        assert [(each.recipient, each.message_id) for each in arrivals] == [
            ("you@there.example", "1@here.example")
        ] * 2


def test_it_takes_chunks(tmp_path):
    chunks = b"BDAT 9\r\n%bBDAT %d LAST\r\n%b" % (MESSAGE[:9], len(MESSAGE) - 9, MESSAGE[9:])

    for cut in (1, 5, 1_000):
        said, arrivals = converse(tmp_path / str(cut), ENVELOPE + chunks, cut=cut)

        assert said.count(b"kept") == 1
        assert [each.message_id for each in arrivals] == ["1@here.example"]


def test_it_counts_the_signatures_at_a_message_s_top(tmp_path):
    signature = b"DKIM-Signature: v=1; b=x\r\n"
    talk = ENVELOPE + b"DATA\r\n" + 2 * signature + MESSAGE + b".\r\n"

    _, arrivals = converse(tmp_path / "log", talk, cut=9)

    assert [each.signatures for each in arrivals] == [2]


def test_content_without_a_recipient_is_refused(tmp_path):
    said, arrivals = converse(tmp_path / "log", b"DATA\r\nBDAT 3 LAST\r\nhi\nNOOP\r\n", cut=4)

    assert said.count(b"554 5.5.1") == 2
    assert said.endswith(b"250 2.0.0 ok\r\n")
    assert arrivals == []


def test_lost_and_repeated_are_told_apart():
    arrivals = [Arrival(1.0, who, 0, "m") for who in ("ada", "ada", "ada", "bob")]

    assert find_lost(["ada", "bob", "cy"], arrivals) == {"cy"}
    assert find_repeated(arrivals) == {"ada": 2}


def test_a_figure_above_its_limit_is_said():
    row = Row(fault="a test")

    row.hold("lost", 1, 0)
    row.hold("duplicates", 1, 2)

    assert row.figures == {"lost": 1, "duplicates": 1}
    assert row.wrong == ["lost is 1, and may be 0 at most"]


def test_a_log_is_counted_as_it_grows(tmp_path):
    log = ArrivalLog(tmp_path / "log")

    assert log.look() == 0
    log.path.write_text("1.0 ada 0 m\n2.0 bob 1 m\n")
    assert log.look() == 2
    with log.path.open("a") as file:
        file.write("3.0 cy 0 m\n")
    assert log.look() == 3
    assert [each.recipient for each in log.read(after=2)] == ["cy"]

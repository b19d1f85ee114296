"""The conversation without a network: whatever a server says, each letter has its own end."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.transport.smtp.config import SmtpConfig
from mailer.transport.smtp.content import ContentChecker
from mailer.transport.smtp.envelope import Letter, prepare
from mailer.transport.smtp.events import Ended, Mode, Phase, Returned
from mailer.transport.smtp.reader import LONGEST_LINE, MOST_LINES
from mailer.transport.smtp.state import Conversation
from mailer.types import Outcome, OutcomeKind, OutgoingMessage, Stage

EHLO = {
    Mode.LOCKSTEP: "250 hello",
    Mode.PIPELINING: "250-hello\r\n250 PIPELINING",
    Mode.CHUNKING: "250-hello\r\n250-CHUNKING\r\n250 PIPELINING",
}
GOOD = {"MAIL": 250, "RCPT": 250, "DATA": 354, "DOT": 250, "BDAT": 250, "RSET": 250}


def make_letter(number: int, content: bytes | tuple[bytes, ...] = b"Hello\r\n") -> Letter:
    message = OutgoingMessage(
        delivery_id=number,
        sender=f"b-{number}@bounces.example",
        recipient=f"r{number}@people.example",
        content=content,
    )
    letter = prepare(message, ContentChecker())
    assert isinstance(letter, Letter)
    return letter


@dataclass
class Server:
    """Reads what a conversation writes, as a server does, and tells what it took for good.

    ``codes`` are its answers, one for each thing that it is asked, then good ones.
    """

    codes: list[int] = field(default_factory=list)
    took: list[int] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    _octets: bytes = b""
    _sender: str = ""
    _has_sender: bool = False
    _has_recipient: bool = False
    _in_content: bool = False
    _has_closed: bool = False

    def read(self, octets: bytes) -> list[bytes]:
        """Return the replies to what was written, one for each thing that was asked."""
        self._octets += octets
        replies = []
        while not self._has_closed and (asked := self._next()) is not None:
            code = self.codes.pop(0) if self.codes else GOOD[asked]
            self.asked.append(asked)
            self._obey(asked, code)
            words = f"{code} 2.0.0 for {asked} of {self._sender}\r\n"
            replies.append(words.encode())
        return replies

    def _next(self) -> str | None:
        if self._in_content:
            _, found, rest = self._octets.partition(b".\r\n")
            if not found:
                return None
            self._octets, self._in_content = rest, False
            return "DOT"
        line, found, rest = self._octets.partition(b"\r\n")
        size = int(line.split()[1]) if line.startswith(b"BDAT") else 0
        if not found or len(rest) < size:
            return None
        if line.startswith(b"MAIL"):
            self._sender = line.partition(b"<b-")[2].partition(b"@")[0].decode()
        self._octets = rest[size:]
        return line[:4].decode()

    def _obey(self, asked: str, code: int) -> None:
        yes = code // 100 == 2
        self._has_closed = code == 421
        self._in_content = asked == "DATA" and code // 100 == 3
        if asked in {"DOT", "BDAT"} and yes and self._has_recipient:
            self.took.append(int(self._sender))
        if asked == "RCPT":
            self._has_recipient = yes and self._has_sender
        elif asked != "DATA":
            self._has_sender = asked == "MAIL" and yes
            self._has_recipient = False


def open_conversation(mode: Mode, depth: int = 1) -> Conversation:
    conversation = Conversation(SmtpConfig(host="mail.example", port=25), "us.example")
    for line in ("220 hello", EHLO[mode]):
        conversation.receive(f"{line}\r\n".encode())
        write(conversation)
    conversation.depth = depth
    assert (conversation.phase, conversation.mode) == (Phase.READY, mode)
    return conversation


def write(conversation: Conversation) -> bytes:
    octets = b"".join(conversation.take_output())
    conversation.passed += len(octets)
    assert conversation.passed == conversation.queued
    return octets


@dataclass
class Play:
    """Six letters, a server, and what became of each."""

    conversation: Conversation
    server: Server
    waiting: list[Letter] = field(default_factory=lambda: [make_letter(each) for each in range(6)])
    events: list[object] = field(default_factory=list)
    withdrawn: list[int] = field(default_factory=list)
    stream: bytes = b""  # what the server wrote and has not arrived

    def write(self) -> None:
        while self.waiting and self.conversation.wants():
            self.events += self.conversation.carry(self.waiting.pop(0))
        self.stream += b"".join(self.server.read(write(self.conversation)))

    def receive(self, size: int) -> None:
        octets, self.stream = self.stream[:size], self.stream[size:]
        self.events += self.conversation.receive(octets)

    def withdraw(self) -> None:
        self.withdrawn += [each.message.delivery_id for each in self.conversation.withdraw()]

    def end(self, ending: str) -> None:
        if ending in UNASKED:
            self.stream += UNASKED[ending]
            self.receive(len(self.stream))
        if self.conversation.phase is not Phase.ENDED:
            self.events += self.conversation.lose("it broke", silent=ending == "stall")

    def outcomes(self) -> list[Outcome]:
        return [event for event in self.events if isinstance(event, Outcome)]

    def ends(self) -> Counter[int]:
        """Return how often each letter has ended, or has not even begun to."""
        left = [*self.waiting, *self.conversation.letters]
        return Counter(
            [outcome.delivery_id for outcome in self.outcomes()]
            + returned(self.events)
            + self.withdrawn
            + [letter.message.delivery_id for letter in left]
        )


def returned(events: list) -> list[int]:
    return [event.letter.message.delivery_id for event in events if isinstance(event, Returned)]


def is_its_own(outcome: Outcome) -> bool:
    """Say whether a server's word went to the letter that it was said of."""
    reply = outcome.reply
    accepted_elsewhere = outcome.kind is OutcomeKind.ACCEPTED and reply.stage is not Stage.DOT
    is_quoted = bool(reply.code) and " of " in reply.text
    return not accepted_elsewhere and (
        not is_quoted or reply.text.endswith(f" of {outcome.delivery_id}")
    )


CODES = st.sampled_from([250, 250, 250, 354, 354, 421, 450, 550, 220, 503])
UNASKED = {"garbage": b"what\r\n", "extra": b"250 ok\r\n" * 9}


@settings(max_examples=150, deadline=None)
@given(
    mode=st.sampled_from(Mode),
    depth=st.integers(1, 4),
    codes=st.lists(CODES, max_size=12),
    cuts=st.lists(st.integers(1, 60), min_size=1, max_size=20),
    ending=st.sampled_from(["drop", "stall", *UNASKED]),
    ends_after=st.integers(0, 40),
    withdraws_after=st.integers(0, 40),
)
def test_each_letter_has_one_end_and_its_own(
    mode, depth, codes, cuts, ending, ends_after, withdraws_after
):
    """Random replies, split at random; the connection ends at random; letters are withdrawn."""
    play = Play(open_conversation(mode, depth), Server(codes=codes))
    for step in range(ends_after):
        play.write()
        if step == withdraws_after:
            play.withdraw()
        if play.conversation.phase is not Phase.ENDED:
            play.receive(cuts[step % len(cuts)])
    if play.conversation.phase is not Phase.ENDED:
        play.write()
        play.end(ending)

    assert play.ends() == Counter(range(6))
    assert all(map(is_its_own, play.outcomes()))
    accepted = {each.delivery_id for each in play.outcomes() if each.kind == "accepted"}
    undelivered = {
        each.delivery_id for each in play.outcomes() if each.kind in {"deferred", "failed"}
    }
    undelivered |= {*returned(play.events), *play.withdrawn}
    # An extra "250 ok" at the very end may come just where an answer is due: nobody can tell.
    if ending != "extra":
        assert accepted <= set(play.server.took)
    # What is given up, or tried again, was delivered by nobody.
    assert not undelivered & set(play.server.took)


@settings(max_examples=100, deadline=None)
@given(mode=st.sampled_from(Mode), parts=st.lists(st.binary(max_size=200), max_size=20))
def test_random_octets_end_it_or_do_not_and_never_break_it(mode, parts):
    conversation = open_conversation(mode)
    events = list(conversation.carry(make_letter(1)))
    write(conversation)
    for part in parts:
        if conversation.phase is not Phase.ENDED:
            events += conversation.receive(part)
            write(conversation)
    if conversation.phase is not Phase.ENDED:
        events += conversation.lose("over")

    assert sum(isinstance(event, Outcome | Returned) for event in events) == 1


@settings(max_examples=60, deadline=None)
@given(parts=st.lists(st.binary(max_size=300), max_size=20))
def test_random_octets_instead_of_a_greeting_are_harmless(parts):
    conversation = Conversation(SmtpConfig(host="mail.example", port=25), "us.example")
    for part in parts:
        if conversation.phase is not Phase.ENDED:
            conversation.receive(part)
            write(conversation)


@pytest.mark.parametrize("octets", [b"x" * 1_000, b"250-x\r\n", b"250-" + b"x" * 500])
def test_what_a_server_makes_us_keep_is_bounded(octets):
    conversation = open_conversation(Mode.LOCKSTEP)
    fed = 0
    while conversation.phase is not Phase.ENDED:
        conversation.receive(octets)
        fed += len(octets)

    assert fed <= LONGEST_LINE * MOST_LINES


def run(mode: Mode, codes: list[int], letters: int = 2, depth: int = 1) -> tuple[list, Server]:
    """Let a server answer with these codes, and return the events."""
    conversation, server = open_conversation(mode, depth), Server(codes=codes)
    waiting = [make_letter(number) for number in range(1, letters + 1)]
    events: list[object] = []
    while conversation.phase is not Phase.ENDED:
        while waiting and conversation.wants():
            events += conversation.carry(waiting.pop(0))
        replies = server.read(write(conversation))
        if not replies:
            break
        for reply in replies:
            if conversation.phase is not Phase.ENDED:
                events += conversation.receive(reply)
    return events, server


def kinds(events: list) -> dict[int, str]:
    return {event.delivery_id: event.kind.value for event in events if isinstance(event, Outcome)}


def test_with_pipelining_the_next_letter_travels_behind_this_ones_content():
    conversation = open_conversation(Mode.PIPELINING)
    conversation.carry(make_letter(1))
    first = write(conversation)
    conversation.receive(b"250 ok\r\n250 ok\r\n354 go on\r\n")
    conversation.carry(make_letter(2))

    assert first.endswith(b"<r1@people.example>\r\nDATA\r\n")
    assert write(conversation) == (
        b"Hello\r\n.\r\nMAIL FROM:<b-2@bounces.example>\r\nRCPT TO:<r2@people.example>\r\nDATA\r\n"
    )
    assert not conversation.wants()


def test_with_chunking_nothing_is_waited_for():
    conversation = open_conversation(Mode.CHUNKING, depth=2)
    conversation.carry(make_letter(1))
    conversation.carry(make_letter(2))

    assert write(conversation) == (
        b"MAIL FROM:<b-1@bounces.example>\r\nRCPT TO:<r1@people.example>\r\n"
        b"BDAT 7 LAST\r\nHello\r\nRSET\r\n"
        b"MAIL FROM:<b-2@bounces.example>\r\nRCPT TO:<r2@people.example>\r\n"
        b"BDAT 7 LAST\r\nHello\r\n"
    )
    assert not conversation.wants()


def test_a_chunk_has_no_dots_before_dots():
    conversation = open_conversation(Mode.CHUNKING)
    conversation.carry(make_letter(1, (b"..a\r\nb\r\n", b"..c\r\n")))

    assert write(conversation).endswith(b"BDAT 11 LAST\r\n.a\r\nb\r\n.c\r\n")


def test_a_354_without_a_recipient_gets_a_lone_dot_and_the_next_goes_on():
    events, server = run(Mode.PIPELINING, [250, 550, 354, 554])

    assert kinds(events) == {1: "failed", 2: "accepted"}
    assert server.asked[:5] == ["MAIL", "RCPT", "DATA", "DOT", "RSET"]
    assert server.took == [2]


def test_a_5yz_to_data_gets_nothing_and_the_next_goes_on():
    events, server = run(Mode.PIPELINING, [250, 450, 503])

    assert kinds(events) == {1: "deferred", 2: "accepted"}
    assert server.asked[:4] == ["MAIL", "RCPT", "DATA", "RSET"]


def test_a_354_for_a_refused_sender_and_a_recipient_is_hung_up_on():
    events, server = run(Mode.PIPELINING, [550, 250, 354])

    assert kinds(events) == {1: "failed"}
    assert isinstance(events[-1], Ended)
    assert server.took == []


def test_what_was_announced_can_be_withdrawn_and_a_dot_would_deliver_it_empty():
    conversation = open_conversation(Mode.PIPELINING)
    conversation.carry(make_letter(1))
    write(conversation)

    (letter,) = conversation.withdraw()
    events = conversation.receive(b"250 ok\r\n250 ok\r\n354 go on\r\n")

    assert letter.message.delivery_id == 1
    assert write(conversation) == b""
    assert [type(event) for event in events] == [Ended]


def test_a_withdrawn_letter_costs_a_server_of_one_command_a_time_a_reset():
    conversation = open_conversation(Mode.LOCKSTEP)
    conversation.carry(make_letter(1))
    write(conversation)
    conversation.withdraw()

    assert conversation.receive(b"250 ok\r\n") == []
    conversation.carry(make_letter(2))
    assert write(conversation).startswith(b"RSET\r\nMAIL FROM:<b-2@")


def test_with_chunking_a_refusal_touches_no_other_letter():
    events, server = run(Mode.CHUNKING, [250, 550, 554], letters=3, depth=3)

    assert kinds(events) == {1: "failed", 2: "accepted", 3: "accepted"}
    assert server.took == [2, 3]


def test_an_ok_to_the_chunk_of_a_refused_recipient_is_no_acceptance():
    events, _ = run(Mode.CHUNKING, [250, 550, 250], letters=1)

    assert kinds(events) == {1: "failed"}


def test_421_defers_its_letter_and_returns_those_behind_it():
    events, _ = run(Mode.CHUNKING, [250, 250, 421], letters=3, depth=3)

    assert kinds(events) == {1: "deferred"}
    assert returned(events) == [2, 3]


def test_a_drop_makes_every_whole_letter_uncertain_and_returns_the_rest():
    conversation = open_conversation(Mode.CHUNKING, depth=3)
    for number in (1, 2, 3):
        conversation.carry(make_letter(number))
    conversation.take_output()
    conversation.passed = conversation.queued - 1

    events = conversation.lose("it broke")

    assert kinds(events) == {1: "uncertain", 2: "uncertain"}
    assert returned(events) == [3]


def test_content_that_has_not_left_is_not_uncertain():
    conversation = open_conversation(Mode.LOCKSTEP)
    conversation.carry(make_letter(1))
    for reply in (b"250 ok\r\n", b"250 ok\r\n", b"354 go on\r\n"):
        write(conversation)
        conversation.receive(reply)
    conversation.take_output()
    conversation.passed = conversation.queued - 1

    (outcome, _) = conversation.lose("it broke")

    assert (outcome.kind, outcome.reply.stage) == (OutcomeKind.DEFERRED, Stage.DATA)


def test_a_reply_that_comes_before_its_question_has_left_is_no_answer():
    conversation = open_conversation(Mode.PIPELINING)
    conversation.carry(make_letter(1))

    (outcome, _) = conversation.receive(b"250 ok\r\n")

    assert outcome.kind is OutcomeKind.DEFERRED
    assert "make no sense here: 250 ok" in outcome.reply.text


def test_a_server_that_does_not_know_ehlo_is_greeted_as_of_old():
    conversation = Conversation(SmtpConfig(host="mail.example", port=25), "us.example")
    conversation.receive(b"220 hello\r\n")
    write(conversation)
    conversation.receive(b"502 what?\r\n")

    assert write(conversation) == b"HELO us.example\r\n"
    conversation.receive(b"250 hello\r\n")
    assert (conversation.phase, conversation.mode) == (Phase.READY, Mode.LOCKSTEP)


@pytest.mark.parametrize(
    ("features", "mail"),
    [
        ("250-hello\r\n250 8BITMIME", b"MAIL FROM:<b-1@bounces.example> BODY=8BITMIME\r\n"),
        ("250 hello", b""),
    ],
)
def test_content_that_is_not_ascii_goes_where_8bitmime_is_offered(features, mail):
    conversation = Conversation(SmtpConfig(host="mail.example", port=25), "us.example")
    for line in ("220 hello", features):
        conversation.receive(f"{line}\r\n".encode())
        write(conversation)

    events = conversation.carry(make_letter(1, "é\r\n".encode()))

    assert write(conversation) == mail
    assert kinds(events) == ({} if mail else {1: "failed"})


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("content", [b"Hello\r\n", (b"Hel", b"lo\r\n")])
def test_a_server_has_nothing_to_deliver_before_the_last_octets_are_written(mode, content):
    conversation, server = open_conversation(mode, depth=2), Server()
    letters = [make_letter(1, content), make_letter(2, content)]
    for _ in range(4):
        if letters and conversation.wants():
            conversation.carry(letters.pop(0))
        octets = b"".join(conversation.take_output(whole=False))
        conversation.passed += len(octets)
        for reply in server.read(octets):
            conversation.receive(reply)

    assert server.took == []
    assert conversation.holds_back

    server.read(write(conversation))
    assert server.took[:1] == [1]
    assert not conversation.holds_back


@pytest.mark.parametrize("mode", Mode)
def test_a_message_without_its_last_octets_is_certainly_not_delivered(mode):
    conversation, server = open_conversation(mode), Server()
    conversation.carry(make_letter(1))
    while not conversation.holds_back:
        octets = b"".join(conversation.take_output(whole=False))
        conversation.passed += len(octets)
        for reply in server.read(octets):
            conversation.receive(reply)
    conversation.passed += len(b"".join(conversation.take_output(whole=False)))

    events = conversation.lose("it broke", silent=True)

    (outcome,) = (event for event in events if isinstance(event, Outcome))
    assert outcome.kind is OutcomeKind.DEFERRED

"""The SMTP session, against real servers that behave well, badly, and not at all."""

from __future__ import annotations

import selectors
import socket
import struct
import time

import pytest
from aiosmtpd.controller import Controller

from mailer.transport.smtp.config import SmtpConfig
from mailer.transport.smtp.pool import SmtpTransport
from mailer.transport.smtp.session import Session
from mailer.types import OutcomeKind, Stage
from tests.fakes.servers import free_port
from tests.fakes.smtp_server import DROP, GOOD, STALL, drip, flood, late, reset
from tests.fakes.transports import deliver

RESET = "reset"
FAULTS = ["451 later", "550 never", "421 closing", DROP, STALL, "nonsense", "250", drip]
# What a refusal for good means at each stage: before MAIL it concerns no message.
REFUSED = {
    "connect": OutcomeKind.DEFERRED,
    "ehlo": OutcomeKind.DEFERRED,
    "mail": OutcomeKind.FAILED,
    "rcpt": OutcomeKind.FAILED,
    "data": OutcomeKind.FAILED,
    "dot": OutcomeKind.FAILED,
}
NO_REPLY = {DROP, STALL, "nonsense", drip}


def expect(stage: str, fault: object) -> OutcomeKind:
    """Return what the rules of ``Transport`` make of a fault at a stage."""
    if fault == "550 never":
        return REFUSED[stage]
    if stage == "dot" and fault in NO_REPLY:
        return OutcomeKind.UNCERTAIN
    if fault == "250" and stage != "data":
        return OutcomeKind.ACCEPTED
    return OutcomeKind.DEFERRED


def test_a_message_is_accepted_with_the_servers_words(serve, send):
    server = serve()

    (outcome,) = send(server)

    reply = outcome.reply
    assert outcome.kind is OutcomeKind.ACCEPTED
    assert (reply.code, reply.status, reply.text, reply.stage) == (
        250,
        "2.0.0",
        "queued",
        Stage.DOT,
    )
    assert server.messages == [b"Subject: x\r\n\r\nHello\r\n"]


def test_a_real_server_receives_what_was_sent(message):
    received = []

    class Handler:
        async def handle_DATA(self, _server, _session, envelope):  # noqa: N802 - aiosmtpd's name
            received.append((envelope.mail_from, envelope.rcpt_tos, envelope.content))
            return "250 2.6.0 kept"

    controller = Controller(Handler(), hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        transport = SmtpTransport(SmtpConfig(host="127.0.0.1", port=controller.port))
        stuffed = message(content=b"Subject: x\r\n\r\n..hidden\r\n")
        outcomes = list(deliver(transport, [stuffed]))
        transport.close()
    finally:
        controller.stop()

    assert [str(outcome.reply) for outcome in outcomes] == ["250 2.6.0 kept"]
    assert received == [
        ("b-1@bounces.example", ["ada@people.example"], b"Subject: x\r\n\r\n.hidden\r\n")
    ]


def test_a_connection_is_kept_between_messages(serve, send, message):
    server = serve()

    send(server, message(1), message(2), message(3))

    assert server.connections == 1
    assert server.commands[-1] == "QUIT"


def test_a_connection_is_kept_between_two_sendings(serve, connect, message):
    server = serve()
    transport = connect(server)

    list(deliver(transport, [message(1)]))
    list(deliver(transport, [message(2)]))
    transport.close()

    assert server.connections == 1


def test_a_connection_is_renewed_when_it_has_carried_enough(serve, send, message):
    server = serve()

    outcomes = send(server, *map(message, range(5)), messages_per_connection=2)

    assert server.connections == 3
    assert [outcome.kind for outcome in outcomes] == [OutcomeKind.ACCEPTED] * 5


def test_a_message_is_taken_only_when_the_one_before_is_decided(serve, connect, message):
    events = []

    def messages():
        for number in (1, 2):
            events.append(f"take {number}")
            yield message(number)

    transport = connect(serve())
    events.extend(f"decide {outcome.delivery_id}" for outcome in deliver(transport, messages()))
    transport.close()

    assert events == ["take 1", "decide 1", "take 2", "decide 2"]


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("stage", REFUSED)
def test_each_fault_at_each_stage_has_its_outcome(serve, send, stage, fault):
    (outcome,) = send(serve(**{stage: fault}))

    assert outcome.kind is expect(stage, fault)
    assert outcome.delivery_id == 1


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault != "250"])
@pytest.mark.parametrize("stage", REFUSED)
def test_no_fault_touches_the_next_message(serve, send, message, stage, fault):
    server = serve(**{stage: [fault, GOOD[stage]]})

    first, second = send(server, message(1), message(2))

    assert first.kind is not OutcomeKind.ACCEPTED
    assert (second.delivery_id, second.kind) == (2, OutcomeKind.ACCEPTED)


@pytest.mark.parametrize("fault", FAULTS)
def test_no_fault_at_quit_matters(serve, send, fault):
    (outcome,) = send(serve(quit=fault))

    assert outcome.kind is OutcomeKind.ACCEPTED


@pytest.mark.parametrize(
    ("stage", "odd", "kind"),
    [("data", "250 ok", OutcomeKind.DEFERRED), ("dot", "354 go on", OutcomeKind.UNCERTAIN)],
)
def test_a_reply_that_makes_no_sense_is_not_taken_for_a_yes(serve, send, stage, odd, kind):
    (outcome,) = send(serve(**{stage: odd}))

    assert (outcome.kind, outcome.reply.code) == (kind, 0)


@pytest.mark.parametrize("stage", ["mail", "rcpt", "data", "dot"])
def test_a_reply_that_comes_too_late_is_nobodys(serve, send, message, stage):
    answer = late(GOOD[stage].encode() + b"\r\n", seconds=0.5)
    server = serve(**{stage: [answer, "550 5.1.1 nobody here"]})

    first, second = send(server, message(1), message(2))

    assert first.kind is expect(stage, STALL)
    assert (second.kind, second.reply.status) == (OutcomeKind.FAILED, "5.1.1")


@pytest.mark.parametrize("stage", ["mail", "rcpt", "data"])
def test_words_that_nobody_asked_for_are_no_answer(serve, send, stage):
    server = serve(**{stage: f"{GOOD[stage]}\n250 queued already"})

    (outcome,) = send(server)

    assert outcome.kind is OutcomeKind.DEFERRED
    assert "make no sense here: 250 queued already" in outcome.reply.text
    assert server.messages == []


def test_words_after_the_last_reply_do_not_answer_for_the_next_message(serve, send, message):
    server = serve(dot=["250 ok\n250 ok\n250 ok\n354 go on\n250 ok", "550 5.1.1 nobody here"])

    first, second = send(server, message(1), message(2))

    assert first.kind is OutcomeKind.ACCEPTED
    assert (second.kind, second.reply.status) == (OutcomeKind.FAILED, "5.1.1")
    assert server.connections == 2


def test_a_reset_in_mid_body_delivers_nothing(serve, send, message):
    large = message(content=b"x" * 70 + b"\r\n" + (b"y" * 70 + b"\r\n") * 200_000)
    server = serve(body=reset)

    (outcome,) = send(server, large, message_seconds=5)

    assert (outcome.kind, outcome.reply.stage) == (OutcomeKind.DEFERRED, Stage.DATA)


def test_a_server_that_takes_no_content_is_left_in_time(serve, send, message):
    large = message(content=b"x" * 70 + b"\r\n" + (b"y" * 70 + b"\r\n") * 200_000)

    (outcome,) = send(serve(body=STALL), large)

    assert outcome.kind is OutcomeKind.DEFERRED
    assert outcome.reply.text == "no reply in time (data)"


@pytest.mark.parametrize("octets", [b"250 " + b"x" * 20_000, b"250-x\r\n" * 101, b"25\r\n"])
def test_a_reply_without_end_is_refused(serve, send, octets):
    (outcome,) = send(serve(mail=flood(octets)), command_seconds=20)

    assert outcome.kind is OutcomeKind.DEFERRED
    assert "make no sense here" in outcome.reply.text


def test_a_reply_of_several_lines_is_read_whole(serve, send):
    (outcome,) = send(serve(rcpt="550-5.1.1 There is\n550 5.1.1 nobody here"))

    assert (outcome.reply.status, outcome.reply.text) == ("5.1.1", "There is nobody here")


@pytest.mark.parametrize("after", ["550 no", DROP, STALL, "421 bye"])
def test_a_refusal_stands_whatever_comes_of_the_reset(serve, send, message, after):
    server = serve(rcpt=["550 5.1.1 unknown", "250 ok"], rset=after)

    first, second = send(server, message(1), message(2))

    assert (first.kind, first.reply.status) == (OutcomeKind.FAILED, "5.1.1")
    assert second.kind is OutcomeKind.ACCEPTED


def test_a_refused_recipient_leaves_the_connection_for_the_next(serve, send, message):
    server = serve(rcpt=["550 5.1.1 unknown", "250 ok"])

    send(server, message(1), message(2))

    assert server.connections == 1
    assert "RSET" in server.commands


@pytest.mark.parametrize("farewell", [DROP, RESET, "421 idle for too long"])
def test_a_kept_connection_that_the_server_closed_is_opened_anew(serve, connect, message, farewell):
    def hang_up(connection: socket.socket) -> bool:
        connection.sendall(b"250 ok\r\n")
        if farewell == RESET:
            time.sleep(0.05)  # a reset overtakes what was written just before it
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return False
        if farewell != DROP:
            connection.sendall(farewell.encode() + b"\r\n")
        connection.shutdown(socket.SHUT_RDWR)
        return False

    server = serve(dot=[hang_up, "250 ok"])

    def messages():
        yield message(1)
        time.sleep(0.2)  # so that the farewell has arrived
        yield message(2)

    transport = connect(server)
    outcomes = list(deliver(transport, messages()))
    transport.close()

    assert [outcome.kind for outcome in outcomes] == [OutcomeKind.ACCEPTED] * 2
    assert server.connections == 2


def test_a_worker_told_to_stop_in_mid_message_leaves_no_half_conversation(
    serve, connect, message, monkeypatch
):
    server = serve()
    transport = connect(server)
    list(deliver(transport, [message(1)]))

    with monkeypatch.context() as patch:
        patch.setattr(transport, "_turn", lambda *_: (_ for _ in ()).throw(SystemExit))
        with pytest.raises(SystemExit):
            list(deliver(transport, [message(2)]))
    torn, outcome = deliver(transport, [message(3)])
    transport.close()

    assert (torn.delivery_id, torn.kind) == (2, OutcomeKind.DEFERRED)
    assert (outcome.delivery_id, outcome.kind) == (3, OutcomeKind.ACCEPTED)
    assert server.connections == 2


def test_closing_twice_is_closing_once(serve, connect, message):
    server = serve()
    transport = connect(server)
    list(deliver(transport, [message()]))

    transport.close()
    transport.close()

    assert server.commands.count("QUIT") == 1


def test_a_domain_that_is_not_ascii_travels_in_idna(serve, send, message):
    server = serve()

    send(server, message(recipient="ada@bücher.example"))

    assert "RCPT TO:<ada@xn--bcher-kva.example>" in server.commands


def test_an_address_that_is_not_ascii_travels_where_smtputf8_is_offered(serve, send, message):
    server = serve(ehlo="250-hello\n250 SMTPUTF8")

    (outcome,) = send(server, message(recipient="jörg@people.example"))

    assert outcome.kind is OutcomeKind.ACCEPTED
    assert "MAIL FROM:<b-1@bounces.example> SMTPUTF8" in server.commands


def test_an_address_that_is_not_ascii_fails_where_it_is_not(serve, send, message):
    server = serve()

    (outcome,) = send(server, message(recipient="jörg@people.example"))

    assert (outcome.kind, outcome.reply.status) == (OutcomeKind.FAILED, "5.6.7")
    assert server.messages == []


def test_the_size_is_told_where_the_server_wants_to_know(serve, send):
    server = serve(ehlo="250-hello\n250 SIZE 100")

    send(server)

    assert "MAIL FROM:<b-1@bounces.example> SIZE=21" in server.commands


@pytest.mark.parametrize("limit", ["0", "", "much", "1" * 5_000, "²"])
def test_a_size_that_is_none_limits_nothing(serve, send, limit):
    (outcome,) = send(serve(ehlo=f"250-hello\n250 SIZE {limit}"))

    assert outcome.kind is OutcomeKind.ACCEPTED


def test_a_message_larger_than_the_server_allows_is_not_begun(serve, send):
    server = serve(ehlo="250-hello\n250 SIZE 5")

    (outcome,) = send(server)

    assert (outcome.kind, outcome.reply.status) == (OutcomeKind.FAILED, "5.3.4")
    assert server.messages == []


@pytest.mark.parametrize(
    "address",
    [
        "a@b\r\nRCPT TO:<x@y>",
        "a@b> SIZE=1",
        "a b@c",
        "nobody",
        "@",
        "a@b\u2028c",
        "a@ex..ample.é",
        "\0@b",
        "\ud800@b",
        "a\x85@b",
        "a@" + "b" * 260,
    ],
)
def test_an_address_that_could_end_its_line_is_never_sent(serve, send, message, address):
    server = serve()

    (to,) = send(server, message(recipient=address))
    (sender,) = send(server, message(sender=address.replace("é", "\n")))

    assert (to.kind, to.reply.code) == (OutcomeKind.FAILED, 553)
    assert sender.kind is OutcomeKind.FAILED
    assert server.connections == 0


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"a",
        b"a\r\nb",
        b"a\nb\r\n",
        b"a\rb\r\n",
        b"a\n.\nMAIL FROM:<evil@x>\r\n",
        b"a\r\n.\nb\r\n",
        b"a\n.\r\nb\r\n",
        b"a\r\n.\r\nMAIL FROM:<evil@x>\r\n",
        b".\r\na\r\n",
    ],
)
def test_content_with_an_end_before_its_end_is_never_sent(serve, send, message, content):
    server = serve()

    (outcome,) = send(server, message(content=content))

    assert (outcome.kind, outcome.reply.status) == (OutcomeKind.FAILED, "5.6.0")
    assert server.connections == 0


def test_what_was_not_begun_can_be_withdrawn(serve, connect, message):
    server = serve()
    transport = connect(server)
    transport.submit(message(1))

    assert (transport.pending(), transport.room()) == (1, 1)
    assert transport.withdraw() == [1]
    assert (transport.pending(), transport.room(), transport.wait(1)) == (0, 2, [])
    assert server.connections == 0


def test_a_session_may_be_left_twice(serve):
    config = SmtpConfig(host="127.0.0.1", port=serve().port)
    with selectors.DefaultSelector() as selector:
        place = socket.AF_INET, (config.host, config.port)
        session = Session(config, selector, [place], now=0.0)

        told = [session.abandon("over"), session.abandon("over")]

        assert [len(events) for events in told] == [1, 1]
        assert list(selector.get_map()) == []

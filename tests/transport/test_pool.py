"""The connections that a worker keeps: opened, filled, withdrawn from, given up and parted with."""

from __future__ import annotations

import base64
import hmac
import os
import socket
import time

import pytest

from mailer.transport.smtp.channel import Channel
from mailer.transport.smtp.config import Security, SmtpConfig
from mailer.transport.smtp.pool import SmtpTransport
from mailer.types import OutcomeKind, Stage
from tests.fakes.servers import free_port
from tests.fakes.smtp_server import DROP, STALL, flood, late
from tests.fakes.transports import deliver

PIPELINING = "250-hello\n250 PIPELINING"
CHUNKING = "250-hello\n250-PIPELINING\n250 CHUNKING"
CHALLENGE = "PDEyMzRAbWFpbC5leGFtcGxlPg=="  # <1234@mail.example>


def submit_all(transport, *messages):
    for each in messages:
        transport.submit(each)


def wait_for(transport, count: int) -> list:
    outcomes = []
    end = time.monotonic() + 20
    while len(outcomes) < count and time.monotonic() < end:
        outcomes += transport.wait(1)
    return outcomes


def test_waiting_ends_when_the_time_is_over(serve, connect, message):
    transport = connect(serve(dot=STALL), message_seconds=30)
    transport.submit(message(1))

    began = time.monotonic()
    assert transport.wait(0.1) == []
    assert 0.1 <= time.monotonic() - began < 5
    assert transport.pending() == 1
    transport.close()


def test_a_message_that_can_never_be_sent_is_pending_until_its_outcome_is_fetched(
    connect, serve, message
):
    transport = connect(serve())
    transport.submit(message(1, recipient="nobody"))

    assert transport.pending() == 1
    (outcome,) = transport.wait(0)
    assert (outcome.kind, transport.pending()) == (OutcomeKind.FAILED, 0)


def test_room_is_what_keeps_the_connections_busy_and_one_more(serve, connect, message):
    transport = connect(serve(ehlo=PIPELINING))
    assert transport.room() == 2
    list(deliver(transport, [message(1)]))

    assert transport.room() == 3
    submit_all(transport, message(2), message(3), message(4), message(5))
    assert (transport.room(), transport.pending()) == (0, 4)
    assert {outcome.delivery_id for outcome in wait_for(transport, 4)} == {2, 3, 4, 5}
    transport.close()


def test_no_connection_is_opened_while_none_is_allowed(serve, connect, message):
    transport = connect(serve())
    transport.limit(0)
    transport.submit(message(1))

    assert transport.wait(0.05) == []
    transport.limit(1)
    [outcome] = transport.wait(10)
    transport.close()

    assert outcome.delivery_id == 1


def test_what_has_not_begun_is_withdrawn_and_what_has_is_not(serve, connect, message):
    server = serve(ehlo=PIPELINING, dot=["250 ok", late(b"250 ok\r\n", 0.8)])
    transport = connect(server, message_seconds=5, connections=1)
    list(deliver(transport, [message(1)]))
    submit_all(transport, message(2), message(3), message(4))
    while len(server.messages) < 2:
        transport.wait(0.05)

    withdrawn = transport.withdraw()

    # The second one's content has left; the third was announced behind it, the fourth waits.
    assert sorted(withdrawn) == [3, 4]
    assert transport.pending() == 1
    transport.close()
    assert [outcome.delivery_id for outcome in transport.wait(1)] == [2]
    assert len(server.messages) == 2


def test_a_withdrawn_message_is_not_delivered_empty(serve, connect, message):
    server = serve(ehlo=PIPELINING)
    transport = connect(server)
    list(deliver(transport, [message(1)]))
    submit_all(transport, message(2), message(3))
    outcomes = transport.wait(0)
    withdrawn = transport.withdraw()
    outcomes += wait_for(transport, 2 - len(withdrawn) - len(outcomes))
    outcomes += list(deliver(transport, [message(4)]))
    transport.close()

    sent = {outcome.delivery_id for outcome in outcomes}
    assert sent | set(withdrawn) == {2, 3, 4}
    assert b"" not in server.messages
    assert len(server.messages) == 1 + len(sent)


def test_closing_hangs_up_on_a_server_that_owes_us_a_reply(serve, connect, message):
    transport = connect(serve(dot=STALL), message_seconds=30)
    transport.submit(message(1))
    transport.wait(0.2)

    transport.close()

    (outcome,) = transport.wait(0)
    assert (outcome.kind, outcome.reply.text) == (OutcomeKind.UNCERTAIN, "we hung up")


def test_an_old_connection_is_renewed(serve, connect, message):
    server = serve()
    transport = connect(server, connection_seconds=0.1)
    list(deliver(transport, [message(1)]))
    time.sleep(0.2)

    list(deliver(transport, [message(2)]))
    transport.close()

    assert server.connections == 2
    assert server.commands.count("QUIT") == 2


def test_an_address_that_refuses_is_followed_by_the_next(serve, connect, message):
    # Nobody listens on [::1], which "localhost" is as well.
    server = serve()
    transport = connect(server, host="localhost")
    transport._resolver._found = [
        (socket.AF_UNIX + 4_000, ("no such kind of network",)),
        (socket.AF_INET6, ("::1", server.port)),
        (socket.AF_INET, ("127.0.0.1", server.port)),
    ]
    transport._resolver._until = time.monotonic() + 60

    (outcome,) = deliver(transport, [message(1)])
    transport.close()

    assert outcome.kind is OutcomeKind.ACCEPTED


def test_a_kind_of_network_that_this_machine_does_not_know_defers(serve, connect, message):
    transport = connect(serve())
    transport._resolver._found = [(socket.AF_UNIX + 4_000, ("no such kind",))]
    transport._resolver._until = time.monotonic() + 60

    (outcome,) = deliver(transport, [message(1)])

    assert (outcome.kind, outcome.reply.stage) == (OutcomeKind.DEFERRED, Stage.CONNECT)


def test_a_server_that_never_answers_the_network_is_left_in_time(message):
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        port = full.getsockname()[1]
        crowd = [socket.socket() for _ in range(4)]
        for each in crowd:
            each.setblocking(False)
            each.connect_ex(("127.0.0.1", port))
        time.sleep(0.1)
        config = SmtpConfig(host="127.0.0.1", port=port, connect_seconds=0.3)
        (outcome,) = deliver(SmtpTransport(config), [message(1)])
        for each in crowd:
            each.close()

    assert (outcome.kind, outcome.reply.stage) == (OutcomeKind.DEFERRED, Stage.CONNECT)
    assert "no connection in time" in outcome.reply.text


def test_a_server_that_is_gone_defers_message_after_message_without_a_storm(message):
    config = SmtpConfig(host="127.0.0.1", port=free_port(), backoff_seconds=0.05)
    transport = SmtpTransport(config)

    began = time.monotonic()
    outcomes = list(deliver(transport, map(message, range(4))))

    assert {(each.kind, each.reply.code) for each in outcomes} == {(OutcomeKind.DEFERRED, 0)}
    assert time.monotonic() - began >= 0.05 + 0.1 + 0.2


def test_a_server_that_greets_and_hangs_up_defers_message_after_message(serve, connect, message):
    server = serve(mail=DROP)
    transport = connect(server, backoff_seconds=0.05)

    began = time.monotonic()
    outcomes = list(deliver(transport, map(message, range(3))))
    transport.close()

    assert {each.reply.stage for each in outcomes} == {Stage.MAIL}
    assert time.monotonic() - began >= 0.05 + 0.1


@pytest.mark.parametrize(
    ("last_words", "code", "text"),
    [
        (b"421 4.3.2 going down\r\n", 421, "going down"),
        (b"", 0, "the connection broke"),
        (ConnectionResetError("reset"), 0, "the connection broke: broken"),
    ],
)
def test_a_goodbye_is_read_though_nobody_listens_any_more(
    serve, connect, message, monkeypatch, last_words, code, text
):
    write, read = Channel.write, Channel.read
    broken: list[Channel] = []

    def write_until_rcpt(channel: Channel, pieces: list[bytes]) -> None:
        if any(piece.startswith(b"RCPT") for piece in pieces):
            broken.append(channel)
            raise BrokenPipeError("broken")
        write(channel, pieces)

    def read_last_words(channel: Channel) -> bytes | None:
        if channel in broken and isinstance(last_words, Exception):
            raise last_words
        return last_words if channel in broken else read(channel)

    transport = connect(serve())
    monkeypatch.setattr(Channel, "write", write_until_rcpt)
    monkeypatch.setattr(Channel, "read", read_last_words)

    (outcome,) = deliver(transport, [message(1)])

    assert (outcome.kind, outcome.reply.code) == (OutcomeKind.DEFERRED, code)
    assert text in outcome.reply.text


def test_a_flood_under_tls_is_read_in_turns_and_refused(serve, connect, message, certificates):
    server = serve(tls=certificates.server, at_once=True, mail=flood(b"250-x\r\n" * 60_000))
    transport = connect(
        server, connect_seconds=5, security=Security.IMPLICIT, ca_file=certificates.ca_file
    )

    (outcome,) = deliver(transport, [message(1)])

    assert outcome.kind is OutcomeKind.DEFERRED
    assert "make no sense here" in outcome.reply.text


def test_an_address_that_no_connection_can_have_defers(message):
    config = SmtpConfig(host="255.255.255.255", port=25, connect_seconds=0.3)

    (outcome,) = deliver(SmtpTransport(config), [message(1)])

    assert (outcome.kind, outcome.reply.stage) == (OutcomeKind.DEFERRED, Stage.CONNECT)


def test_a_large_message_goes_in_many_writes_and_arrives_whole(serve, connect, message):
    content = os.urandom(3_000_000).hex().encode() + b"\r\n"
    server = serve(ehlo=CHUNKING)
    transport = connect(server, message_seconds=20)

    (outcome,) = deliver(transport, [message(1, content=content)])
    transport.close()

    assert outcome.kind is OutcomeKind.ACCEPTED
    assert server.messages == [content]


def test_a_large_message_goes_under_tls_and_arrives_whole(serve, connect, message, certificates):
    content = os.urandom(1_000_000).hex().encode() + b"\r\n"
    server = serve(tls=certificates.server, at_once=True, ehlo=PIPELINING)
    transport = connect(
        server,
        message_seconds=20,
        connect_seconds=5,
        security=Security.IMPLICIT,
        ca_file=certificates.ca_file,
    )

    (outcome,) = deliver(transport, [message(1, content=content)])
    transport.close()

    assert outcome.kind is OutcomeKind.ACCEPTED
    assert server.messages == [content]


def test_we_log_in_by_cram_md5_rather_than_by_login(serve, send):
    digest = hmac.new(b"secret", b"<1234@mail.example>", "md5").hexdigest()
    answer = b"ada " + digest.encode()
    server = serve(
        ehlo="250-hello\n250 AUTH LOGIN CRAM-MD5", auth=f"334 {CHALLENGE}", login="235 welcome"
    )

    (outcome,) = send(server, username="ada", password="secret")

    assert outcome.kind is OutcomeKind.ACCEPTED
    assert server.commands[1] == "AUTH CRAM-MD5"
    assert base64.b64decode(server.commands[2]) == answer


def test_a_challenge_that_is_none_ends_it(serve, send):
    server = serve(ehlo="250-hello\n250 AUTH CRAM-MD5", auth="334 ?!")

    (outcome,) = send(server, username="ada", password="secret")

    assert (outcome.kind, outcome.reply.stage) == (OutcomeKind.DEFERRED, Stage.AUTH)


@pytest.mark.parametrize("features", [PIPELINING, CHUNKING])
def test_many_messages_arrive_once_each(serve, connect, message, features):
    server = serve(ehlo=features)
    transport = connect(server, messages_per_connection=7)
    sent, outcomes = 0, []
    while sent < 50 or transport.pending():
        for _ in range(min(transport.room(), 50 - sent)):
            sent += 1
            transport.submit(message(sent, content=b"Number: %d\r\n" % sent))
        outcomes += transport.wait(5)
    transport.close()

    assert {outcome.kind for outcome in outcomes} == {OutcomeKind.ACCEPTED}
    assert sorted(server.messages) == sorted(b"Number: %d\r\n" % each for each in range(1, 51))
    assert server.connections == 8


@pytest.mark.parametrize("ehlo", [PIPELINING, CHUNKING])
def test_no_message_ends_before_the_caller_knows_of_the_one_before(serve, connect, message, ehlo):
    server = serve(ehlo=ehlo)
    transport = connect(server, connections=1)
    list(deliver(transport, [message(1)]))
    submit_all(transport, message(2), message(3), message(4))

    for known in (2, 3):
        outcomes = wait_for(transport, 1)
        time.sleep(0.1)
        assert [outcome.delivery_id for outcome in outcomes] == [known]
        assert len(server.messages) == known
    transport.abandon()
    outcomes = wait_for(transport, 1)
    transport.close()

    assert [(each.delivery_id, each.kind) for each in outcomes] == [(4, OutcomeKind.DEFERRED)]
    assert len(server.messages) == 3

"""The SMTP session, against real servers that behave well, badly, and not at all."""

from __future__ import annotations

import dataclasses
import socket
import threading
from collections.abc import Iterator

import pytest

from mailer.errors import InvalidSetting
from mailer.transport.memory import MemoryTransport
from mailer.transport.smtp.config import Security, SmtpConfig
from mailer.transport.smtp.session import SmtpTransport
from mailer.types import OutcomeKind, OutgoingMessage, Stage

GOOD = {
    "connect": "220 hello",
    "ehlo": "250 hello",
    "mail": "250 ok",
    "rcpt": "250 ok",
    "data": "354 go on",
    "dot": "250 2.0.0 queued",
    "rset": "250 ok",
    "quit": "221 bye",
}
DROP, STALL = "drop", "stall"


class ScriptedServer:
    """A server that says at each stage what its script says; ``drop`` hangs up, ``stall`` waits.

    A stage's answer may be a list: one for each time that the stage is reached.
    """

    def __init__(self, **answers: str | list[str]) -> None:
        self.answers = {**GOOD, **answers}
        self.commands: list[str] = []
        self.messages: list[bytes] = []
        self.connections = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._done = threading.Event()
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._done.set()
        self._socket.close()

    def _serve(self) -> None:
        while not self._done.is_set():
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as lines:
            going = self._answer(connection, "connect")
            while going:
                line = lines.readline()
                if not line:
                    return
                verb = line[:4].decode().strip().lower()
                self.commands.append(line.decode().strip())
                going = self._answer(connection, verb) and verb != "quit"
                if going and verb == "data" and self.last.startswith("354"):
                    self.messages.append(self._read_message(lines))
                    going = self._answer(connection, "dot")

    def _read_message(self, lines) -> bytes:
        message = b""
        for line in lines:
            if line == b".\r\n":
                break
            message += line
        return message

    def _answer(self, connection: socket.socket, stage: str) -> bool:
        answer = self.answers.get(stage, "502 what?")
        if isinstance(answer, list):
            answer = answer.pop(0) if len(answer) > 1 else answer[0]
        self.last = answer
        if answer == STALL:
            self._done.wait(3)
            return False
        if answer == DROP:
            connection.shutdown(socket.SHUT_RDWR)
            return False
        connection.sendall(answer.replace("\n", "\r\n").encode() + b"\r\n")
        return True


@pytest.fixture
def serve() -> Iterator:
    servers = []

    def serve(**answers: str | list[str]) -> ScriptedServer:
        servers.append(ScriptedServer(**answers))
        return servers[-1]

    yield serve
    for server in servers:
        server.close()


def message(number: int = 1, recipient: str = "ada@people.example") -> OutgoingMessage:
    return OutgoingMessage(
        delivery_id=number,
        sender="b-1@bounces.example",
        recipient=recipient,
        content=b"Subject: x\r\n\r\nHello\r\n",
    )


def connect(server: ScriptedServer, **changes: object) -> SmtpTransport:
    config = SmtpConfig(
        host="127.0.0.1",
        port=server.port,
        connect_seconds=0.3,
        command_seconds=0.3,
        message_seconds=0.3,
    )
    return SmtpTransport(dataclasses.replace(config, **changes))


def send(server: ScriptedServer, *messages: OutgoingMessage, **changes: object) -> list:
    transport = connect(server, **changes)
    outcomes = list(transport.send(messages or [message()]))
    transport.close()
    return outcomes


def test_a_message_is_accepted_with_the_servers_words(serve):
    server = serve()
    (outcome,) = send(server)

    assert outcome.kind is OutcomeKind.ACCEPTED
    assert (outcome.reply.code, outcome.reply.status, outcome.reply.text) == (
        250,
        "2.0.0",
        "queued",
    )
    assert server.messages == [b"Subject: x\r\n\r\nHello\r\n"]


def test_a_connection_is_kept_between_messages(serve):
    server = serve()
    send(server, message(1), message(2), message(3))

    assert server.connections == 1
    assert server.commands[-1].upper() == "QUIT"


def test_a_connection_is_renewed_when_it_has_carried_enough(serve):
    server = serve()
    outcomes = send(server, *(message(n) for n in range(5)), messages_per_connection=2)

    assert server.connections == 3
    assert all(outcome.kind is OutcomeKind.ACCEPTED for outcome in outcomes)


EXPECTED = {
    "connect": OutcomeKind.DEFERRED,
    "ehlo": OutcomeKind.DEFERRED,
    "mail": OutcomeKind.FAILED,
    "rcpt": OutcomeKind.FAILED,
    "data": OutcomeKind.FAILED,
    "dot": OutcomeKind.FAILED,
}


@pytest.mark.parametrize("stage", EXPECTED)
@pytest.mark.parametrize(
    "answer", ["451 later", "550 never", "421 closing", DROP, STALL, "nonsense"]
)
def test_each_stage_and_fault_has_its_outcome(serve, stage, answer):
    # RFC 5321 has HELO after a refused EHLO, so a server that refuses greets neither.
    faults = {stage: answer} | ({"helo": answer} if stage == "ehlo" else {})
    (outcome,) = send(serve(**faults))

    kind = OutcomeKind.DEFERRED
    if answer.startswith("550"):
        kind = EXPECTED[stage]
    elif stage == "dot" and answer in {DROP, STALL, "nonsense"}:
        kind = OutcomeKind.UNCERTAIN
    assert outcome.kind is kind
    assert outcome.delivery_id == 1


@pytest.mark.parametrize("stage", ["mail", "rcpt", "data", "dot"])
@pytest.mark.parametrize(
    "answer", ["451 later", "550 never", "421 closing", DROP, STALL, "nonsense"]
)
def test_no_fault_touches_the_next_message(serve, stage, answer):
    server = serve(**{stage: [answer, GOOD[stage]]})

    first, second = send(server, message(1), message(2))

    assert first.kind is not OutcomeKind.ACCEPTED
    assert (second.delivery_id, second.kind) == (2, OutcomeKind.ACCEPTED)


@pytest.mark.parametrize("stage", ["data", "dot"])
def test_a_reply_that_makes_no_sense_is_not_taken_for_a_yes(serve, stage):
    odd = {"data": "250 ok", "dot": "354 go on"}[stage]
    (outcome,) = send(serve(**{stage: odd}))

    assert outcome.kind is not OutcomeKind.ACCEPTED


@pytest.mark.parametrize("after", ["550 no", DROP])
def test_a_refusal_stands_whatever_comes_of_the_reset(serve, after):
    server = serve(rcpt=["550 5.1.1 unknown", "250 ok"], rset=after)

    first, second = send(server, message(1), message(2))

    assert (first.kind, first.reply.status) == (OutcomeKind.FAILED, "5.1.1")
    assert second.kind is OutcomeKind.ACCEPTED


def test_a_kept_connection_that_the_server_closed_is_opened_anew(serve):
    server = serve(mail=["250 ok", DROP, "250 ok"])

    outcomes = send(server, message(1), message(2))

    assert [outcome.kind for outcome in outcomes] == [OutcomeKind.ACCEPTED] * 2
    assert server.connections == 2


def test_nobody_listening_defers():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    transport = SmtpTransport(SmtpConfig(host="127.0.0.1", port=port, connect_seconds=0.3))

    (outcome,) = transport.send([message()])
    transport.close()

    assert (outcome.kind, outcome.reply.stage) == (OutcomeKind.DEFERRED, Stage.CONNECT)


@pytest.mark.parametrize(
    "address",
    ["a@b\r\nRCPT TO:<x@y>", "a@b>", "a b@c", "nobody", "@", "a@b\u2028c", "a@ex..ample.é", "\0@b"],
)
def test_an_address_that_could_end_its_line_is_never_sent(serve, address):
    server = serve()
    (outcome,) = send(server, message(recipient=address))

    assert outcome.kind is OutcomeKind.FAILED
    assert not any("RCPT" in command for command in server.commands)


def test_a_domain_that_is_not_ascii_travels_in_idna(serve):
    server = serve()
    send(server, message(recipient="ada@bücher.example"))

    assert "RCPT TO:<ada@xn--bcher-kva.example>" in server.commands


def test_an_address_that_is_not_ascii_needs_smtputf8(serve):
    (refused,) = send(serve(), message(recipient="jörg@people.example"))
    server = serve(ehlo="250-hello\n250 SMTPUTF8")
    (taken,) = send(server, message(recipient="jörg@people.example"))

    assert (refused.kind, refused.reply.status) == (OutcomeKind.FAILED, "5.6.7")
    assert taken.kind is OutcomeKind.ACCEPTED
    assert any(command.endswith("SMTPUTF8") for command in server.commands)


def test_a_message_larger_than_the_server_allows_is_not_begun(serve):
    server = serve(ehlo="250-hello\n250 SIZE 5")
    (outcome,) = send(server)

    assert (outcome.kind, outcome.reply.status) == (OutcomeKind.FAILED, "5.3.4")
    assert server.messages == []


def test_without_starttls_nothing_is_sent_where_it_is_required(serve):
    server = serve()
    (outcome,) = send(server, security=Security.STARTTLS)

    assert (outcome.kind, outcome.reply.stage) == (OutcomeKind.DEFERRED, Stage.TLS)
    assert server.messages == []


def test_a_server_that_refuses_the_log_in_defers(serve):
    server = serve(ehlo="250-hello\n250 AUTH PLAIN", auth="535 5.7.8 wrong password")
    (outcome,) = send(server, username="ada", password="secret")

    assert outcome.kind is OutcomeKind.DEFERRED
    assert (outcome.reply.stage, outcome.reply.status) == (Stage.AUTH, "5.7.8")


def test_a_transport_that_keeps_messages_accepts_all():
    transport = MemoryTransport()

    (outcome,) = transport.send([message()])
    transport.close()

    assert outcome.kind is OutcomeKind.ACCEPTED
    assert transport.messages == [message()]


@pytest.mark.parametrize(
    ("url", "host", "port", "security"),
    [
        ("smtp://mail.example", "mail.example", 587, Security.STARTTLS),
        ("smtp://mail.example:25?tls=none", "mail.example", 25, Security.NONE),
        ("smtps://mail.example", "mail.example", 465, Security.IMPLICIT),
        ("smtp://mail.example?tls=required", "mail.example", 587, Security.STARTTLS),
    ],
)
def test_an_address_says_how_to_talk(url, host, port, security):
    config = SmtpConfig.from_url(url)

    assert (config.host, config.port, config.security) == (host, port, security)


def test_a_password_may_have_any_character_and_is_not_shown():
    config = SmtpConfig.from_url("smtp://ada%40x:p%2Fss@mail.example")

    assert (config.username, config.password) == ("ada@x", "p/ss")
    assert "p/ss" not in repr(config)


@pytest.mark.parametrize(
    "url", ["", "http://x", "smtp://", "smtp://x:port", "smtp://x?tls=maybe", "smtps://x?tls=none"]
)
def test_another_address_is_refused_with_the_remedy(url):
    with pytest.raises(InvalidSetting, match="smtp://user:password@"):
        SmtpConfig.from_url(url)

"""Connecting, greeting, protecting and logging in: what fails there concerns no message."""

from __future__ import annotations

import base64
import socket

import pytest

from mailer.transport.smtp import channel
from mailer.transport.smtp.config import Security, SmtpConfig
from mailer.transport.smtp.pool import SmtpTransport
from mailer.types import OutcomeKind, Stage
from tests.fakes.smtp_server import DROP, STALL, flood
from tests.fakes.transports import deliver

OFFER = "250-hello\n250-SIZE 1000000\n250-AUTH PLAIN LOGIN\n250 STARTTLS"
FAULTS = ["454 not now", "554 never", "421 closing", DROP, STALL, "nonsense", "354 odd"]


def encode(words: str) -> str:
    return base64.b64encode(words.encode()).decode()


def test_nobody_listening_defers(message):
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    transport = SmtpTransport(SmtpConfig(host="127.0.0.1", port=port, connect_seconds=0.3))

    (outcome,) = deliver(transport, [message()])
    transport.close()

    assert (outcome.kind, outcome.reply.stage) == (OutcomeKind.DEFERRED, Stage.CONNECT)
    assert outcome.reply.code == 0
    assert f"127.0.0.1:{port} can't be reached" in outcome.reply.text


@pytest.mark.parametrize("host", ["no-such-host.invalid", "x" * 70 + ".invalid"])
def test_a_host_that_has_no_address_defers(message, host):
    transport = SmtpTransport(SmtpConfig(host=host, port=25, connect_seconds=0.3))

    (outcome,) = deliver(transport, [message()])

    assert (outcome.kind, outcome.reply.stage) == (OutcomeKind.DEFERRED, Stage.CONNECT)


def test_a_server_that_turns_us_away_is_quoted(serve, send):
    (outcome,) = send(serve(connect="554 5.7.1 your network is not welcome"))

    assert outcome.kind is OutcomeKind.DEFERRED
    assert str(outcome.reply) == "554 5.7.1 your network is not welcome"


def test_we_greet_with_our_address_where_we_have_no_name(serve, send):
    server = serve()

    send(server)

    assert server.commands[0] == "EHLO [127.0.0.1]"


def test_we_greet_with_an_address_of_the_newer_kind(serve, send):
    server = serve(host="::1")

    send(server, host="::1")

    assert server.commands[0] == "EHLO [IPv6:::1]"


def test_we_greet_with_the_name_that_we_were_given(serve, send):
    server = serve()

    send(server, local_hostname="news.example.org")

    assert server.commands[0] == "EHLO news.example.org"


def test_a_message_travels_under_tls_once_it_is_required(serve, send, certificates):
    server = serve(tls=certificates.server, ehlo=OFFER)

    (outcome,) = send(server, security=Security.STARTTLS, ca_file=certificates.ca_file)

    assert outcome.kind is OutcomeKind.ACCEPTED
    assert [command.partition(" ")[0] for command in server.commands[:4]] == [
        "EHLO",
        "STARTTLS",
        "EHLO",
        "MAIL",
    ]


def test_a_message_travels_under_tls_from_the_beginning(serve, send, certificates):
    server = serve(tls=certificates.server, at_once=True)

    (outcome,) = send(server, security=Security.IMPLICIT, ca_file=certificates.ca_file)

    assert outcome.kind is OutcomeKind.ACCEPTED


def test_under_tls_a_read_ends_where_it_is_long_enough(serve, send, certificates, monkeypatch):
    monkeypatch.setattr(channel, "MOST_READ", 1)
    server = serve(tls=certificates.server, at_once=True)

    (outcome,) = send(server, security=Security.IMPLICIT, ca_file=certificates.ca_file)

    assert outcome.kind is OutcomeKind.ACCEPTED


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.IMPLICIT])
def test_a_certificate_of_an_unknown_authority_is_refused(serve, send, certificates, security):
    server = serve(tls=certificates.server, at_once=security is Security.IMPLICIT, ehlo=OFFER)

    (outcome,) = send(server, security=security)

    assert (outcome.kind, outcome.reply.stage) == (OutcomeKind.DEFERRED, Stage.TLS)
    assert "certificate verify failed" in outcome.reply.text
    assert server.messages == []


def test_a_certificate_for_another_name_is_refused(serve, send, certificates):
    server = serve(tls=certificates.server, ehlo=OFFER)

    (outcome,) = send(
        server, host="localhost", security=Security.STARTTLS, ca_file=certificates.ca_file
    )

    assert (outcome.kind, outcome.reply.stage) == (OutcomeKind.DEFERRED, Stage.TLS)
    assert server.messages == []


def test_without_starttls_nothing_is_sent_where_it_is_required(serve, send):
    server = serve()

    (outcome,) = send(server, security=Security.STARTTLS)

    assert (outcome.kind, outcome.reply.stage) == (OutcomeKind.DEFERRED, Stage.TLS)
    assert server.messages == []


@pytest.mark.parametrize("fault", [*FAULTS, "220 go on\n250 injected"])
def test_a_fault_at_starttls_defers_and_sends_nothing(serve, send, certificates, fault):
    server = serve(tls=certificates.server, ehlo=OFFER, starttls=fault)

    (outcome,) = send(server, security=Security.STARTTLS, ca_file=certificates.ca_file)

    assert (outcome.kind, outcome.reply.stage) == (OutcomeKind.DEFERRED, Stage.TLS)
    assert server.messages == []


def test_half_a_word_put_before_the_handshake_is_refused(serve, send, certificates):
    server = serve(tls=certificates.server, ehlo=OFFER, starttls=flood(b"220 go on\r\n25"))

    (outcome,) = send(server, security=Security.STARTTLS, ca_file=certificates.ca_file)

    assert (outcome.kind, outcome.reply.stage) == (OutcomeKind.DEFERRED, Stage.TLS)
    assert "words before the handshake" in outcome.reply.text


def test_words_put_before_the_handshake_are_refused(serve, send, certificates):
    server = serve(tls=certificates.server, ehlo=OFFER, starttls="220 go on\n250 injected")

    (outcome,) = send(server, security=Security.STARTTLS, ca_file=certificates.ca_file)

    assert "250 injected" in outcome.reply.text
    assert server.commands[-1] == "STARTTLS"


def test_a_server_that_never_shakes_hands_is_left_in_time(serve, send):
    server = serve(ehlo=OFFER)  # it agrees to STARTTLS, and has no certificate

    (outcome,) = send(server, security=Security.STARTTLS)

    assert (outcome.kind, outcome.reply.stage) == (OutcomeKind.DEFERRED, Stage.TLS)


def test_what_was_offered_before_the_handshake_is_forgotten(serve, send, certificates):
    server = serve(tls=certificates.server, ehlo=[OFFER, "250 hello"])

    (outcome,) = send(
        server,
        security=Security.STARTTLS,
        ca_file=certificates.ca_file,
        username="ada",
        password="secret",
    )

    assert (outcome.kind, outcome.reply.stage) == (OutcomeKind.DEFERRED, Stage.AUTH)
    assert not any(command.startswith("AUTH") for command in server.commands)


def test_we_log_in_at_once_where_plain_is_offered(serve, send):
    server = serve(ehlo=OFFER)

    (outcome,) = send(server, username="ada", password="geheim ü")

    assert outcome.kind is OutcomeKind.ACCEPTED
    assert f"AUTH PLAIN {encode(chr(0) + 'ada' + chr(0) + 'geheim ü')}" in server.commands


def test_we_log_in_word_by_word_where_only_login_is_offered(serve, send):
    server = serve(
        ehlo="250-hello\n250 AUTH LOGIN", auth="334 name", login=["334 word", "235 welcome"]
    )

    (outcome,) = send(server, username="ada", password="secret")

    assert outcome.kind is OutcomeKind.ACCEPTED
    assert server.commands[1:4] == ["AUTH LOGIN", encode("ada"), encode("secret")]


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize(
    "script",
    [
        {"ehlo": "250-hello\n250 AUTH PLAIN", "auth": ...},
        {"ehlo": "250-hello\n250 AUTH LOGIN", "auth": ...},
        {"ehlo": "250-hello\n250 AUTH LOGIN", "auth": "334 name", "login": ...},
        {"ehlo": "250-hello\n250 AUTH LOGIN", "auth": "334 name", "login": ["334 word", ...]},
    ],
)
def test_a_fault_at_the_log_in_defers(serve, send, script, fault):
    if fault == "354 odd" and script.get("login", ...) is not ...:
        fault = "235 too early"  # a 3yz is right there
        script = script | {"login": "235 too early"}
    filled = {
        stage: [fault if each is ... else each for each in answer]
        if isinstance(answer, list)
        else (fault if answer is ... else answer)
        for stage, answer in script.items()
    }

    server = serve(**filled)
    (outcome,) = send(server, username="ada", password="secret")

    assert (outcome.kind, outcome.reply.stage) == (OutcomeKind.DEFERRED, Stage.AUTH)
    assert server.messages == []


def test_a_refused_log_in_quotes_the_server_and_no_password(serve, send):
    server = serve(ehlo=OFFER, auth="535 5.7.8 wrong password")

    (outcome,) = send(server, username="ada", password="secret")

    assert str(outcome.reply) == "535 5.7.8 wrong password"


def test_a_server_without_a_way_to_log_in_defers(serve, send):
    (outcome,) = send(serve(), username="ada", password="secret")

    assert (outcome.kind, outcome.reply.stage) == (OutcomeKind.DEFERRED, Stage.AUTH)
    assert "neither AUTH PLAIN nor AUTH LOGIN" in outcome.reply.text

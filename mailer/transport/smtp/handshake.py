"""Opening a connection: connect, greet, protect, log in. None of it concerns a message."""

from __future__ import annotations

import base64
import socket
import ssl

from mailer.transport.smtp.config import Security, SmtpConfig
from mailer.transport.smtp.connection import Answer, Connection, ConversationError
from mailer.types import Reply, Stage


def open_connection(config: SmtpConfig) -> Connection:
    """Return a connection that is ready for messages.

    Raises ConversationError with the stage that failed and the server's reply, if it gave one.
    """
    connection = _connect(config)
    try:
        _introduce(connection, config)
    except BaseException:
        connection.close()
        raise
    return connection


def _connect(config: SmtpConfig) -> Connection:
    address = (config.host, config.port)
    try:
        sock = socket.create_connection(address, timeout=config.connect_seconds)
    except (OSError, UnicodeError) as error:  # UnicodeError: a name that DNS can't say
        text = f"{config.host}:{config.port} can't be reached: {error}"
        raise ConversationError(Reply(code=0, text=text, stage=Stage.CONNECT)) from error
    # A message's last octets must not wait until the server has confirmed those before them.
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return Connection(sock)


def _introduce(connection: Connection, config: SmtpConfig) -> None:
    if config.security is Security.IMPLICIT:
        connection.protect(_make_context(config), config.host, seconds=config.connect_seconds)
    _need(connection.read(Stage.CONNECT, seconds=config.connect_seconds))
    _greet(connection, config)
    if config.security is Security.STARTTLS:
        _start_tls(connection, config)
        # RFC 3207 §4.2: what the server said before the handshake is forgotten.
        _greet(connection, config)
    if config.username:
        _log_in(connection, config)


def _greet(connection: Connection, config: SmtpConfig) -> None:
    name = config.local_hostname or connection.address_literal
    answer = connection.ask(Stage.EHLO, f"EHLO {name}", seconds=config.command_seconds)
    words = (line.lower().partition(" ") for line in _need(answer).lines[1:])
    connection.features = {keyword: parameters for keyword, _, parameters in words}


def _start_tls(connection: Connection, config: SmtpConfig) -> None:
    if "starttls" not in connection.features:
        # Also what somebody in between does who wants to read along.
        raise _refuse(Stage.TLS, "the server offers no STARTTLS, and it is required")
    _need(connection.ask(Stage.TLS, "STARTTLS", seconds=config.command_seconds))
    connection.protect(_make_context(config), config.host, seconds=config.command_seconds)


def _log_in(connection: Connection, config: SmtpConfig) -> None:
    """Log in by PLAIN (RFC 4616), or by LOGIN where a server knows nothing better."""
    offered = connection.features.get("auth", "").split()
    seconds = config.command_seconds
    if "plain" in offered:
        words = _encode(f"\0{config.username}\0{config.password}")
        _need(connection.ask(Stage.AUTH, f"AUTH PLAIN {words}", seconds=seconds))
    elif "login" in offered:
        _need(connection.ask(Stage.AUTH, "AUTH LOGIN", seconds=seconds, positive=3))
        name = connection.ask(Stage.AUTH, _encode(config.username), seconds=seconds, positive=3)
        _need(name)
        _need(connection.ask(Stage.AUTH, _encode(config.password), seconds=seconds))
    else:
        raise _refuse(Stage.AUTH, "the server offers neither AUTH PLAIN nor AUTH LOGIN")


def _need(answer: Answer) -> Answer:
    """Return a positive answer. Raises ConversationError for a refusal."""
    if answer.kind in {4, 5}:
        raise ConversationError(answer.as_reply())
    return answer


def _refuse(stage: Stage, text: str) -> ConversationError:
    return ConversationError(Reply(code=0, text=text, stage=stage))


def _make_context(config: SmtpConfig) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=config.ca_file or None)


def _encode(words: str) -> str:
    return base64.b64encode(words.encode()).decode()

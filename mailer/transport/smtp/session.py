"""A mail server spoken to one command at a time, over a connection that is kept.

The standard library's client does the talking. What this adds is knowing, when something
breaks, how far the conversation had come: before a message's final dot nothing was delivered;
after it, without a reply, nobody knows.
"""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Iterable, Iterator, Mapping

import idna

from mailer.transport.smtp.config import Security, SmtpConfig
from mailer.transport.smtp.replies import read_reply
from mailer.types import Outcome, OutcomeKind, OutgoingMessage, Reply, Stage

_UNSAFE_IN_ADDRESS = re.compile(r"[\x00-\x20\x7f<>\u0085\u2028\u2029]")
SERVICE_CLOSING = 421  # RFC 5321 §3.8: the server ends the session with it
START_INPUT = 354


KINDS = {2: OutcomeKind.ACCEPTED, 4: OutcomeKind.DEFERRED, 5: OutcomeKind.FAILED}


class ConversationError(Exception):
    """The conversation ended early, with what is known of why. Never leaves this module."""

    def __init__(self, reply: Reply) -> None:
        self.reply = reply
        super().__init__(str(reply))


class SmtpTransport:
    """Send messages to one server, in order, over one connection at a time."""

    def __init__(self, config: SmtpConfig) -> None:
        self.config = config
        self._client: smtplib.SMTP | None = None
        self._sent = 0
        self._stage = Stage.CONNECT

    def send(self, messages: Iterable[OutgoingMessage]) -> Iterator[Outcome]:
        """Send each message and yield what became of it before the next one is taken."""
        for message in messages:
            yield self._deliver(message)

    def close(self) -> None:
        """Say QUIT, if there is anybody to say it to."""
        client, self._client = self._client, None
        if client is None:
            return
        try:
            self._set_timeout(client, self.config.command_seconds)
            client.quit()
        except (OSError, smtplib.SMTPException):
            client.close()

    def _deliver(self, message: OutgoingMessage) -> Outcome:
        problem = check_envelope(message)
        if problem:
            reply = Reply(code=0, text=problem, stage=Stage.MAIL)
            return _outcome(message, OutcomeKind.FAILED, reply)
        reused = self._client is not None
        outcome = self._converse(message)
        if reused and outcome.reply.code == 0 and outcome.reply.stage is Stage.MAIL:
            # The server had closed a connection that we kept: that says nothing of the message.
            outcome = self._converse(message)
        return outcome

    def _converse(self, message: OutgoingMessage) -> Outcome:
        try:
            client = self._connect()
            reply = self._transact(client, message)
        except (ConversationError, OSError, smtplib.SMTPException) as error:
            self._drop()
            reply = describe_end(error, self._stage)
            # After the final dot nobody knows; a 421 in its place says that it was not taken.
            lost = reply.stage is Stage.DOT and reply.code == 0
            return _outcome(message, OutcomeKind.UNCERTAIN if lost else OutcomeKind.DEFERRED, reply)
        self._sent += 1
        return _outcome(message, KINDS[reply.code // 100], reply)

    def _transact(self, client: smtplib.SMTP, message: OutgoingMessage) -> Reply:
        """Return the reply that decides: to the first command that is refused, or to the dot."""
        self._stage = Stage.MAIL
        unsuitable = check_features(client.esmtp_features, message)
        if unsuitable is not None:
            return unsuitable
        options = "" if _has_ascii_user(message.recipient) else " SMTPUTF8"
        for stage, command, positive in (
            (Stage.MAIL, f"MAIL FROM:<{message.sender}>{options}", 2),
            (Stage.RCPT, f"RCPT TO:<{ascii_domain(message.recipient)}>", 2),
            (Stage.DATA, "DATA", 3),
        ):
            reply = self._command(client, stage, command, positive)
            if reply.code // 100 != positive:
                self._reset(client)
                return reply
        return self._hand_over(client, message)

    def _hand_over(self, client: smtplib.SMTP, message: OutgoingMessage) -> Reply:
        # A send that fails has not passed the final dot to the system: nothing was delivered.
        client.send(message.content + b".\r\n")
        self._stage = Stage.DOT
        self._set_timeout(client, self.config.message_seconds)
        return self._read(client, positive=2)

    def _command(self, client: smtplib.SMTP, stage: Stage, command: str, positive: int) -> Reply:
        self._stage = stage
        self._set_timeout(client, self.config.command_seconds)
        client.send(f"{command}\r\n".encode())
        return self._read(client, positive)

    def _read(self, client: smtplib.SMTP, positive: int) -> Reply:
        """Read one reply; one that is none, or that says the session ends, ends it."""
        code, text = client.getreply()
        reply = read_reply(code, text.decode(errors="replace"), self._stage)
        if code // 100 not in {positive, 4, 5}:
            words = f"the server's reply makes no sense here: {code} {reply.text[:100]}"
            raise ConversationError(Reply(code=0, text=words, stage=self._stage))
        if code == SERVICE_CLOSING:
            raise ConversationError(reply)
        return reply

    def _reset(self, client: smtplib.SMTP) -> None:
        """Clear the server's buffers after a refusal, which stands whatever comes of this."""
        try:
            client.send("RSET\r\n")
            if client.getreply()[0] // 100 != 2:
                self._drop()
        except (OSError, smtplib.SMTPException):
            self._drop()

    def _connect(self) -> smtplib.SMTP:
        if self._client is not None and self._sent < self.config.messages_per_connection:
            return self._client
        self.close()
        self._sent = 0
        self._stage = Stage.CONNECT
        client = self._open()
        try:
            self._introduce(client)
        except BaseException:
            client.close()
            raise
        self._client = client
        return client

    def _open(self) -> smtplib.SMTP:
        config = self.config
        if config.security is Security.IMPLICIT:
            return smtplib.SMTP_SSL(
                config.host,
                config.port,
                local_hostname=config.local_hostname,
                timeout=config.connect_seconds,
                context=self._tls(),
            )
        return smtplib.SMTP(
            config.host,
            config.port,
            local_hostname=config.local_hostname,
            timeout=config.connect_seconds,
        )

    def _introduce(self, client: smtplib.SMTP) -> None:
        """Say EHLO, protect the connection, log in: a refusal here concerns no message."""
        self._stage = Stage.EHLO
        client.ehlo_or_helo_if_needed()
        if self.config.security is Security.STARTTLS:
            self._stage = Stage.TLS
            # What a server, or somebody in between, wrote before the handshake is thrown away
            # with the old connection's buffer (RFC 3207 §4.2).
            client.starttls(context=self._tls())
            client.ehlo()
        if self.config.username:
            self._stage = Stage.AUTH
            client.login(self.config.username, self.config.password)

    def _tls(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self.config.ca_file or None)

    def _set_timeout(self, client: smtplib.SMTP, seconds: float) -> None:
        if client.sock is not None:
            client.sock.settimeout(seconds)

    def _drop(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.close()


def check_envelope(message: OutgoingMessage) -> str:
    """Return why an envelope can never be sent: an address that would end its command's line."""
    for address in (message.sender, message.recipient):
        if _UNSAFE_IN_ADDRESS.search(address) or "@" not in address.strip("@"):
            return f"{address[:80]!r} is no address"
    try:
        ascii_domain(message.recipient)
    except UnicodeError as error:
        return f"{message.recipient[:80]!r} has no valid domain: {error}"
    return ""


def check_features(features: Mapping[str, str], message: OutgoingMessage) -> Reply | None:
    """Return the refusal that a server with these extensions would have to give, if any."""
    limit = features.get("size", "")  # RFC 1870 §6.1
    if limit.isdecimal() and 0 < int(limit) < len(message.content):
        text = f"the message is larger than the server's {limit} octets"
        return Reply(code=552, status="5.3.4", text=text, stage=Stage.MAIL)
    if not _has_ascii_user(message.recipient) and "smtputf8" not in features:  # RFC 6531 §3.2
        text = "the server takes no address that is not ASCII (SMTPUTF8)"
        return Reply(code=553, status="5.6.7", text=text, stage=Stage.MAIL)
    return None


def ascii_domain(address: str) -> str:
    """Return an address with its domain in ASCII (IDNA), as envelopes carry it."""
    user, _, domain = address.rpartition("@")
    return address if domain.isascii() else f"{user}@{idna.encode(domain, uts46=True).decode()}"


def describe_end(error: Exception, stage: Stage) -> Reply:
    """Return what is known of a conversation that ended early.

    A refusal of the connection, of the log-in or of protection concerns no message.
    """
    if isinstance(error, ConversationError):
        return error.reply
    if isinstance(error, smtplib.SMTPResponseException):
        words = error.smtp_error
        text = words.decode(errors="replace") if isinstance(words, bytes) else str(words)
        return read_reply(max(error.smtp_code, 0), text, stage)
    if isinstance(error, TimeoutError) or "timed out" in str(error):
        return Reply(code=0, text=f"no reply in time ({stage})", stage=stage)
    return Reply(code=0, text=f"{type(error).__name__}: {error}", stage=stage)


def _has_ascii_user(address: str) -> bool:
    return address.rpartition("@")[0].isascii()


def _outcome(message: OutgoingMessage, kind: OutcomeKind, reply: Reply) -> Outcome:
    return Outcome(delivery_id=message.delivery_id, kind=kind, reply=reply)

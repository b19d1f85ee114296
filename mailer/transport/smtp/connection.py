"""One connection to a mail server: octets out, replies in (RFC 5321 §4.2).

A reply belongs to the command that asked for it, and to no other. So nothing may be waiting
when a command is written: words that nobody asked for would be read as the answer to it, and
what somebody in between wrote before the handshake as the server's protected word (RFC 3207
§4.2, §6). And a reply is bounded in time, lines and octets, however slowly it drips.
"""

from __future__ import annotations

import re
import socket
import ssl
import time
from dataclasses import dataclass

from mailer.transport.smtp.replies import read_reply
from mailer.types import Reply, Stage

SERVICE_CLOSING = 421  # RFC 5321 §3.8: the server ends the session with it
# RFC 5321 §4.5.3.1.5 has lines of 512 octets; some servers write longer ones to people.
LONGEST_LINE = 8_192
MOST_LINES = 100  # a list of extensions has about twenty
CHUNK = 65_536

_LINE = re.compile(rb"([2-5][0-9]{2})(-| |\Z)(.*)", re.DOTALL)
# What a read that may not wait raises when there is nothing to be read.
NOTHING_YET = (BlockingIOError, ssl.SSLWantReadError)


class ConversationError(Exception):
    """The conversation ended early, with what is known of why. Never leaves this package."""

    def __init__(self, reply: Reply) -> None:
        self.reply = reply
        super().__init__(str(reply))


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A reply with its lines apart, as a list of extensions needs them (RFC 5321 §4.1.1.1)."""

    code: int
    lines: tuple[str, ...]
    stage: Stage

    @property
    def kind(self) -> int:
        """The first digit: 2 done, 3 go on, 4 not now, 5 never (RFC 5321 §4.2.1)."""
        return self.code // 100

    def as_reply(self) -> Reply:
        """Return the reply as the ledger keeps it."""
        return read_reply(self.code, "\n".join(self.lines), self.stage)


class Connection:
    """A socket to a mail server and what was read from it beyond the last line."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._buffer = b""
        # RFC 5321 §4.1.1.1: the server's extensions, in lower case, with their parameters.
        self.features: dict[str, str] = {}

    @property
    def address_literal(self) -> str:
        """Our own address as a name for EHLO where we have no other (RFC 5321 §4.1.3)."""
        host = self._sock.getsockname()[0]
        return f"[IPv6:{host}]" if ":" in host else f"[{host}]"

    def ask(self, stage: Stage, command: str, *, seconds: float, positive: int = 2) -> Answer:
        """Write a command and return its answer: ``positive``, 4yz or 5yz.

        Raises ConversationError if the connection breaks, the server says goodbye (421) or
        makes no sense, and when nothing has come within ``seconds``.
        """
        self.refuse_unasked(stage)
        self.write(stage, f"{command}\r\n".encode(), seconds=seconds)
        return self.read(stage, seconds=seconds, positive=positive)

    def write(self, stage: Stage, octets: bytes, *, seconds: float) -> None:
        """Pass octets to the system. If this raises, the last of them was not passed."""
        try:
            self._sock.settimeout(seconds)
            self._sock.sendall(octets)
        except OSError as error:
            raise _broken(error, stage) from error

    def read(self, stage: Stage, *, seconds: float, positive: int = 2) -> Answer:
        """Return the next reply, whole. Raises ConversationError as ``ask`` does."""
        end = time.monotonic() + seconds
        lines: list[str] = []
        for _ in range(MOST_LINES):
            line = self._read_line(stage, end)
            match = _LINE.fullmatch(line)
            if not match:
                raise _nonsense(line, stage)
            lines.append(match[3].decode(errors="replace"))
            if match[2] != b"-":
                return _check(Answer(code=int(match[1]), lines=tuple(lines), stage=stage), positive)
        raise _nonsense(b"a reply without end", stage)

    def refuse_unasked(self, stage: Stage) -> None:
        """Raise ConversationError if the server has spoken, or hung up, without being asked."""
        self._sock.settimeout(0)
        try:
            self._receive(stage)
        except NOTHING_YET:
            pass
        except OSError as error:
            raise _broken(error, stage) from error
        if self._buffer:
            raise _nonsense(self._buffer, stage)

    def protect(self, context: ssl.SSLContext, host: str, *, seconds: float) -> None:
        """Go on under TLS, with a server that proves to be ``host`` (RFC 3207 §4.1)."""
        self.refuse_unasked(Stage.TLS)
        try:
            self._sock.settimeout(seconds)
            self._sock = context.wrap_socket(self._sock, server_hostname=host)
        except OSError as error:
            raise _broken(error, Stage.TLS) from error

    def close(self) -> None:
        """Hang up."""
        self._sock.close()

    def _read_line(self, stage: Stage, end: float) -> bytes:
        while b"\n" not in self._buffer:
            if len(self._buffer) > LONGEST_LINE:
                raise _nonsense(self._buffer, stage)
            try:
                # Not zero, which would mean "do not wait" to the socket.
                self._sock.settimeout(max(end - time.monotonic(), 0.001))
                self._receive(stage)
            except OSError as error:
                raise _broken(error, stage) from error
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line.removesuffix(b"\r")

    def _receive(self, stage: Stage) -> None:
        octets = self._sock.recv(CHUNK)
        if not octets:
            raise _silent("the server closed the connection", stage)
        self._buffer += octets


def _check(answer: Answer, positive: int) -> Answer:
    if answer.code == SERVICE_CLOSING:
        raise ConversationError(answer.as_reply())
    if answer.kind not in {positive, 4, 5}:
        raise _nonsense(f"{answer.code} {' '.join(answer.lines)}".encode(), answer.stage)
    return answer


def _silent(text: str, stage: Stage) -> ConversationError:
    return ConversationError(Reply(code=0, text=text, stage=stage))


def _nonsense(words: bytes, stage: Stage) -> ConversationError:
    shown = read_reply(0, words[:100].decode(errors="replace"), stage).text
    return _silent(f"the server's words make no sense here: {shown}", stage)


def _broken(error: OSError, stage: Stage) -> ConversationError:
    if isinstance(error, TimeoutError):
        return _silent(f"no reply in time ({stage})", stage)
    return _silent(f"the connection broke: {error}", stage)

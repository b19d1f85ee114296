"""A real mail server on a free port that behaves, at each stage, as its script says."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from typing import BinaryIO

GOOD = {
    "connect": "220 hello",
    "ehlo": "250 hello",
    "starttls": "220 go on",
    "auth": "235 welcome",
    "login": "334 more",
    "mail": "250 ok",
    "rcpt": "250 ok",
    "data": "354 go on",
    "dot": "250 2.0.0 queued",
    "rset": "250 ok",
    "quit": "221 bye",
}
DROP, STALL = "drop", "stall"
# Longer than any test's client waits, shorter than any tester does.
STALL_SECONDS = 3

Act = Callable[[socket.socket], bool]
Answer = str | Act


class ScriptedServer:
    """Say at each stage what the script says.

    An answer is a reply's lines, ``DROP`` to hang up, ``STALL`` to be silent, or a function of
    the socket that returns whether the conversation goes on. A list of answers has one for
    each time that the stage is reached; its last one stays. ``body`` is the stage at which
    content begins to arrive, ``dot`` its end, also that of BDAT LAST.
    With ``tls`` the server offers a certificate, at once or, if
    ``at_once`` is false, after STARTTLS.
    """

    def __init__(
        self,
        *,
        tls: ssl.SSLContext | None = None,
        at_once: bool = False,
        host: str = "127.0.0.1",
        **answers: Answer | list[Answer],
    ) -> None:
        self.answers = GOOD | answers
        self.commands: list[str] = []
        self.messages: list[bytes] = []
        self.connections = 0
        self._tls, self._at_once = tls, at_once
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.create_server((host, 0), family=family)
        self.port = self._socket.getsockname()[1]
        self._done = threading.Event()
        self._threads = [threading.Thread(target=self._serve)]
        self._threads[0].start()

    def close(self) -> None:
        self._done.set()
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for thread in self._threads:
            thread.join(timeout=STALL_SECONDS + 5)

    def _serve(self) -> None:
        while not self._done.is_set():
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            talk = threading.Thread(target=self._try_to_talk, args=(connection,))
            self._threads.append(talk)
            talk.start()

    def _try_to_talk(self, connection: socket.socket) -> None:
        # The client may hang up at any moment, which is what some tests are about.
        with ExitStack() as stack, suppress(OSError):
            stack.enter_context(connection)
            # Replies are written one by one: none may wait until the one before is confirmed.
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._tls and self._at_once:
                connection = self._tls.wrap_socket(connection, server_side=True)
            self._talk(connection, stack)

    def _talk(self, connection: socket.socket, stack: ExitStack) -> None:
        stack.enter_context(connection)
        lines = stack.enter_context(connection.makefile("rb"))
        going, last = self._answer(connection, "connect")
        while going and (line := lines.readline()):
            words = line.decode(errors="replace").strip()
            self.commands.append(words)
            stage = "login" if last.startswith("334") else words.partition(" ")[0].lower()
            if stage == "bdat":
                going, last = self._take_chunk(connection, lines, size=int(words.split()[1])), ""
                continue
            going, last = self._answer(connection, stage)
            if going and stage == "data" and last.startswith("354"):
                going = self._take(connection, lines)
            if going and stage == "starttls" and last.startswith("220") and self._tls:
                connection = stack.enter_context(
                    self._tls.wrap_socket(connection, server_side=True)
                )
                lines = stack.enter_context(connection.makefile("rb"))
            going = going and stage != "quit"

    def _take(self, connection: socket.socket, lines: BinaryIO) -> bool:
        if "body" in self.answers and not self._answer(connection, "body")[0]:
            return False
        message = b""
        while (line := lines.readline()) != b".\r\n":
            if not line:
                return False
            message += line
        self.messages.append(message)
        return self._answer(connection, "dot")[0]

    def _take_chunk(self, connection: socket.socket, lines: BinaryIO, *, size: int) -> bool:
        """Take a message that comes in one chunk (RFC 3030 §2)."""
        if "body" in self.answers and not self._answer(connection, "body")[0]:
            return False
        message = lines.read(size)
        if len(message) < size:
            return False
        self.messages.append(message)
        return self._answer(connection, "dot")[0]

    def _answer(self, connection: socket.socket, stage: str) -> tuple[bool, str]:
        answer = self.answers.get(stage, "502 what?")
        if isinstance(answer, list):
            answer = answer.pop(0) if len(answer) > 1 else answer[0]
        if callable(answer):
            return answer(connection), ""
        if answer == STALL:
            self._done.wait(STALL_SECONDS)
            return False, ""
        if answer == DROP:
            connection.shutdown(socket.SHUT_RDWR)
            return False, ""
        connection.sendall(answer.replace("\n", "\r\n").encode() + b"\r\n")
        return True, answer


def reset(connection: socket.socket) -> bool:
    """Hang up without a word of goodbye even to the network (TCP RST)."""
    connection.recv(1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
    return False


def drip(connection: socket.socket) -> bool:
    """Begin a reply and go on for ever, a line at a time, never silent for long."""
    end = time.monotonic() + STALL_SECONDS
    while time.monotonic() < end:
        connection.sendall(b"250-and\r\n")
        time.sleep(0.05)
    return False


def flood(octets: bytes) -> Act:
    """Return an answer of these octets."""

    def answer(connection: socket.socket) -> bool:
        connection.sendall(octets)
        return True

    return answer


def late(octets: bytes, seconds: float) -> Act:
    """Return an answer that comes when nobody waits for it any more."""

    def answer(connection: socket.socket) -> bool:
        time.sleep(seconds)
        connection.sendall(octets)
        return True

    return answer

"""A mail server that misbehaves once, at a stage, in a way; otherwise it is the counting sink."""

from __future__ import annotations

import asyncio
import os
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.rig.counting_sink import Conversation

STAGES = ("CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "DOT", "QUIT")
WAYS = ("4xx", "5xx", "421", "drop", "stall")
REPLIES = {
    "4xx": b"451 4.3.0 not now\r\n",
    "5xx": b"554 5.3.0 never\r\n",
    "421": b"421 4.3.2 closing\r\n",
}
LATE_SECONDS = 4.0


@dataclass(slots=True)
class Plan:
    """What is to go wrong, and how often it has; once is enough."""

    stage: str = ""
    way: str = ""
    fired: int = 0

    def set(self, stage: str, way: str) -> None:
        """Let the next one who comes to a stage meet a fault."""
        self.stage, self.way, self.fired = stage, way, 0

    def take(self, stage: str) -> str:
        """Return the way in which this stage goes wrong now, or an empty text."""
        if stage != self.stage or self.fired:
            return ""
        self.fired += 1
        return self.way


class BadConversation(Conversation):
    """Speak SMTP as the counting sink does, until the plan says otherwise."""

    def __init__(self, log: int, plan: Plan) -> None:
        super().__init__(log, chunking=False)
        self._plan = plan
        self._is_deaf = False
        self._cut = False

    def data_received(self, data: bytes) -> None:
        if self._in_data and self._plan.take("BODY"):
            self._reset()
        elif not self._is_deaf:
            super().data_received(data)

    def _step(self) -> bool:
        return not self._is_deaf and super()._step()

    def say(self, stage: bytes, reply: bytes) -> bool:
        name = stage.decode()
        if name == "DOT":
            return super().say(stage, reply)
        way = self._plan.take(name)
        return self._misbehave(way) if way else super().say(stage, reply)

    def wants_to_keep(self) -> bool:
        """Refuse the message, or keep it and never say so: the worst for who sends it."""
        way = self._plan.take("DOT")
        if not way:
            return True
        if way in {"drop", "stall", "late"}:
            self._write_down(bytearray(b"Message-ID: <kept-in-silence>\r\n"))
        self._misbehave(way)
        return False

    def _misbehave(self, way: str) -> bool:
        """Do it, and tell that no good word was said."""
        if way in REPLIES:
            self._said.append(REPLIES[way])
        if way == "421":
            self.hang_up()
        if way == "late":
            loop = asyncio.get_running_loop()
            loop.call_later(LATE_SECONDS, self._transport.write, b"250 2.0.0 kept\r\n")
        if way == "drop":
            self._flush()
            self._transport.abort()
        self._is_deaf = way in {"421", "drop", "stall", "late"}
        return False

    def _reset(self) -> None:
        """End the connection without a word to the network either (TCP RST)."""
        self._is_deaf = True
        raw = self._transport.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._transport.abort()


@contextmanager
def running_bad_server(port: int, log: Path) -> Iterator[Plan]:
    """Run the server in a thread while this lasts, and yield the plan that it follows."""
    plan = Plan()
    loop = asyncio.new_event_loop()
    file = os.open(log, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
    server = loop.run_until_complete(
        loop.create_server(lambda: BadConversation(file, plan), "127.0.0.1", port)
    )
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield plan
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        os.close(file)

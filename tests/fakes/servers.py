"""Private servers for the tests: started on free ports or sockets, and stopped by them."""

from __future__ import annotations

import contextlib
import itertools
import os
import pwd
import random
import shutil
import signal
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


# Below those that the system gives to whoever asks for any. Each process of tests has its own,
# in an order of its own, as another run may be beside this one.
PROCESS = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 4
PORTS = itertools.cycle(
    random.sample(range(12_000 + PROCESS * 5_000, 17_000 + PROCESS * 5_000), 5_000)
)


def free_port() -> int:
    """Return a port that nobody listens on, and that no other process of this run will take."""
    while True:
        port = next(PORTS)
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port


def wait_until(ready: Callable[[], bool], what: str, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > end:
            raise TimeoutError(f"{what} did not start in {seconds} s")
        time.sleep(0.05)


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Redis:
    """A Redis of one's own: on a socket, and on a port if one is asked for."""

    def __init__(self, folder: Path, *, port: bool = False) -> None:
        self.folder, self.path = folder, folder / "redis.sock"
        self.port = free_port() if port else 0
        self.url = f"redis://127.0.0.1:{self.port}/0" if port else f"unix://{self.path}"
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self.process
        return self.process.pid

    def start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.path.unlink(missing_ok=True)
        command = [*redis_command(find_redis(), self.folder, self.path), "--port", str(self.port)]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        wait_until(self.path.exists, "Redis")

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def _end(self, number: int) -> None:
        if self.process and self.process.poll() is None:
            self.process.send_signal(number)
            self.process.wait()


class Postgres:
    """A PostgreSQL cluster of one's own; as root it runs as the distribution's user.

    ``options`` are those of postgresql.conf. With none it is as a distribution's, and every
    commit reaches the disk.
    """

    def __init__(self, folder: Path, **options: str) -> None:
        binaries = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
        found = shutil.which("initdb")
        if not found and not binaries:
            raise FileNotFoundError("There is no PostgreSQL: install the package postgresql.")
        self._home = Path(found).parent if found else binaries[-1]
        self._user = "postgres" if os.geteuid() == 0 else None
        self.folder, self.port = folder, free_port()
        self.url = f"postgres://masthead@127.0.0.1:{self.port}/postgres"
        given = {"listen_addresses": "127.0.0.1", "port": str(self.port)} | options
        self._options = " ".join(f"-c {name}={value}" for name, value in given.items())

    @property
    def pid(self) -> int:
        return int((self.folder / "data" / "postmaster.pid").read_text().split()[0])

    def make(self) -> None:
        """Make the cluster's files."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if self._user:
            for each in (self.folder, *self.folder.parents[:1]):
                os.chown(each, pwd.getpwnam(self._user).pw_uid, -1)
        self._run("initdb", "-U", "masthead", "-A", "trust", "-E", "UTF8")

    def start(self) -> None:
        options = f"-k {self.folder} {self._options}"
        self._run("pg_ctl", "-w", "-t", "120", "-o", options, "-l", self.folder / "log", "start")

    def stop(self, mode: str = "immediate") -> None:
        """End it; ``immediate`` leaves everything as a power cut would, but for the disk."""
        self._run("pg_ctl", "-m", mode, "stop")

    def _run(self, program: str, *arguments: object) -> None:
        command = [self._home / program, "-D", self.folder / "data", *map(str, arguments)]
        quiet = subprocess.DEVNULL
        subprocess.run(command, check=True, user=self._user, cwd=self.folder, stdout=quiet)


def start_redis(folder: Path, *, port: bool = False) -> Server:
    """Start the embedded kind of Redis on a socket, or one on a port of its own."""
    server = Redis(folder, port=port)
    server.start()
    return Server(server.url, server.stop)


def start_postgres(folder: Path) -> Server:
    """Start a PostgreSQL for tests, which does not wait for the disk."""
    server = Postgres(folder, fsync="off")
    server.make()
    server.start()
    return Server(server.url, server.stop)

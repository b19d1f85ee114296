"""Postfix's smtp-sink and smtp-source: the fastest plain ones, and what we are held to."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from tests.rig.place import Place

SINK, SOURCE = "smtp-sink", "smtp-source"
SBIN = Path("/usr/sbin")
BACKLOG = 1_024
COUNT = re.compile(rb"mesg=(\d+)")
# smtp-sink writes its counters about as long as this, after each message.
LINE_OCTETS = 128
# A smaller try is over before the connections are open.
TRIAL_MESSAGES = 2_000
SESSIONS = (1, 2, 4, 8, 16)


def find(name: str) -> str:
    """Return the program's path, or an empty text if it is not installed."""
    return shutil.which(name) or (str(SBIN / name) if (SBIN / name).exists() else "")


def start_sink(place: Place, port: int) -> Path:
    """Start smtp-sink and return the file in which it counts its messages."""
    name = "smtp-sink"
    # -c: it counts by itself and says so after each message (smtp-sink(1)).
    place.processes.start(
        name, [find(SINK), "-c", "-u", "nobody", f"127.0.0.1:{port}", str(BACKLOG)]
    )
    place.processes.await_port(port)
    return place.processes.logs / f"{name}.log"


def count(log: Path) -> int:
    """Return how many messages smtp-sink has counted until now, in all."""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - LINE_OCTETS))
        found = COUNT.findall(file.read())
    return int(found[-1]) if found else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """What smtp-source reached: its best number of sessions, and with it messages a second."""

    sessions: int
    messages: int
    seconds: float

    @property
    def messages_per_second(self) -> float:
        """Return the rate."""
        return self.messages / self.seconds


def find_best_sessions(port: int, octets: int) -> int:
    """Return with how many sessions smtp-source is fastest, each tried once."""
    rates = {each: _run(port, octets, TRIAL_MESSAGES, each) for each in SESSIONS}
    return min(rates, key=rates.__getitem__)


def run_source(port: int, octets: int, messages: int, sessions: int) -> Reference:
    """Send messages of this size by smtp-source, over connections that it keeps."""
    seconds = _run(port, octets, messages, sessions)
    return Reference(sessions=sessions, messages=messages, seconds=seconds)


def _run(port: int, octets: int, messages: int, sessions: int) -> float:
    """Return the seconds that smtp-source took."""
    # -d: a connection is kept from message to message, as ours are.
    words = ["-d", "-l", octets, "-m", messages, "-s", sessions]
    words += ["-f", "letter@harbour.example", "-t", "reader@domain.example"]
    start = time.monotonic()
    subprocess.run([find(SOURCE), *map(str, words), f"127.0.0.1:{port}"], check=True)
    return time.monotonic() - start

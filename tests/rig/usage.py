"""What processes cost, as the kernel tells it in /proc (proc(5))."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
# Fields of /proc/PID/stat behind the command: parent, and user and system time of the process
# itself and of its children that have ended and were waited for.
PARENT, FIRST_TIME, TIMES = 1, 11, 4


def cpu_seconds(roots: Iterable[int]) -> float:
    """Return the processor time of processes and all their descendants, also of ended ones."""
    return sum(_ticks(pid) for root in roots for pid in (root, *descendants(root))) / TICKS_A_SECOND


def descendants(root: int) -> list[int]:
    """Return the processes that a process has started, and those that they have."""
    children: dict[int, list[int]] = defaultdict(list)
    for folder in Path("/proc").glob("[0-9]*"):
        fields = _stat(int(folder.name))
        if fields:
            children[int(fields[PARENT])].append(int(folder.name))
    found: list[int] = []
    waiting = [root]
    while waiting:
        own = children[waiting.pop()]
        found += own
        waiting += own
    return found


def children_of(parent: int) -> list[int]:
    """Return the processes that a process itself has started, if it is there."""
    try:
        tasks = Path(f"/proc/{parent}/task").iterdir()
        return [int(each) for task in tasks for each in (task / "children").read_text().split()]
    except OSError:
        return []


def peak_rss_mb(pid: int) -> float:
    """Return the most memory that a process has held at once, shared pages included."""
    return _memory_mb(pid, "VmHWM:")


def rss_mb(pid: int) -> float:
    """Return the memory that a process holds now, shared pages included."""
    return _memory_mb(pid, "VmRSS:")


def connections_to(port: int, pids: Iterable[int]) -> int:
    """Return how many connections to a port of this machine the processes have open."""
    inodes = set()
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        remote_port, established = int(fields[2].rpartition(":")[2], 16), fields[3] == "01"
        if remote_port == port and established:
            inodes.add(f"socket:[{fields[9]}]")
    return sum(link in inodes for pid in pids for link in _open_files(pid))


def _open_files(pid: int) -> list[str]:
    links = []
    for each in Path(f"/proc/{pid}/fd").glob("*"):
        try:
            links.append(str(each.readlink()))
        except OSError:
            continue  # closed meanwhile
    return links


def _ticks(pid: int) -> int:
    return sum(map(int, _stat(pid)[FIRST_TIME : FIRST_TIME + TIMES]))


def _stat(pid: int) -> list[str]:
    """Return the fields behind the command's name; none if the process has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _memory_mb(pid: int, name: str) -> float:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith(name)), 0.0)

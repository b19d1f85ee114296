"""Processes of our own: started with a log each, watched, and ended whatever happens.

They end with the process that started them even if it is killed: the kernel tells each of
them (Linux), and they end politely, so that no process of theirs stays behind either.
"""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
START_SECONDS = 60
SILENCE_SECONDS = 5  # what a Redis needs to end, and more
LOOK_SECONDS = 0.05
GRACE_SECONDS = 10
MOST_RESTARTS = 5  # a program that is killed again and again has a reason too
PR_SET_PDEATHSIG = 1  # prctl(2)
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


class ProcessFailed(Exception):
    """Say that something which must run does not: what it is, and where its log is."""


@dataclass(slots=True)
class Program:
    """A program that runs: its command, its process, and how often it was started again."""

    command: list[str]
    process: subprocess.Popen[bytes]
    again: int = 0


class Processes:
    """Start programs, start again what was killed, and end them all, by their own numbers.

    A program that ends by itself has a reason, which its log tells; one that was killed from
    outside, as by a system short of memory, is started again a few times. They are ended
    together, but the first one last: it is the Redis that the others speak to meanwhile.
    """

    def __init__(self, logs: Path) -> None:
        self.logs = logs
        self.running: dict[str, Program] = {}
        logs.mkdir(exist_ok=True)

    def start(self, name: str, command: list[str]) -> None:
        """Start a program, with a log of its own."""
        self.running[name] = Program(command, self._spawn(name, command))

    def check(self) -> None:
        """Start again what was killed. Raise ProcessFailed if a program has ended by itself."""
        for name, program in self.running.items():
            code = program.process.poll()
            if code is None:
                continue
            if code != -signal.SIGKILL or program.again >= MOST_RESTARTS:
                log = self.logs / f"{name}.log"
                raise ProcessFailed(f"The {name} ended with code {code}: read {log}.")
            program.again += 1
            program.process = self._spawn(name, program.command)

    def _spawn(self, name: str, command: list[str]) -> subprocess.Popen[bytes]:
        """Start a process in a session of its own, so that Ctrl-C reaches only us."""
        with (self.logs / f"{name}.log").open("ab") as log:
            return subprocess.Popen(  # noqa: S603 - our own programs, no shell
                command,
                cwd=ROOT,  # where `python -m` finds us, wherever we were started
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_end_with_parent,  # noqa: PLW1509 - it makes one system call
            )

    def await_port(self, port: int) -> None:
        """Wait until somebody listens on the port."""
        self._await(lambda: _listens(port), f"nothing listens on port {port}")

    def await_file(self, path: Path) -> None:
        """Wait until a file is there, as a server's socket."""
        self._await(path.exists, f"{path} is not there")

    def await_silence(self, path: Path) -> None:
        """Wait until nobody listens on a socket, as a server that is ending still does."""
        self._await(
            lambda: not _answers(path),
            f"another program listens on {path}, end it",
            seconds=SILENCE_SECONDS,
        )

    def stop(self) -> None:
        """End every program: politely, and after a while not."""
        processes = [program.process for program in self.running.values()]
        _end(processes[1:])
        _end(processes[:1])
        self.running.clear()

    def _await(
        self, ready: Callable[[], bool], complaint: str, *, seconds: float = START_SECONDS
    ) -> None:
        end = time.monotonic() + seconds
        while not ready():
            self.check()
            if time.monotonic() > end:
                raise ProcessFailed(f"After {seconds} s {complaint}: see {self.logs}.")
            time.sleep(LOOK_SECONDS)


def _end(processes: Iterable[subprocess.Popen[bytes]]) -> None:
    alive = [each for each in processes if each.poll() is None]
    for process in alive:
        process.terminate()
    end = time.monotonic() + GRACE_SECONDS
    for process in alive:
        try:
            process.wait(max(0.0, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            _kill_session(process)


def _kill_session(process: subprocess.Popen[bytes]) -> None:
    """Kill a program and all that it started: the session is its own, and has its number."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _end_with_parent() -> None:
    """Ask the kernel to end this process politely when its parent is gone."""
    if _LIBC is not None:
        _LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(path)) == 0

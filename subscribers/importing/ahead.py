"""A process of its own that reads and judges a file while the database takes what it has read.

Threads would share one processor between reading and writing. The process has neither Django
nor a database, and ends with whoever started it: it writes to a pipe that nobody reads then.
"""

from __future__ import annotations

import gc
import json
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from mailer.errors import InvalidImport
from subscribers.importing.chunks import Chunk, read_chunks
from subscribers.importing.mapping import read_target
from subscribers.importing.opening import open_table
from subscribers.importing.packed import pack
from subscribers.importing.rows import Judge
from subscribers.importing.standing import Standing

# -P: nothing is imported from the folder in which a worker happens to run.
COMMAND = (sys.executable, "-P", "-m", "subscribers.importing.ahead")


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be read, and how; ``skip`` records are done with, ``size`` make a chunk."""

    path: str
    encoding: str
    delimiter: str
    mapping: list[str]
    standing: str
    size: int
    skip: int


@contextmanager
def read_ahead(order: Order) -> Generator[Iterator[Chunk], None, None]:
    """Start to read a file, and give its chunks, as ``read_chunks`` does.

    One is read in advance. Raises InvalidImport, and ChildProcessError if the process ended
    before the file.
    """
    paths = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with subprocess.Popen(  # noqa: S603 - our own command
        COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=os.environ | paths
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(json.dumps(asdict(order)).encode())
            process.stdin.close()
            with closing(_receive_all(process.stdout)) as found:
                yield found
                process.kill()  # before the thread is waited for, which may wait for a chunk
        finally:
            process.kill()


def _receive_all(pipe: IO[bytes]) -> Generator[Chunk, None, None]:
    with ThreadPoolExecutor(max_workers=1) as pool:
        upcoming = pool.submit(_receive, pipe)
        while (chunk := upcoming.result()) is not None:
            upcoming = pool.submit(_receive, pipe)
            yield chunk


def _receive(pipe: IO[bytes]) -> Chunk | None:
    try:
        found = pickle.load(pipe)  # noqa: S301 - from our own process
    except (EOFError, pickle.UnpicklingError) as error:
        raise ChildProcessError("The process that reads the file has ended before it.") from error
    if isinstance(found, str):
        raise InvalidImport(found)
    return Chunk(**found) if found else None


def _read(order: Order) -> Generator[Chunk, None, None]:
    table = open_table(Path(order.path), encoding=order.encoding, delimiter=order.delimiter)
    targets = tuple(read_target(text) for text in order.mapping)
    judge = Judge(targets=targets, standing=Standing(order.standing))
    return read_chunks(table, judge, size=order.size, skip=order.skip)


def main() -> None:
    """Read the file of the order on the standard input, and write its chunks to the output."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started us is asked, and ends us
    gc.disable()  # nothing here refers to itself, and looking for it would double the cost
    order = Order(**json.load(sys.stdin))
    # Not sys.stdout: where Python is told not to buffer it, as in our image, it may write a part of
    # what it is given, as when the process is stopped for a moment, and the rest would be missing.
    with open(sys.stdout.fileno(), "wb", closefd=False) as output:
        try:
            for chunk in _read(order):
                _send(output, _take_apart(chunk))
            _send(output, {})
        except InvalidImport as error:
            _send(output, str(error))


def _take_apart(chunk: Chunk) -> dict[str, Any]:
    return {
        "records": chunk.records,
        "rows": pack([*chunk.rows]),
        "refused": chunk.refused,
        "flagged": chunk.flagged,
    }


def _send(output: IO[bytes], what: dict[str, Any] | str) -> None:
    pickle.dump(what, output, protocol=pickle.HIGHEST_PROTOCOL)
    output.flush()


if __name__ == "__main__":
    try:
        main()
    except BrokenPipeError:
        os._exit(0)  # without a last attempt to write what nobody reads

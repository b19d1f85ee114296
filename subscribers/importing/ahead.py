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
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from mailer.errors import InvalidImport
from subscribers.importing.chunks import Chunk, read_chunks
from subscribers.importing.mapping import read_target
from subscribers.importing.opening import open_table
from subscribers.importing.rows import Judge, Row
from subscribers.importing.standing import Standing

# -P: nothing is imported from the folder in which a worker happens to run.
COMMAND = (sys.executable, "-P", "-m", "subscribers.importing.ahead")
STANDINGS = {each.value: each for each in Standing}


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


def read_ahead(order: Order) -> Generator[Chunk, None, None]:
    """Yield a file's chunks, as ``read_chunks`` does, one of them read in advance.

    Raises InvalidImport, and ChildProcessError if the process ended before the file.
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
            with ThreadPoolExecutor(max_workers=1) as pool:
                upcoming = pool.submit(_receive, process.stdout)
                while (chunk := upcoming.result()) is not None:
                    upcoming = pool.submit(_receive, process.stdout)
                    yield chunk
        finally:
            process.kill()


def _receive(pipe: IO[bytes]) -> Chunk | None:
    try:
        found = pickle.load(pipe)  # noqa: S301 - from our own process
    except (EOFError, pickle.UnpicklingError) as error:
        raise ChildProcessError("The process that reads the file has ended before it.") from error
    if isinstance(found, str):
        raise InvalidImport(found)
    return _unpack(*found) if found else None


def _pack(chunk: Chunk) -> tuple[Any, ...]:
    """Return a chunk as a few long texts, which travel at less cost than a million short ones.

    No cell has a NUL: a row that had one was refused.
    """
    lines, *columns = zip(*chunk.rows, strict=True) if chunk.rows else ([],)
    texts = ["\0".join(column) for column in columns]
    return chunk.records, list(lines), texts, chunk.refused, chunk.flagged


def _unpack(records: int, lines: list[int], texts: list[str], refused: Any, flagged: Any) -> Chunk:
    columns: list[Any] = [text.split("\0") for text in texts]
    if columns:
        columns[-1] = [*map(STANDINGS.__getitem__, columns[-1])]
    rows = [*map(Row._make, zip(lines, *columns, strict=True))]
    return Chunk(records=records, rows=rows, refused=refused, flagged=flagged)


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
    try:
        for chunk in _read(order):
            _send(_pack(chunk))
        _send(())
    except InvalidImport as error:
        _send(str(error))


def _send(what: tuple[Any, ...] | str) -> None:
    pickle.dump(what, sys.stdout.buffer, protocol=pickle.HIGHEST_PROTOCOL)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    try:
        main()
    except BrokenPipeError:
        os._exit(0)  # without a last attempt to write what nobody reads

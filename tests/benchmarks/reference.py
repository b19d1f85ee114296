"""smtp-source around the mailing: half of the messages before it, half after it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.benchmarks.options import Options
from tests.rig import postfix_sink
from tests.rig.postfix_sink import Reference, find_best_sessions, run_source

# Over a long way smtp-source, which does not pipeline, needs five round trips a message: a
# few messages a session tell its rate as well.
FAR_MESSAGES_A_SESSION = 40


@contextmanager
def run_reference(
    options: Options, port: int, octets: int
) -> Iterator[Callable[[], Reference | None]]:
    """Run both halves around the block; what is yielded returns the two as one, or None."""
    runs: list[Reference] = []
    if options.reference and postfix_sink.find(postfix_sink.SOURCE):
        sessions = _choose_sessions(options, port, octets)
        count = max(options.recipients // 2, 1)
        if options.rtt_ms:
            count = min(count, sessions * FAR_MESSAGES_A_SESSION)
        runs.append(run_source(port, octets, count, sessions))
    yield lambda: _sum(runs)
    if runs:
        runs.append(run_source(port, octets, runs[0].messages, runs[0].sessions))


def _choose_sessions(options: Options, port: int, octets: int) -> int:
    """Return the number of sessions: what is fastest, or over a long way as many as we open."""
    if options.rtt_ms:
        return options.senders * (options.connections or 1)
    return find_best_sessions(port, octets)


def _sum(runs: list[Reference]) -> Reference | None:
    if not runs:
        return None
    return Reference(
        sessions=runs[0].sessions,
        messages=sum(run.messages for run in runs),
        seconds=sum(run.seconds for run in runs),
    )

"""Watching a mailing from outside: the sink's count, and what the processes cost meanwhile."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from mailer.models import Mailing, MailingState
from tests.rig.installation import NothingMoves, pid_of, senders_of
from tests.rig.place import Place
from tests.rig.usage import connections_to, cpu_seconds, peak_rss_mb, rss_mb

LOOK_SECONDS = 0.01
# The ledger is asked, and memory is read, far more seldom than the sink's count.
SAMPLE_SECONDS = 0.5
STALLED_SECONDS = 150


@dataclass(slots=True)
class Observation:
    """What was seen of one mailing, in seconds since it was scheduled.

    ``cpu`` has the processor seconds of each program; ``peak_rss`` the most memory, in MB, of
    each process that sends; ``rss`` their largest, sample by sample. ``connections`` is the most
    that all of them had open at a sample.
    """

    first: float = 0.0
    last: float = 0.0
    end: float = 0.0
    arrived: int = 0
    cpu: dict[str, float] = field(default_factory=dict)
    peak_rss: dict[int, float] = field(default_factory=dict)
    rss: list[float] = field(default_factory=list)
    connections: int = 0


def programs_of(place: Place) -> dict[str, int]:
    """Return what runs for this mailing: programs and engines, by name."""
    found = {name: pid_of(place, name) for name in place.processes.running}
    if place.engines.postgres:
        found["postgres"] = place.engines.postgres.pid
    if place.engines.redis:
        found["redis"] = place.engines.redis.pid
    return found


def watch(
    mailing: Mailing, place: Place, count: Callable[[], int], *, until_first: bool = False
) -> Observation:
    """Return what was seen when the mailing has ended, or (``until_first``) when it has begun.

    Raises NothingMoves if it stands still.
    """
    seen = Observation()
    programs = programs_of(place)
    watching = time.process_time()
    before = {name: cpu_seconds([pid]) for name, pid in programs.items()}
    already, began, sampled = count(), time.monotonic(), 0.0
    while mailing.state != MailingState.SENT and not (until_first and seen.arrived):
        time.sleep(LOOK_SECONDS)
        now = time.monotonic() - began
        _note_arrivals(seen, count() - already, now)
        if now - sampled > SAMPLE_SECONDS:
            sampled = now
            _sample(seen, place)
            mailing.refresh_from_db(fields=["state", "problem"])
            _complain_if_stalled(mailing, seen, now, place)
    seen.end = time.monotonic() - began
    _note_arrivals(seen, count() - already, seen.end)
    seen.cpu = {name: cpu_seconds([pid]) - before[name] for name, pid in programs.items()}
    seen.cpu["observer"] = time.process_time() - watching
    return seen


def _note_arrivals(seen: Observation, arrived: int, now: float) -> None:
    if arrived > seen.arrived:
        seen.first = seen.first or now
        seen.arrived, seen.last = arrived, now


def _sample(seen: Observation, place: Place) -> None:
    place.processes.check()
    senders = senders_of(place)
    for pid in senders:
        seen.peak_rss[pid] = max(seen.peak_rss.get(pid, 0.0), peak_rss_mb(pid))
    open_now = connections_to(place.smtp_port, senders)
    seen.connections = max(seen.connections, open_now)
    seen.rss.append(max(map(rss_mb, senders), default=0.0))


def _complain_if_stalled(mailing: Mailing, seen: Observation, now: float, place: Place) -> None:
    if mailing.problem or now - max(seen.last, 0.0) > STALLED_SECONDS:
        raise NothingMoves(
            f"The mailing is {mailing.state} after {seen.arrived} messages: "
            f"{mailing.problem or f'read {place.processes.logs}'}"
        )

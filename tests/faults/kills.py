"""kill -9 of a sender's process or of the whole worker at random moments, and polite ends."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from tests.faults.books import Books
from tests.faults.row import Effort, Row
from tests.faults.scene import Run, Scene, note_books
from tests.rig.installation import pid_of, senders_of

MAILING = 4_000
# Between two kills so many messages arrive, at random; then a random moment passes.
ARRIVALS_BETWEEN = (10, 120)
LONGEST_MOMENT_SECONDS = 0.05
# Every so many kills it is the whole worker that goes, parent and all.
WHOLE_EVERY = 5
SEED = 7
MOST_A_KILL = 0.5
# The mean of fewer says little: of six it is above its bound one time in three by chance alone.
ENOUGH_KILLS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Kill:
    """One kill: when (seconds since the epoch), and the connections that died by it."""

    at: float
    connections: int
    whole: bool


def kill_senders(scene: Scene, effort: Effort) -> Row:
    """Kill without warning, a child or everything, again and again in mid-mailing."""
    row = Row(fault="kill -9 of a sender")
    chance = random.Random(SEED)
    kills: list[Kill] = []
    books: list[Books] = []
    while len(kills) < effort.kills:
        run = scene.start(MAILING)
        while len(kills) < effort.kills and _has_begun_and_goes_on(scene, run, chance):
            kills.append(_kill(scene, whole=len(kills) % WHOLE_EVERY == WHOLE_EVERY - 1))
        books.append(scene.finish(run))
    note_books(row, books, duplicates=sum(kill.connections for kill in kills))
    _note_kills(row, kills, books)
    return row


def _has_begun_and_goes_on(scene: Scene, run: Run, chance: random.Random) -> bool:
    """Wait for a random moment of the mailing; tell whether it was still under way."""
    scene.await_sending(run, chance.randint(*ARRIVALS_BETWEEN))
    time.sleep(chance.random() * LONGEST_MOMENT_SECONDS)
    return scene.arrived(run) < run.size - ARRIVALS_BETWEEN[1]


def _kill(scene: Scene, *, whole: bool) -> Kill:
    senders = senders_of(scene.place)
    talking = [pid for pid in senders if scene.open_connections([pid])] or senders
    victims = senders if whole else talking[:1]
    for victim in victims:  # so that what is counted is what is killed
        os.kill(victim, signal.SIGSTOP)
    kill = Kill(at=time.time(), connections=scene.open_connections(victims), whole=whole)
    if whole:
        os.killpg(pid_of(scene.place, "sender"), signal.SIGKILL)
        scene.place.processes.running["sender"].process.wait()
        scene.restart("sender")
    else:
        os.kill(victims[0], signal.SIGKILL)
    return kill


def _note_kills(row: Row, kills: Sequence[Kill], books: Sequence[Books]) -> None:
    """Note the duplicates of each kill: one belongs to the kill nearest to its first arrival."""
    each = Counter[Kill]()
    for book in books:
        seen: set[str] = set()
        for arrival in book.arrivals:
            if arrival.recipient in book.repeated and arrival.recipient not in seen:
                seen.add(arrival.recipient)
                nearest = min(kills, key=lambda kill: abs(kill.at - arrival.at))
                each[nearest] += book.repeated[arrival.recipient]
    row.figures["kills"] = len(kills)
    row.figures["whole workers"] = sum(kill.whole for kill in kills)
    row.figures["connections open, mean"] = round(
        sum(kill.connections for kill in kills) / len(kills), 2
    )
    row.figures["duplicates a kill, most"] = max(each.values(), default=0)
    excess = max((each[kill] - kill.connections for kill in kills), default=0)
    row.hold("above one a connection", max(excess, 0), 0)
    mean = sum(each.values()) / len(kills)
    if len(kills) >= ENOUGH_KILLS:
        row.hold("duplicates a kill, mean", mean, MOST_A_KILL)
    else:
        row.figures["duplicates a kill, mean"] = round(mean, 3)


def deploy(scene: Scene, effort: Effort) -> Row:
    """End the sender politely in mid-mailing and start it again, as a deploy does."""
    row = Row(fault="SIGTERM (a deploy)")
    slowest = 0.0
    run = scene.start(MAILING)
    times = effort.times(2, 10)
    for _ in range(times):
        scene.await_sending(run, 100)
        process = scene.place.processes.running["sender"].process
        began = time.monotonic()
        process.terminate()
        process.wait(60)
        slowest = max(slowest, time.monotonic() - began)
        scene.restart("sender")
    row.figures["deploys"] = times
    row.figures["slowest end, s"] = round(slowest, 2)
    note_books(row, [scene.finish(run)], duplicates=0)
    return row

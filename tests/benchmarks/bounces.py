"""Measure how fast bounces are read, how well, and that no damage to one does harm.

Run ``./masthead bench bounces``. Mails are those of ``--corpus``, a folder of .eml
files; without it, reports as ``tests.fakes.reports`` writes them. ``--mutations`` damages that
many of them at random, 10,000 unless told otherwise: none may raise anything but
UnreadableReport, none may be slow.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from mailer.errors import UnreadableReport
from mailer.feedback.read import read_feedback
from tests.fakes.damage import damage
from tests.fakes.notices import complaint, dsn, words

ROUNDS = 3
# The listener reads one mail at a time, so one that is slow holds all others up.
SLOWEST_SECONDS = 2.0
MUTATIONS = 10_000  # unless told otherwise: enough to meet each reader, done in seconds


def load_mails(corpus: str) -> list[bytes]:
    """Return the corpus' mails, or three kinds of report where there is none."""
    if corpus:
        return [path.read_bytes() for path in sorted(Path(corpus).glob("*.eml"))]
    return [dsn("a@x.example"), complaint("To: a@x.example"), words("a@x.example")]


def measure_speed(mails: Sequence[bytes]) -> float:
    """Return the mails read in a second of one core's time, in the fastest of several rounds."""
    best = 0.0
    for _ in range(ROUNDS):
        start = time.process_time()
        for raw in mails:
            read_feedback(raw)
        best = max(best, len(mails) / (time.process_time() - start))
    return best


def measure_damage(mails: Sequence[bytes], count: int, seed: int) -> dict[str, float]:
    """Return what ``count`` damaged mails did: refusals, exceptions, the slowest in seconds."""
    chance = random.Random(seed)  # a run can be repeated
    refused = failed = 0
    slowest = 0.0
    for _ in range(count):
        raw = damage(chance.choice(mails), chance)
        start = time.process_time()
        try:
            read_feedback(raw)
        except UnreadableReport:
            refused += 1
        except Exception:  # noqa: BLE001 - this is what is counted
            failed += 1
        slowest = max(slowest, time.process_time() - start)
    return {"mutated": count, "refused": refused, "exceptions": failed, "slowest_s": slowest}


def main(argv: Sequence[str] | None = None) -> int:
    """Print the figures, and return 1 if a damaged mail did harm."""
    parser = argparse.ArgumentParser(prog="bounces", description=__doc__)
    parser.add_argument("--corpus", default="")
    parser.add_argument("--mutations", type=int, default=MUTATIONS)
    parser.add_argument("--seed", type=int, default=3464)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(argv)
    mails = load_mails(options.corpus)
    if not mails:
        parser.error(f"{options.corpus} has no file *.eml: name the folder of the mails themselves")
    figures: dict[str, float] = {"mails": len(mails), "a_second": round(measure_speed(mails))}
    figures |= measure_damage(mails, options.mutations, options.seed)
    print_figures(figures, as_json=options.json)
    return int(figures["exceptions"] > 0 or figures["slowest_s"] > SLOWEST_SECONDS)


def print_figures(figures: dict[str, float], *, as_json: bool) -> None:
    """Print a figure a line, or all as JSON."""
    lines = [json.dumps(figures)] if as_json else [f"{k:12} {v:,}" for k, v in figures.items()]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    sys.exit(main())

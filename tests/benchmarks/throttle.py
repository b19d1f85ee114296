"""How exactly processes keep a limit together, and what passing the gate costs.

Method: N real processes on a private Redis pass one gate as fast as they may, as senders do,
and note Redis' clock's moment of each message. The rate is counted between the first and the
last message; the most in any one second, and the smallest gap, show the bursts. The cost is
process time over messages, with a limit too high to be felt and with none.

Run ``python tests/benchmarks/throttle.py [--seconds 10] [--processes 4]``.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

import django
import redis

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mailer.settings")
django.setup()

from mailer.dispatch.limits.gate import Gate  # noqa: E402 - Django comes first
from mailer.dispatch.limits.rows import WHOLE, Limits  # noqa: E402 - Django comes first
from mailer.dispatch.limits.throttle import Limit, Throttle  # noqa: E402 - Django comes first
from tests.fakes.servers import start_redis  # noqa: E402 - Django comes first


def make_gate(url: str, rate: float | None) -> tuple[Gate, redis.Redis]:
    client = redis.Redis.from_url(url, socket_timeout=90)
    limits = Limits(
        transport_id=1, whole=Limit(scope=f"1:{rate}", slowed_as=WHOLE, per_second=rate)
    )
    throttle = Throttle(client, 1)
    return Gate(throttle=throttle, load=lambda: limits, worker=str(os.getpid())), client


def send(url: str, rate: float, seconds: float, sink: multiprocessing.Queue) -> None:
    """Pass the gate for some seconds and hand over the moments, on Redis' clock."""
    gate, client = make_gate(url, rate)
    told_seconds, told_us = client.time()
    offset = told_seconds + told_us / 1e6 - time.monotonic()
    moments, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        gate.tick()
        wait = gate.admit("gmail")
        if wait:
            time.sleep(min(wait, 0.25))
        else:
            moments.append(time.monotonic() + offset)
    sink.put(moments)


def measure_rate(url: str, rate: float, seconds: float, processes: int) -> dict[str, object]:
    sink: multiprocessing.Queue = multiprocessing.Queue()
    workers = [
        multiprocessing.Process(target=send, args=(url, rate, seconds, sink))
        for _ in range(processes)
    ]
    for worker in workers:
        worker.start()
    moments = sorted(moment for _ in workers for moment in sink.get())
    for worker in workers:
        worker.join()
    per_second: dict[int, int] = {}
    for moment in moments:
        per_second[int(moment - moments[0])] = per_second.get(int(moment - moments[0]), 0) + 1
    return {
        "limit": rate,
        "processes": processes,
        "messages": len(moments),
        "per_second": round((len(moments) - 1) / (moments[-1] - moments[0]), 3),
        "most_in_a_second": max(per_second.values()),
        "smallest_gap_ms": round(min(b - a for a, b in pairwise(moments)) * 1000, 3),
    }


def measure_cost(url: str, rate: float | None, count: int = 200_000) -> dict[str, object]:
    """Count process time a message, and calls of Redis, where the limit is never felt."""
    gate, client = make_gate(url, rate)
    before = client.info("commandstats").get("cmdstat_evalsha", {}).get("calls", 0)
    passed = 0
    began = time.process_time()
    while passed < count:
        passed += gate.admit("gmail") == 0.0
    spent = time.process_time() - began
    calls = client.info("commandstats").get("cmdstat_evalsha", {}).get("calls", 0) - before
    return {"limit": rate, "us_per_message": round(spent / count * 1e6, 2), "redis_calls": calls}


def say(figures: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(figures) + "\n")
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--processes", type=int, default=4)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="masthead-throttle-") as folder:
        server = start_redis(Path(folder))
        try:
            for rate in (1, 14, 500, 5_000):
                say(measure_rate(server.url, rate, options.seconds, options.processes))
            for limit in (None, 1_000_000):
                say(measure_cost(server.url, limit))
        finally:
            server.stop()


if __name__ == "__main__":
    main()

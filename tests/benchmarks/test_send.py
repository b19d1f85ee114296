"""The benchmark's own books are right, whatever the speed."""

from __future__ import annotations

import json
import subprocess
import sys

from tests.conftest import ROOT


def test_a_small_run_counts_every_recipient_signs_each_and_loses_none():
    words = ["--recipients", "300", "--kilobytes", "40", "--rtt-ms", "4", "--dkim", "ed25519"]
    command = [sys.executable, "-m", "tests.benchmarks", "send", *words, "--counting"]
    command += ["--no-reference", "--json"]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert figures["states"] == {"accepted": 300}
    assert figures["checked"] == {"messages": 300, "unsigned": 0, "lost": 0, "twice": 0}
    assert (figures["lost"], figures["duplicates"]) == (0, 0)
    assert abs(figures["octets"] - 40_000) < 800
    assert figures["cpu_us_per_message"] > 0
    assert figures["first_message_seconds"] > 0

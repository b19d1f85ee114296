"""kill -9 in the middle of a mailing: it ends by itself, and nobody is left out."""

from __future__ import annotations

import os
import signal
import sys

from tests.fakes.demo import RunningDemo

# The segment, the lists and who left before take about a fifth of the people.
SUBSCRIBERS = 6_500
ISSUE = """\
---
publication: The Harbour Letter
number: 7
published: 2026-03
language: en
subject: "Spring"
preheader: "What the tide brought in"
colophon:
  publisher: Harbour Institute
  address: "1 Quay Street, 0150 Oslo, Norway"
  roles:
    Responsible Editor: [Ada Berg]
---

# News

## The lighthouse is lit again

After two winters the lamp turns.
"""


def test_a_mailing_to_5000_survives_the_kill_of_a_child_and_of_a_whole_worker(tmp_path, capsys):
    issue = tmp_path / "issue.md"
    issue.write_text(ISSUE, encoding="utf-8")
    words = ("--once", "--first-only", "--issue", str(issue), "--subscribers", str(SUBSCRIBERS))
    demo = RunningDemo(tmp_path / "demo", *words)
    try:
        demo.await_arrivals(500)
        (worker,) = demo.find_children("--queues send")
        os.kill(demo.find_children("--queues send", worker)[0], signal.SIGKILL)
        demo.await_arrivals(1_500)
        children = demo.find_children("--queues send", worker)
        for process in (worker, *children):
            os.kill(process, signal.SIGKILL)

        figures = demo.await_figures()
    finally:
        demo.stop()

    assert demo.find_children("--queues send") == []
    assert figures["accepted"] + figures["failed"] >= 5_000
    told = figures["accepted"] + figures["failed"] + sum(figures["skipped"].values())
    assert told == figures["audience"]
    assert figures["lost"] == 0
    # A message in flight may come twice: one a connection that was cut, two workers' in all.
    assert figures["duplicates"] <= 1 + len(children)
    with capsys.disabled():
        report = "kill -9 twice: lost {lost}, duplicates {duplicates}, {seconds} s\n"
        sys.stdout.write(report.format(**figures))

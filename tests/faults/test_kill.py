"""kill -9 in the middle of a mailing: it ends by itself, and nobody is left out."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

from mailer.logs import ADDRESS, NODE
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
        code = demo.process.wait(120)
    finally:
        demo.stop()

    assert demo.find_children("--queues send") == []
    check_logs(demo.folder / "logs")
    assert figures["accepted"] + figures["failed"] >= 5_000
    told = figures["accepted"] + figures["failed"] + sum(figures["skipped"].values())
    assert told == figures["audience"]
    assert figures["lost"] == 0
    assert code == 0, demo.said()
    # A message in flight may come twice: one a connection that was cut, two workers' in all.
    assert figures["duplicates"] <= 1 + len(children)
    with capsys.disabled():
        report = "kill -9 twice: lost {lost}, duplicates {duplicates}, {seconds} s\n"
        sys.stdout.write(report.format(**figures))


def check_logs(folder: Path) -> None:
    """Look into every log of a real run: lines name mailings and batches, and no reader."""
    events = []
    for name in ("sender", "worker", "web", "beat", "inbound"):
        text = (folder / f"{name}.log").read_text(encoding="utf-8")
        lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
        events += lines
        told = "\n".join(map(str, lines)) if name in {"sender", "worker"} else text
        assert [word for word in ADDRESS.findall(told) if not NODE.fullmatch(word)] == [], name
    given_back = [event for event in events if event["event"] == "a batch is given back"]
    assert len(given_back) > 10
    assert all(event["batch_id"] and event["mailing_id"] for event in given_back)
    assert any(event["event"] == "a mailing is started" for event in events)
    assert any(event["event"] == "request_finished" for event in events)

"""The demo as its user runs it: once, and staying up."""

from __future__ import annotations

import signal
import urllib.request

import pytest

from mailer.demo.reactions import post_one_click
from tests.fakes.demo import RunningDemo, all_processes
from tests.fakes.rules import lint
from tests.fakes.servers import wait_until

# Far more than it takes: a machine that is busy ends a dozen processes slowly.
ENDING_SECONDS = 180


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    running = RunningDemo(tmp_path_factory.mktemp("d") / "demo", "--subscribers", "300")
    yield running
    running.stop()


@pytest.fixture(scope="module")
def figures(demo):
    return demo.await_figures()


def test_every_figure_is_right_and_the_sums_add_up(demo, figures):
    assert "Every figure is right" in demo.said()
    for mailing in (figures, figures["second_mailing"]):
        told = mailing["accepted"] + mailing["failed"] + sum(mailing["skipped"].values())
        assert told == mailing["audience"]
        assert (mailing["lost"], mailing["duplicates"]) == (0, 0)


def test_everything_that_can_happen_happens(figures):
    names = ["accepted", "deferred_then_accepted", "failed", "bounced", "complained"]

    assert all(figures[name] > 0 for name in [*names, "unsubscribed"])
    assert set(figures["skipped"]) == {
        "duplicate",
        "not_in_segment",
        "unconfirmed",
        "unsubscribed",
    }


def test_the_second_mailing_leaves_out_whoever_bounced_complained_or_left(figures):
    gone = ("failed", "bounced", "complained", "unsubscribed")
    second = figures["second_mailing"]

    assert second["skipped"]["suppressed"] > 0
    assert [second[name] for name in gone] == [0, 0, 0, 0]
    reached = figures["accepted"] - sum(figures[name] for name in gone[1:])
    assert second["accepted"] == reached


def test_every_message_keeps_the_rules_of_bulk_mail(demo, figures):
    arrivals = list(demo.mailboxes.iterate_raw())

    findings = {
        each.id: lint(each.raw, sender=each.mail_from, recipient=each.recipient)
        for each in arrivals
    }

    assert len(arrivals) == figures["accepted"] + figures["second_mailing"]["accepted"]
    assert {number: found for number, found in findings.items() if found} == {}


def test_every_message_can_be_left_with_one_click(demo, figures):
    answers = {post_one_click(each.raw) for each in demo.mailboxes.iterate_raw()}

    assert answers == {200}


def test_the_mailboxes_can_be_opened(demo, figures):
    with urllib.request.urlopen(f"http://127.0.0.1:{demo.port}/demo/", timeout=60) as page:
        assert "mailboxes</h1>" in page.read().decode()
    assert "log in as admin with" in demo.said()


def test_ctrl_c_ends_it_and_leaves_no_process(demo, figures):
    demo.process.send_signal(signal.SIGINT)

    assert demo.process.wait(ENDING_SECONDS) == 0
    assert all_processes(demo.folder) == []


def test_when_it_is_killed_its_processes_end_too(tmp_path):
    demo = RunningDemo(tmp_path / "demo", "--subscribers", "300")
    try:
        demo.await_arrivals(1)
        demo.process.kill()
        demo.process.wait(ENDING_SECONDS)

        wait_until(
            lambda: all_processes(demo.folder) == [], "an end of all processes", ENDING_SECONDS
        )
    finally:
        demo.stop()

"""The parsers as a whole, on real mail and on mail that was made to hurt."""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from mailer.errors import UnreadableReport
from mailer.feedback.read import read_feedback
from mailer.types import FeedbackEvent, FeedbackKind
from tests.fakes.damage import damage
from tests.fakes.reports import complaint, dsn, words
from tests.fakes.scoring import score

MUTATIONS = 1_000
# No mail may keep the listener longer. The worst takes a thirtieth; a careless pattern, minutes.
SLOWEST_SECONDS = 2.0


def test_mail_to_an_unsubscribe_address_means_that_whatever_it_says():
    [event] = read_feedback(dsn("a@x.example"), envelope_recipient="U-token@us.example")

    assert event == FeedbackEvent(
        recipient="", kind=FeedbackKind.UNSUBSCRIBE, bounce_address="U-token@us.example"
    )


@pytest.mark.parametrize("raw", [dsn("a@x.example"), words("a@x.example"), complaint("To: a@x.y")])
def test_the_envelope_s_address_stands_before_what_the_mail_says(raw):
    [event] = read_feedback(raw, envelope_recipient="b-token@us.example")

    assert event.bounce_address == "b-token@us.example"


def test_a_role_s_address_is_no_signature():
    [event] = read_feedback(dsn("a@x.example"), envelope_recipient="postmaster@us.example")

    assert event.bounce_address == ""


@pytest.mark.parametrize("raw", [b"", b"\0", b"\n\n\n", b"Subject: hello\n\nHow are you?"])
def test_other_mail_says_nothing(raw):
    assert read_feedback(raw) == []


def hurt() -> Iterator[bytes]:
    """Give mail that makes careless patterns slow: each is close to a megabyte."""
    head = b"From: MAILER-DAEMON@x.example\nX-Failed-Recipients: a@x.example\n"
    report = head + b"Content-Type: multipart/report; boundary=b\n\n--b\n"
    status = b"Content-Type: message/delivery-status\n\n"
    recipient = b"Final-Recipient: rfc822; a@x.example\nAction: failed\n"
    for piece in (
        b"a@", b"@", b"<", b'"', b".", b"5.1.1", b"550 ", b"user ", b"\n", b"\n\n", b"\n \n",
        b"--", b"\n--b", b"=?", b"=?a?q?", b"; a=", b"host not ", b">>> DATA\n<<< 550 x\n550 x\n",
        b"reply to ", b"mailbox full", b"- original -", b"((", b"\\x{", b"\xff", b"=", b"+2B",
    ):  # fmt: skip
        bulk = piece * (900_000 // len(piece))
        yield head + b"\n550 5.1.1 " + bulk
        yield head + b"Subject: " + bulk + b"\n\n550 x"
        yield b"Content-Type: multipart/mixed; boundary=" + bulk[:90] + b"\n\n" + bulk
        yield report + status + recipient + b"Diagnostic-Code: smtp; 550 " + bulk
        yield report + status + b"Action: failed\nFinal-Recipient: rfc822; " + bulk
        yield report + b"\n" + bulk + b"\n--b\n" + status + recipient


def test_no_mail_is_slow_to_read():
    slowest = 0.0
    for raw in hurt():
        began = time.process_time()
        with suppress(UnreadableReport):
            read_feedback(raw)
        slowest = max(slowest, time.process_time() - began)

    assert slowest < SLOWEST_SECONDS


@pytest.fixture(scope="module")
def corpus(shared: Path) -> dict[str, bytes]:
    folder = shared / "bounces" / "emails"
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.fixture(scope="module")
def truth(shared: Path) -> dict[str, list[dict[str, object]]]:
    entries = json.loads((shared / "bounces" / "truth.json").read_text(encoding="utf-8"))
    return {name: entry["expected"] for name, entry in entries.items()}


def test_it_reads_real_bounces_as_well_as_it_did(corpus, truth):
    counts: Counter[str] = Counter()
    for name, rows in truth.items():
        said = {recipient.lower(): kind for recipient, kind, _ in score(corpus[name])}
        for row in rows:
            right = [str(each).lower() for each in (row["recipient"], *row["also"])]
            found = next((said.pop(each) for each in right if each in said), None)
            counts["named in truth"] += bool(row["recipient"])
            counts["hard"] += row["class"] == "hard"
            if found:
                counts["named"] += 1
                counts["classed"] += found == row["class"]
                counts["said hard"] += found == "hard"
                counts["right hard"] += found == row["class"] == "hard"
        counts["invented"] += sum(kind != "other" for kind in said.values())

    assert counts["invented"] <= 1  # one that was written to, known to the truth by its alias
    assert counts["named"] >= 0.98 * counts["named in truth"]
    assert counts["classed"] >= 0.95 * counts["named in truth"]
    assert counts["right hard"] >= 0.95 * counts["hard"]
    assert counts["right hard"] >= 0.99 * counts["said hard"]


@pytest.mark.parametrize("newline", [b"\r\n", b"\r"])
def test_the_ends_of_lines_make_no_difference(corpus, newline):
    for name, raw in corpus.items():
        lines = raw.replace(b"\r", b"")

        assert read_feedback(lines.replace(b"\n", newline)) == read_feedback(lines), name


def test_no_mutated_bounce_makes_it_fail(corpus):
    chance = random.Random(3464)
    mails = list(corpus.values())
    for _ in range(MUTATIONS):
        raw = damage(chance.choice(mails), chance)
        with suppress(UnreadableReport):
            for event in read_feedback(raw):
                assert "\0" not in f"{event.recipient}{event.message_id}"
                assert len(event.status) <= 12


def test_what_a_parser_says_fits_the_ledger(corpus):
    for raw in corpus.values():
        for event in read_feedback(raw):
            assert len(event.status) <= 12
            assert len(event.recipient) <= 320


def test_an_mbox_of_reports_is_read_whole():
    line = b"From MAILER-DAEMON Thu Apr 29 23:34:45 2010\r\n"

    events = read_feedback(line + dsn("a@x.example") + line + dsn("b@x.example"))

    assert [event.recipient for event in events] == ["a@x.example", "b@x.example"]


def test_an_mbox_that_is_too_large_is_refused():
    with pytest.raises(UnreadableReport):
        read_feedback(b"From a Thu Apr 29 23:34:45 2010\n" + b"x" * 1_048_576)


def wrap(report: bytes, author: bytes) -> bytes:
    head = (
        b"\r\nContent-Type: multipart/mixed; boundary=w\r\n\r\n--w\r\n\r\nReturned mail\r\n--w\r\n"
    )
    return b"From: " + author + head + b"Content-Type: message/rfc822\r\n\r\n" + report


def test_a_report_that_a_gateway_wraps_is_opened():
    [event] = read_feedback(wrap(dsn("a@x.example"), b"postmaster@gateway.example"))

    assert (event.recipient, event.structured) == ("a@x.example", True)


def test_what_a_gateway_returns_that_is_no_report_is_not_opened():
    raw = wrap(b"From: us@our.example\r\n\r\nHello", b"postmaster@gateway.example")

    assert read_feedback(raw) == []


def test_a_report_that_a_person_passes_on_stays_closed():
    assert read_feedback(wrap(dsn("a@x.example"), b"reader@people.example")) == []

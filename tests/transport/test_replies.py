"""What a reply means: for whom it is final, and whom it blames."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.transport.smtp.replies import classify, read_reply
from mailer.types import Reason, Reply, Stage


@pytest.mark.parametrize(
    ("lines", "status", "text"),
    [
        ("5.1.1 no such user", "5.1.1", "no such user"),
        ("no such user", "", "no such user"),
        ("two\n  lines", "", "two lines"),
        ("x" * 5_000, "", "x" * 1_000),
    ],
)
def test_a_reply_is_read(lines, status, text):
    reply = read_reply(550, lines, Stage.RCPT)

    assert (reply.status, reply.text) == (status, text)


@pytest.mark.parametrize(
    ("code", "words", "reason", "permanent"),
    [
        (550, "5.1.1 no such user", Reason.UNKNOWN_ADDRESS, True),
        (550, "5.1.2 bad host", Reason.UNKNOWN_DOMAIN, True),
        (550, "5.2.1 mailbox disabled", Reason.DISABLED, True),
        (552, "5.2.2 mailbox full", Reason.MAILBOX_FULL, False),
        (550, "5.7.26 unauthenticated", Reason.AUTHENTICATION, False),
        (550, "5.7.1 blocked by spamhaus: listed in xbl", Reason.BLOCKED, False),
        (550, "5.7.1 message looks like spam", Reason.SPAM, False),
        (550, "5.0.0 user unknown", Reason.UNKNOWN_ADDRESS, True),
        (550, "user ada@people.example does not exist", Reason.UNKNOWN_ADDRESS, True),
        (550, "sorry", Reason.UNKNOWN, False),
        (553, "sorry", Reason.UNKNOWN, False),
        (550, "account has been suspended", Reason.DISABLED, True),
        (550, "domain not found", Reason.UNKNOWN_DOMAIN, True),
        (552, "message too large", Reason.TOO_LARGE, False),
        (450, "4.1.1 user unknown", Reason.UNKNOWN_ADDRESS, False),
        (451, "greylisted, try again later", Reason.RATE, False),
        (452, "sorry", Reason.MAILBOX_FULL, False),
        (550, "5.7.99 no", Reason.BLOCKED, False),
        (550, "5.7.1 no", Reason.BLOCKED, False),
        (599, "sorry", Reason.UNKNOWN, False),
    ],
)
def test_a_refusal_at_rcpt_is_understood(code, words, reason, permanent):
    verdict = classify(read_reply(code, words, Stage.RCPT))

    assert (verdict.reason, verdict.permanent) == (reason, permanent)


def test_an_unknown_user_after_the_content_is_a_filter():
    assert not classify(read_reply(550, "5.1.1 no such user", Stage.DOT)).permanent


def test_no_reply_condemns_nobody():
    assert not classify(Reply(code=0, text="lost", stage=Stage.RCPT)).permanent


def test_a_long_reply_is_read_in_no_time():
    classify(read_reply(550, "user " * 200 + "a" * 1_000, Stage.RCPT))


@pytest.mark.parametrize(
    ("lines", "status", "text"),
    [
        ("5.1.1 There is\n5.1.1 nobody here", "5.1.1", "There is nobody here"),
        ("There is\n5.1.1 nobody here", "5.1.1", "There is nobody here"),
        ("5.1.1 no\n5.1.10 other", "5.1.1", "no 5.1.10 other"),
        ("5.1.1\n5.1.1", "5.1.1", ""),
        ("\u0665.\u0661.\u0661 no", "", "\u0665.\u0661.\u0661 no"),
        ("5.1.1234 no", "", "5.1.1234 no"),
    ],
)
def test_a_status_that_each_line_repeats_is_kept_once(lines, status, text):
    reply = read_reply(550, lines, Stage.RCPT)

    assert (reply.status, reply.text) == (status, text)


@pytest.mark.parametrize("control", ["\0", "\x1b", "\x9b", "\u202e", "\ud800", "\x07"])
def test_controls_are_shown_and_do_nothing(control):
    reply = read_reply(550, f"5.1.1 evil{control}[31mred", Stage.RCPT)

    assert reply.text == "evil\ufffd[31mred"


@pytest.mark.parametrize(
    "words", ["", "Access denied", "Relaying not allowed", "Administrative prohibition", "Rejected"]
)
def test_a_bare_550_that_names_no_reader_condemns_none(words):
    assert not classify(read_reply(550, words, Stage.RCPT)).permanent


@pytest.mark.parametrize(
    "words",
    [
        "5.1.6 The mailbox has moved",
        "5.1.10 The domain takes no mail",
        "5.4.4 No way to the domain",
        "No such user here",
        "Unknown recipient",
        "mailbox unavailable: user not found",
        "Recipient <ada@people.example> does not exist",
        "invalid address",
        "Requested action not taken: mailbox unavailable or unknown mailbox",
        "no mailbox here by that name",
        "There is no such recipient",
        "User <ada@people.example> unknown",
    ],
)
def test_words_that_say_that_nobody_is_there_condemn_an_address(words):
    assert classify(read_reply(550, words, Stage.RCPT)).permanent


@pytest.mark.parametrize("stage", [stage for stage in Stage if stage is not Stage.RCPT])
def test_only_the_answer_to_rcpt_condemns(stage):
    assert not classify(read_reply(550, "5.1.1 no such user", stage)).permanent


@pytest.mark.parametrize("status", ["5.7.0", "5.7.1", "5.7.26", "5.7.27", "5.7.515", "5.7.606"])
def test_a_refusal_by_policy_condemns_nobody(status):
    verdict = classify(read_reply(550, f"{status} user unknown to our policy", Stage.RCPT))

    assert not verdict.permanent


@given(code=st.integers(0, 999), lines=st.text(max_size=3_000), stage=st.sampled_from(list(Stage)))
def test_any_words_are_read_and_judged(code, lines, stage):
    reply = read_reply(code, lines, stage)
    verdict = classify(reply)

    assert len(reply.text) <= 1_000
    assert reply.text.isprintable()
    assert not verdict.permanent or (stage is Stage.RCPT and code // 100 != 4)

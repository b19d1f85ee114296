"""What a reply means: for whom it is final, and whom it blames."""

from __future__ import annotations

import pytest

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

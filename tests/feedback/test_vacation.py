from __future__ import annotations

import pytest

from mailer.feedback.mime import read_mail
from mailer.feedback.vacation import read_vacation
from mailer.types import FeedbackKind


@pytest.mark.parametrize(
    "header",
    [
        "Auto-Submitted: auto-replied (vacation)",
        "Auto-Submitted: auto-generated",
        "Precedence: auto_reply",
        "X-Autoreply: yes",
        "X-Autorespond: Away",
        "X-Auto-Response-Suppress: All",
        "Subject: Out of Office: Spring",
        "Subject: =?utf-8?q?Automatic_reply=3A_Spring?=",
    ],
)
def test_it_knows_an_answer_of_somebody_who_is_away(header):
    raw = f"From: Reader <reader@people.example>\nIn-Reply-To: <1@us.example>\n{header}\n\nAway."

    [event] = read_vacation(read_mail(raw.encode()))

    assert event.kind is FeedbackKind.VACATION
    assert (event.recipient, event.message_id) == ("reader@people.example", "<1@us.example>")


@pytest.mark.parametrize(
    "raw",
    [
        "From: reader@people.example\nSubject: Thank you\n\nA fine issue.",
        "From: reader@people.example\nAuto-Submitted: no\n\nWritten by hand.",
        "From: MAILER-DAEMON@mx.example\nAuto-Submitted: auto-replied\n\nA bounce.",
        "From: x@mx.example\nX-Failed-Recipients: a@x.example\nAuto-Submitted: auto-replied\n\n",
    ],
)
def test_other_mail_is_none(raw):
    assert read_vacation(read_mail(raw.encode())) == []


def test_an_answer_from_nobody_is_still_one():
    [event] = read_vacation(read_mail(b"Auto-Submitted: auto-replied\n\nAway."))

    assert event.recipient == ""

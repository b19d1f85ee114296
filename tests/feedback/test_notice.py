from __future__ import annotations

import pytest

from mailer.feedback.mime import read_mail
from mailer.feedback.notice import cut_copy, find_spoken, read_notice

TRANSCRIPT = """\
While talking to mx.a.example:
>>> MAIL From:<us@our.example>
<<< 501 no access
554 <a@a.example>... Remote protocol error
While talking to mx.b.example:
>>> RCPT To:<b@b.example>
<<< 550 nobody
550 <b@b.example>... User unknown
"""


def test_a_transcript_tells_of_the_recipient_who_closes_it():
    both = ["a@a.example", "b@b.example"]

    assert "MAIL From" in find_spoken(TRANSCRIPT, "a@a.example", both)
    assert find_spoken(TRANSCRIPT, "b@b.example", both).startswith("While talking to mx.b")
    assert find_spoken("a@a.example failed", "a@a.example", both) == ""


def test_where_there_is_only_html_its_words_are_read():
    raw = (
        b"Content-Type: text/html\n\n<style>p { color: red }</style>"
        b"<p>Failed: &lt;a@x.example&gt;&nbsp;<br>550"
    )

    assert read_notice(read_mail(raw)).split() == ["Failed:", "<a@x.example>", "550"]


@pytest.mark.parametrize(
    "rule",
    [
        "--- Below this line is a copy of the message.\n",
        "   ----- Unsent message follows -----\n",
        "Original message follows.\n\n",
        "Below is a copy of the original message:\n\n",
        "Original Message:\n",
    ],
)
def test_the_copy_of_the_message_is_cut_off(rule):
    words, copy = cut_copy(f"It failed.\n{rule}From: us@our.example\nTo: a@x.example\n")

    assert words == "It failed.\n"
    assert copy == "From: us@our.example\nTo: a@x.example\n"


@pytest.mark.parametrize(
    "words",
    [
        "Your original message was refused:\n\na@x.example",
        "--- original",
        f"-- original {'x' * 200}\nFrom: a@x.example",
    ],
)
def test_a_mention_of_the_message_is_no_copy(words):
    assert cut_copy(words) == (words, "")


def test_a_copy_that_begins_with_its_trace_needs_no_rule():
    assert cut_copy("Failed.\nReceived: by mx\nTo: a@x") == (
        "Failed.\n",
        "Received: by mx\nTo: a@x",
    )

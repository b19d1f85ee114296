from __future__ import annotations

import pytest

from mailer.feedback.mime import read_mail
from mailer.feedback.prose import read_prose
from mailer.types import FeedbackEvent, FeedbackKind, Reason
from tests.fakes.reports import words

NOTICE = """\
From: MAILER-DAEMON@mx.example
Subject: {subject}

<a@x.example>:
550 5.1.1 user unknown
<b@x.example>:
552 5.2.2 mailbox full

--- Below this line is a copy of the message.

{copy}
"""
COPY = "Return-Path: <us@us.example>\nTo: a@x.example, b@x.example\nMessage-ID: <1@us.example>"


def read(text: str | bytes) -> list[FeedbackEvent]:
    return read_prose(read_mail(text if isinstance(text, bytes) else text.encode()))


def test_it_believes_a_header_that_names_who_failed():
    [event] = read(words("reader@people.example"))

    assert (event.recipient, event.status) == ("reader@people.example", "5.1.1")
    assert event.permanent
    assert not event.structured


def test_it_believes_addresses_that_the_returned_copy_was_written_to():
    first, second = read(NOTICE.format(subject="failure notice", copy=COPY))

    assert (first.recipient, first.reason, first.permanent) == (
        "a@x.example",
        Reason.UNKNOWN_ADDRESS,
        True,
    )
    assert (second.recipient, second.reason, second.permanent) == (
        "b@x.example",
        Reason.MAILBOX_FULL,
        False,
    )
    assert first.message_id == "<1@us.example>"


def test_a_header_that_names_who_failed_needs_no_code():
    [event] = read("From: MAILER-DAEMON@mx.example\nX-Failed-Recipients: a@x.example\n\nIt failed.")

    assert (event.recipient, event.permanent, event.reason) == (
        "a@x.example",
        False,
        Reason.UNKNOWN,
    )


@pytest.mark.parametrize("form", ["c@x.example: {}", "<c@x.example>:\n{}", "  c@x.example:  {}"])
def test_it_believes_an_address_that_begins_a_line_with_a_refusal(form):
    refusal = form.format("550 5.1.1 <d@x.example> unknown user")

    events = read(f"From: MAILER-DAEMON@mx.example\n\nFrom us@us.example:\n{refusal}\n")

    assert [(event.recipient, event.permanent) for event in events] == [("c@x.example", True)]


def test_it_believes_no_address_in_the_middle_of_a_sentence():
    assert read("From: MAILER-DAEMON@mx.example\n\nIt failed; see a@x.example. 550 no") == []


def test_a_copy_in_a_part_of_its_own_is_found():
    notice, _, _ = NOTICE.format(subject="failure notice", copy="").partition("<b@")
    head, _, body = notice.partition("\n\n")
    text = (
        f"{head}\nContent-Type: multipart/mixed; boundary=p\n\n--p\n\n{body}\n"
        "--p\nContent-Type: message/rfc822\n\nMessage-ID: <2@us.example>\nTo: a@x.example\n\n"
    )

    [event] = read(text)

    assert (event.recipient, event.message_id) == ("a@x.example", "<2@us.example>")


@pytest.mark.parametrize("subject", ["Warning: message delayed 4 hours", "Delayed Mail"])
def test_a_warning_is_a_delay(subject):
    events = read(NOTICE.format(subject=subject, copy=COPY))

    assert {event.kind for event in events} == {FeedbackKind.DELAY}
    assert not any(event.permanent for event in events)


def test_a_report_that_lost_its_form_is_read_in_the_text():
    [event] = read(
        "From: MAILER-DAEMON@mx.example\n\nTechnical report:\n\n"
        "Final-Recipient: rfc822; a@x.example\nAction: failed\nStatus: 5.1.1"
    )

    assert (event.recipient, event.status, event.structured) == ("a@x.example", "5.1.1", False)


@pytest.mark.parametrize(
    "text",
    [
        "From: reader@people.example\n\n<a@x.example>: 550 5.1.1 user unknown",
        "From: reader@people.example\nReturn-Path: <>\n\nI am away. Ask\na@x.example",
        "From: reader@people.example\nSubject: Re: Undeliverable\n\n<a@x.example>: 550 no",
    ],
)
def test_mail_of_a_person_says_nothing(text):
    assert read(text) == []

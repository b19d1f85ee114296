from __future__ import annotations

import pytest

from mailer.feedback.arf import read_arf
from mailer.feedback.mime import read_mail
from mailer.types import FeedbackEvent, FeedbackKind
from tests.fakes.reports import complaint

RETURNED = "Return-Path: <b-x@us.example>\nMessage-ID: <m-x@us.example>\nTo: <a@x.example>"


def read(raw: bytes) -> list[FeedbackEvent]:
    return read_arf(read_mail(raw))


def test_it_reads_a_complaint():
    assert read(complaint(RETURNED)) == [
        FeedbackEvent(
            recipient="reader@people.example",
            kind=FeedbackKind.COMPLAINT,
            structured=True,
            diagnostic="abuse",
            bounce_address="b-x@us.example",
            message_id="<m-x@us.example>",
        )
    ]


def test_the_report_s_envelope_sender_stands_before_the_copy_s():
    raw = complaint(RETURNED).replace(
        b"Version: 1", b"Version: 1\r\nOriginal-Mail-From: <b-y@us.example>"
    )

    [event] = read(raw)

    assert event.bounce_address == "b-y@us.example"


def test_each_recipient_that_is_named_complained():
    raw = complaint(RETURNED).replace(
        b"Version: 1", b"Version: 1\r\nOriginal-Rcpt-To: other@people.example"
    )

    recipients = [event.recipient for event in read(raw)]

    assert recipients == ["other@people.example", "reader@people.example"]


def test_where_the_provider_withholds_the_recipient_the_copy_tells():
    raw = complaint(RETURNED).replace(b"Original-Rcpt-To: <reader@people.example>\r\n", b"")

    assert [event.recipient for event in read(raw)] == ["a@x.example"]


@pytest.mark.parametrize(
    ("feedback_type", "kinds"),
    [
        ("Abuse", [FeedbackKind.COMPLAINT]),
        ("fraud", [FeedbackKind.COMPLAINT]),
        ("virus", [FeedbackKind.COMPLAINT]),
        ("opt-out", [FeedbackKind.UNSUBSCRIBE]),
        ("not-spam", [FeedbackKind.REPORT]),
        ("auth-failure", [FeedbackKind.REPORT]),
    ],
)
def test_the_type_says_what_it_is(feedback_type, kinds):
    raw = complaint(RETURNED).replace(b"abuse\r\nVersion", feedback_type.encode() + b"\r\nVersion")

    assert [event.kind for event in read(raw)] == kinds


def test_it_reads_a_complaint_without_a_report_by_its_subject():
    raw = f"""\
From: staff@provider.example
Subject: complaint about message from 192.0.2.1
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: message/rfc822

{RETURNED}

body
--b--
"""

    [event] = read(raw.encode())

    assert (event.kind, event.message_id) == (FeedbackKind.COMPLAINT, "<m-x@us.example>")


@pytest.mark.parametrize(
    "raw",
    [
        b"Subject: complaint about message from 192.0.2.1\n\nNo copy.",
        b"Subject: Fwd: news\nContent-Type: message/rfc822\n\nMessage-ID: <m-x@us.example>",
    ],
)
def test_other_mail_is_no_complaint(raw):
    assert read(raw) == []

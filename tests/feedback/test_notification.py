from __future__ import annotations

import json

import pytest

from mailer.feedback.mime import read_mail
from mailer.feedback.notification import read_notification
from mailer.types import FeedbackEvent, FeedbackKind, Reason

HEAD = "From: no-reply@sns.amazonaws.com\nSubject: AWS Notification Message\n\n"
BOUNCE = {
    "notificationType": "Bounce",
    "bounce": {
        "bouncedRecipients": [
            {
                "emailAddress": "a@x.example",
                "status": "5.1.1",
                "diagnosticCode": "smtp; 550 5.1.1 user unknown",
            }
        ]
    },
    "mail": {"commonHeaders": {"messageId": "<1@us.example>"}},
}


def read(notice: object) -> list[FeedbackEvent]:
    text = notice if isinstance(notice, str) else json.dumps(notice, separators=(",", ":"))
    return read_notification(read_mail(f"{HEAD}{text}\n\n--\nunsubscribe here".encode()))


def test_it_reads_a_bounce():
    [event] = read(BOUNCE)

    assert (event.recipient, event.status, event.message_id) == (
        "a@x.example",
        "5.1.1",
        "<1@us.example>",
    )
    assert event.permanent
    assert event.structured
    assert event.reason is Reason.UNKNOWN_ADDRESS


def test_it_reads_a_complaint_and_a_delivery():
    [complaint] = read(
        {
            "notificationType": "Complaint",
            "complaint": {"complainedRecipients": [{"emailAddress": "a@x.example"}]},
        }
    )
    [delivery] = read(
        {"eventType": "Delivery", "delivery": {"recipients": ["a@x.example"]}, "mail": 5}
    )

    assert (complaint.kind, complaint.recipient) == (FeedbackKind.COMPLAINT, "a@x.example")
    assert (delivery.kind, delivery.recipient) == (FeedbackKind.DELIVERED, "a@x.example")


def test_a_line_that_sendmail_cut_is_mended():
    text = json.dumps(BOUNCE, separators=(",", ":")).replace("emailAddress", "email!\n Address")

    assert [event.recipient for event in read(text)] == ["a@x.example"]


@pytest.mark.parametrize(
    "notice",
    [
        "Nothing of the kind.",
        '{"notificationType":"Bounce"',
        '{"notificationType":"Bounce","bounce":' + "[" * 5_000,
        '{"notificationType":' + "[" * 900 + "]" * 900 + "}",
        {"notificationType": "AmazonSnsSubscriptionSucceeded"},
        {"notificationType": "Bounce", "bounce": {"bouncedRecipients": "a@x.example"}},
    ],
)
def test_what_is_no_notice_says_nothing(notice):
    assert read(notice) == []

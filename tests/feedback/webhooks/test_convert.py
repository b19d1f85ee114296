"""What providers' events say: the table of each, and whose words count for more."""

from __future__ import annotations

import pytest
from anymail.signals import AnymailTrackingEvent, EventType, RejectReason

from mailer.feedback.webhooks.convert import convert
from mailer.feedback.webhooks.meanings import MEANINGS, WORDS, find_meaning
from mailer.providers import PROVIDERS
from mailer.types import FeedbackEvent
from tests.fakes.webhooks import DEAD_WORDS

SPAM_WORDS = "550 5.7.1 This message looks like spam"


def read(
    provider: str, raw: object, kind: str = EventType.BOUNCED, **said: object
) -> FeedbackEvent:
    told = AnymailTrackingEvent(event_type=kind, esp_event=raw, **said)
    [found] = convert(provider, [told])
    return found.event


def judged(event: FeedbackEvent) -> tuple[str, str, bool]:
    return event.kind.value, event.reason.value, event.permanent


def test_every_provider_has_a_line_in_each_table():
    keys = {each.key for each in PROVIDERS}

    assert WORDS.keys() == MEANINGS.keys() == keys


@pytest.mark.parametrize(
    ("provider", "raw", "expected"),
    [
        ("ses", {"bounce": {"bounceType": "Transient"}}, ("bounce", "unknown", False)),
        (
            "ses",
            {"bounce": {"bounceType": "Transient", "bounceSubType": "MailboxFull"}},
            ("bounce", "mailbox_full", False),
        ),
        ("brevo", {"event": "soft_bounce"}, ("bounce", "unknown", False)),
        ("brevo", {"event": "blocked"}, ("bounce", "disabled", False)),
        (
            "postmark",
            {"RecordType": "Bounce", "Type": "DMARCPolicy"},
            ("bounce", "authentication", False),
        ),
        (
            "mailjet",
            {"event": "blocked", "error": "spam reporter"},
            ("complaint", "unknown", False),
        ),
        (
            "mailjet",
            {"event": "bounce", "error": "no mail host"},
            ("bounce", "unknown_domain", True),
        ),
        (
            "sparkpost",
            {"msys": {"message_event": {"bounce_class": "51"}}},
            ("bounce", "spam", False),
        ),
        (
            "resend",
            {"data": {"bounce": {"type": "Permanent"}}},
            ("bounce", "unknown_address", True),
        ),
        (
            "sendgrid",
            {"event": "dropped", "reason": "Spam Reporting Address"},
            ("complaint", "unknown", False),
        ),
        ("sendgrid", {"event": "bounce", "type": "blocked"}, ("bounce", "blocked", False)),
        (
            "mailgun",
            {"event-data": {"severity": "permanent", "reason": "suppress-unsubscribe"}},
            ("unsubscribe", "unknown", False),
        ),
    ],
)
def test_a_provider_s_words_are_heard_where_no_server_s_are(provider, raw, expected):
    assert judged(read(provider, raw)) == expected


def test_what_the_server_said_spares_a_reader_whom_the_provider_condemns():
    event = read("brevo", {"event": "hard_bounce"}, mta_response=SPAM_WORDS)

    assert judged(event) == ("bounce", "spam", False)


def test_a_provider_that_calls_it_soft_spares_whom_the_server_condemns():
    event = read("brevo", {"event": "soft_bounce"}, mta_response=DEAD_WORDS)

    assert judged(event) == ("bounce", "unknown_address", False)


def test_without_words_of_the_provider_s_the_server_s_count():
    assert judged(read("brevo", {"event": "?"}, mta_response=DEAD_WORDS)) == (
        "bounce", "unknown_address", True,
    )  # fmt: skip


def test_a_message_in_the_spam_folder_is_no_complaint_of_the_reader_s():
    raw = {"RecordType": "Bounce", "Type": "SpamNotification"}

    assert judged(read("postmark", raw, EventType.COMPLAINED)) == ("bounce", "spam", False)


def test_a_complaint_stays_one_whatever_stands_beside_it():
    assert judged(read("ses", {}, EventType.COMPLAINED, description="abuse")) == (
        "complaint", "unknown", False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        (RejectReason.SPAM, ("complaint", "unknown", False)),
        (RejectReason.UNSUBSCRIBED, ("unsubscribe", "unknown", False)),
        (RejectReason.BOUNCED, ("bounce", "unknown_address", True)),
        (RejectReason.OTHER, ("bounce", "unknown", False)),
    ],
)
def test_what_was_not_even_tried_says_what_the_provider_remembers(reason, expected):
    event = read("brevo", None, EventType.REJECTED, reject_reason=reason)

    assert judged(event) == expected


def test_a_delay_is_never_permanent():
    event = read("mailgun", {}, EventType.DEFERRED, mta_response=DEAD_WORDS)

    assert (event.kind, event.permanent) == ("delay", False)


def test_metadata_that_is_none_gives_no_identity():
    assert read("brevo", {}, metadata=["masthead"], message_id="<x@y>").message_id == "<x@y>"


@pytest.mark.parametrize("raw", [None, "text", 17, {"event": {"event": 1}}, {"event": ["a"]}])
def test_an_odd_event_has_no_meaning(raw):
    assert find_meaning("brevo", raw) is None

from __future__ import annotations

import datetime as dt

import pytest
from django.db import OperationalError

from mailer.feedback import apply
from mailer.feedback.apply import NO_REPORT, handle, handle_waiting
from mailer.feedback.keep import keep_mail
from mailer.feedback.mime import MOST_RECIPIENTS
from mailer.feedback.tasks import handle_waiting_mail
from mailer.message.identity import bounce_address, unsubscribe_address
from mailer.models import Delivery, Feedback, InboundMessage
from mailer.models.keys import identity_key
from subscribers.models import ConsentRecord, Subscription, Suppression
from tests.fakes.reports import DOMAIN, complaint, dsn, header_of, sender_of, words
from tests.fakes.world import NOW

DAY = dt.timedelta(days=1)
FULL = {"status": "5.2.2", "diagnostic": "552 5.2.2 mailbox full"}


def again(delivery: Delivery) -> Delivery:
    """Make a later delivery to the same reader."""
    mailing = delivery.mailing
    mailing.pk = None
    mailing.save()
    delivery.mailing, delivery.pk = mailing, None
    delivery.save()
    return delivery


def test_a_hard_bounce_suppresses_the_delivery_s_address_at_once(delivery, receive):
    receive(dsn(delivery.email), to=sender_of(delivery))

    suppression = Suppression.objects.get()
    assert suppression.email_normalised == delivery.email
    assert (suppression.reason, suppression.expires_at) == ("hard_bounce", None)
    assert suppression.origin == f"delivery:{delivery.pk}"
    delivery.refresh_from_db()
    assert delivery.bounced_at == NOW


def test_a_bounce_is_kept_with_what_it_said(delivery, receive):
    message = receive(dsn(delivery.email), to=sender_of(delivery))

    row = Feedback.objects.get()
    assert (row.delivery_id, row.inbound_message_id) == (delivery.pk, message.pk)
    assert (row.kind, row.permanent, row.status) == ("bounce", True, "5.1.1")
    assert (row.recipient, row.reason) == (delivery.email, "unknown_address")
    assert row.diagnostic == "550 5.1.1 no such user"


def test_a_bounce_of_a_forwarded_mail_counts_for_the_address_that_we_wrote_to(delivery, receive):
    receive(dsn("elsewhere@home.example"), to=sender_of(delivery))

    assert Suppression.objects.get().email_normalised == delivery.email
    row = Feedback.objects.get()
    assert row.recipient == delivery.email
    assert row.diagnostic.startswith("elsewhere@home.example: ")


def test_an_address_that_is_none_by_our_rules_is_kept_and_counts_for_ours(delivery, receive):
    receive(dsn("odd..reader@people.example"), to=sender_of(delivery))

    assert Suppression.objects.get().email_normalised == delivery.email
    assert Feedback.objects.get().diagnostic.startswith("odd..reader@people.example: ")


def test_where_a_report_names_our_own_address_the_others_do_not_count(delivery, receive):
    group = f"Final-Recipient: rfc822; {delivery.email}\r\nAction: relayed\r\nStatus: 2.1.9\r\n\r\n"
    both = dsn("elsewhere@home.example").replace(
        b"Final-Recipient", group.encode() + b"Final-Recipient", 1
    )

    receive(both, to=sender_of(delivery))

    assert not Suppression.objects.exists()
    assert Feedback.objects.count() == 2


def test_a_delay_and_a_delivery_are_recorded_and_change_nothing(delivery, receive):
    receive(dsn(delivery.email, action="delayed", status="4.4.1"), to=sender_of(delivery))
    receive(dsn(delivery.email, action="delivered", status="2.0.0"), to=sender_of(delivery))

    delivery.refresh_from_db()
    assert delivery.bounced_at is None
    assert not Suppression.objects.exists()
    kinds = Feedback.objects.order_by("id").values_list("kind", flat=True)
    assert list(kinds) == ["delay", "delivered"]


def test_somebody_who_is_away_is_written_to_again(delivery, receive):
    away = b"From: reader@people.example\r\nAuto-Submitted: auto-replied\r\nSubject: Away\r\n\r\n"

    receive(away, to=sender_of(delivery))

    delivery.refresh_from_db()
    assert delivery.bounced_at is None
    assert not Suppression.objects.exists()
    assert Feedback.objects.get().kind == "vacation"


@pytest.mark.parametrize(
    ("status", "diagnostic"),
    [
        ("5.7.1", "550 5.7.1 blocked by our list"),
        ("5.7.26", "550 5.7.26 unauthenticated mail"),
        ("5.6.0", "554 5.6.0 message looks like spam"),
        ("5.3.4", "552 5.3.4 message too large"),
        ("4.7.28", "421 4.7.28 too many messages"),
    ],
)
def test_what_is_about_us_never_counts_against_the_reader(delivery, receive, status, diagnostic):
    for day in range(10):
        report = dsn(delivery.email, status=status, diagnostic=diagnostic)
        receive(report, to=sender_of(again(delivery)), now=NOW + day * DAY)

    assert Feedback.objects.filter(kind="bounce").count() == 10
    assert not Suppression.objects.exists()


def test_five_failing_days_let_an_address_rest(delivery, receive):
    for day in range(5):
        assert not Suppression.objects.exists()
        report = dsn(delivery.email, **FULL)
        receive(report, to=sender_of(again(delivery)), now=NOW + day * DAY)

    suppression = Suppression.objects.get()
    assert suppression.reason == "soft_bounces"
    assert suppression.expires_at == NOW + 34 * DAY


def test_soft_bounces_count_once_a_day(delivery, receive):
    for hour in range(10):
        report = dsn(delivery.email, **FULL)
        receive(report, to=sender_of(again(delivery)), now=NOW + dt.timedelta(hours=hour))

    assert not Suppression.objects.exists()


def test_one_delivery_counts_once_however_often_its_report_is_replayed(delivery, receive):
    for day in range(10):
        report = dsn(delivery.email, to=f"copy{day}@bounces.localhost", **FULL)
        receive(report, to=sender_of(delivery), now=NOW + day * DAY)

    assert Feedback.objects.count() == 10
    assert not Suppression.objects.exists()


def test_soft_bounces_of_long_ago_are_forgotten(delivery, receive):
    for year in range(6):
        report = dsn(delivery.email, **FULL)
        receive(report, to=sender_of(again(delivery)), now=NOW + year * 365 * DAY)

    assert not Suppression.objects.exists()


def test_words_alone_need_a_second_witness_within_thirty_days(delivery, receive):
    receive(words(delivery.email), to=sender_of(delivery))
    assert not Suppression.objects.exists()

    receive(words(delivery.email), to=sender_of(again(delivery)), now=NOW + 29 * DAY)

    assert Suppression.objects.get().reason == "hard_bounce"


@pytest.mark.parametrize(("days", "same"), [(31, False), (1, True)])
def test_a_late_witness_or_the_same_one_again_is_none(delivery, receive, days, same):
    receive(words(delivery.email), to=sender_of(delivery))

    second = delivery if same else again(delivery)
    report = words(delivery.email) + b"\r\n"
    receive(report, to=sender_of(second), now=NOW + days * DAY)

    assert Feedback.objects.filter(permanent=True).count() == 2
    assert not Suppression.objects.exists()


def test_a_complaint_suppresses_and_unsubscribes(delivery, receive):
    receive(complaint(header_of(delivery)), to=f"fbl@{DOMAIN}")

    delivery.refresh_from_db()
    assert delivery.complained_at == NOW
    assert Suppression.objects.get().reason == "complaint"
    assert Subscription.objects.get(subscriber=delivery.subscriber).state == "unsubscribed"
    record = ConsentRecord.objects.get(action="unsubscribed")
    assert (record.email, record.method) == (delivery.email, "complaint")


def test_a_complaint_about_a_reader_who_was_erased_still_suppresses(delivery, receive):
    Delivery.objects.filter(pk=delivery.pk).update(subscriber=None)

    receive(complaint(header_of(delivery)), to=f"fbl@{DOMAIN}")

    assert Suppression.objects.get().email_normalised == delivery.email


def test_mail_to_the_unsubscribe_address_takes_the_reader_off_the_list(delivery, receive):
    address = unsubscribe_address(delivery.pk, DOMAIN, identity_key())

    receive(b"From: anybody@example.org\r\n\r\nplease", to=address)

    delivery.refresh_from_db()
    assert delivery.unsubscribed_at == NOW
    assert ConsentRecord.objects.get(action="unsubscribed").method == "mail"
    assert not Suppression.objects.exists()


def test_a_bounce_without_our_signature_harms_nobody(delivery, receive):
    forged = bounce_address(delivery.pk, DOMAIN, b"a guess")
    for to in (forged, f"postmaster@{DOMAIN}"):
        receive(dsn(delivery.email), to=to)
        receive(complaint(f"Return-Path: <{forged}>\nMessage-ID: <m-{'a' * 32}@{DOMAIN}>"), to=to)

    assert not Suppression.objects.exists()
    delivery.refresh_from_db()
    assert (delivery.bounced_at, delivery.complained_at) == (None, None)
    assert set(Feedback.objects.values_list("delivery", flat=True)) == {None}


def test_a_signature_of_a_delivery_that_is_gone_is_recorded_alone(delivery, receive):
    receive(dsn(delivery.email), to=bounce_address(10**9, DOMAIN, identity_key()))

    assert Feedback.objects.get().delivery is None
    assert not Suppression.objects.exists()


def test_a_bounce_is_known_by_our_message_id_as_well(delivery, receive):
    receive(dsn(delivery.email, returned=header_of(delivery)), to=f"postmaster@{DOMAIN}")

    assert Feedback.objects.get().delivery_id == delivery.pk


def test_handling_twice_applies_once(delivery, receive):
    message = receive(dsn(delivery.email), to=sender_of(delivery))

    assert handle(message.pk, now=NOW + DAY) is False
    assert Feedback.objects.count() == 1


def test_the_first_bounce_s_time_stays(delivery, receive):
    receive(dsn(delivery.email), to=sender_of(delivery))
    receive(
        dsn(delivery.email, to="other@bounces.localhost"), to=sender_of(delivery), now=NOW + DAY
    )

    delivery.refresh_from_db()
    assert delivery.bounced_at == NOW


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        (b"Subject: hello\r\n\r\nHow are you?", NO_REPORT),
        (b"", NO_REPORT),
        (b"x" * 1_100_000, "The mail has 1100000 octets, the limit is 1 MB."),
    ],
)
def test_what_is_no_report_is_marked_and_not_read_again(delivery, receive, raw, problem):
    message = receive(raw, to=sender_of(delivery))

    assert message.problem == problem
    assert message.handled_at == NOW


def test_a_diagnostic_is_stored_as_the_text_it_is(delivery, receive):
    text = "550 5.1.1 \0<script>alert(1)</script> \udcff{{ settings }}" + "x" * 5_000
    raw = dsn(delivery.email, diagnostic="HERE").replace(
        b"HERE", text.encode("utf-8", "surrogateescape")
    )

    receive(raw, to=sender_of(delivery))

    diagnostic = Feedback.objects.get().diagnostic
    assert "<script>alert(1)</script>" in diagnostic
    assert "{{ settings }}" in diagnostic
    assert "\0" not in diagnostic
    assert len(diagnostic) == 1_000


def test_an_envelope_that_no_database_takes_is_cleaned(db):
    [number] = keep_mail(b"x", sender="\0a\udcff@b.example", recipients=["y" * 400], now=NOW)

    message = InboundMessage.objects.get(pk=number)
    assert message.sender == "a?@b.example"
    assert len(message.recipient) == 320


def test_a_report_on_a_thousand_recipients_is_read_within_bounds(delivery, receive):
    group = b"Final-Recipient: rfc822; %d@x.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n"
    groups = b"".join(group % number for number in range(900))

    receive(
        dsn(delivery.email).replace(b"Final-Recipient", groups + b"Final-Recipient", 1),
        to=sender_of(delivery),
    )

    assert Feedback.objects.count() == MOST_RECIPIENTS


def test_mail_that_waits_is_handled_by_the_round(delivery):
    keep_mail(dsn(delivery.email), sender="", recipients=[sender_of(delivery)], now=NOW)

    assert handle_waiting(now=NOW) == 1
    assert handle_waiting(now=NOW) == 0
    assert Suppression.objects.count() == 1


def test_the_task_handles_what_waits(delivery):
    keep_mail(dsn(delivery.email), sender="", recipients=[sender_of(delivery)], now=NOW)

    handle_waiting_mail()

    assert not InboundMessage.objects.filter(handled_at=None).exists()


def fail_on(marker: bytes, error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the reader fail on mail that holds the marker."""
    read = apply.read_feedback

    def read_or_fail(raw: bytes, **options: str) -> list[object]:
        if marker in raw:
            raise error
        return read(raw, **options)

    monkeypatch.setattr(apply, "read_feedback", read_or_fail)


def test_mail_that_our_code_fails_on_holds_nothing_up_and_waits(delivery, monkeypatch):
    fail_on(b"poison", RuntimeError("a \0 fault"), monkeypatch)
    for raw in (b"poison", dsn(delivery.email)):
        keep_mail(raw, sender="", recipients=[sender_of(delivery)], now=NOW)

    assert handle_waiting(now=NOW) == 1
    assert handle_waiting(now=NOW, limit=1) == 0

    waiting = InboundMessage.objects.get(handled_at=None)
    assert waiting.problem == "RuntimeError: a fault"
    assert not waiting.feedback.exists()


def test_mail_that_fails_for_longer_than_a_day_is_given_up_with_its_problem(db, monkeypatch):
    fail_on(b"poison", RuntimeError("a fault"), monkeypatch)
    keep_mail(b"poison", sender="", recipients=["x"], now=NOW)

    handle_waiting(now=NOW + 2 * DAY)

    message = InboundMessage.objects.get()
    assert message.handled_at == NOW + 2 * DAY
    assert message.problem


def test_a_fault_of_the_database_is_not_the_mail_s(db, monkeypatch):
    fail_on(b"poison", OperationalError("gone"), monkeypatch)
    keep_mail(b"poison", sender="", recipients=["x"], now=NOW)

    with pytest.raises(OperationalError):
        handle_waiting(now=NOW + 2 * DAY)

    message = InboundMessage.objects.get()
    assert (message.handled_at, message.problem) == (None, "")

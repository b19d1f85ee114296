from __future__ import annotations

import pytest

from mailer.feedback.dsn import read_dsn
from mailer.feedback.mime import read_mail
from mailer.types import FeedbackEvent, FeedbackKind, Reason
from tests.fakes.reports import dsn

TEMPLATE = """\
From: MAILER-DAEMON@mx.example
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b

{notice}

--b
Content-Type: {kind}

{blocks}

--b
Content-Type: message/rfc822

{returned}
--b--
"""


def read(
    blocks: str, *, notice: str = "", returned: str = "", kind: str = "message/delivery-status"
) -> list[FeedbackEvent]:
    text = TEMPLATE.format(notice=notice, blocks=blocks, returned=returned, kind=kind)
    return read_dsn(read_mail(text.encode()))


def test_it_reads_every_field_of_a_failure():
    raw = dsn("reader@people.example", returned="Message-ID: <1@us.example>")

    assert read_dsn(read_mail(raw)) == [
        FeedbackEvent(
            recipient="reader@people.example",
            kind=FeedbackKind.BOUNCE,
            permanent=True,
            structured=True,
            status="5.1.1",
            reason=Reason.UNKNOWN_ADDRESS,
            diagnostic="550 5.1.1 no such user",
            message_id="<1@us.example>",
        )
    ]


@pytest.mark.parametrize(
    ("action", "status", "kind"),
    [
        ("failed", "5.1.1", FeedbackKind.BOUNCE),
        ("Failed (bounced)", "5.1.1", FeedbackKind.BOUNCE),
        ("failed", "4.4.7", FeedbackKind.BOUNCE),
        ("expired", "", FeedbackKind.BOUNCE),
        ("delayed", "4.4.1", FeedbackKind.DELAY),
        ("delivered", "2.0.0", FeedbackKind.DELIVERED),
        ("relayed", "2.0.0", FeedbackKind.DELIVERED),
        ("expanded", "2.0.0", FeedbackKind.DELIVERED),
        ("", "5.1.1", FeedbackKind.BOUNCE),
        ("", "4.2.2", FeedbackKind.DELAY),
        ("nonsense", "2.1.5", FeedbackKind.DELIVERED),
    ],
)
def test_the_action_says_what_happened_and_else_the_status(action, status, kind):
    [event] = read(f"Final-Recipient: rfc822; a@x.example\nAction: {action}\nStatus: {status}")

    assert event.kind is kind


@pytest.mark.parametrize(
    "block",
    [
        "Reporting-MTA: dns; mx.example\nArrival-Date: today",
        "Final-Recipient: rfc822; a@x.example",
        "Action: failed\nStatus: 5.1.1",
        "Final-Recipient: rfc822; a@x.example\nAction: nonsense\nStatus: nonsense",
        "",
    ],
)
def test_a_group_that_says_nothing_of_a_recipient_is_no_event(block):
    assert read(block) == []


def test_each_recipient_is_an_event():
    events = read(
        "Reporting-MTA: dns; mx.example\n\n"
        "Final-Recipient: rfc822; a@x.example\nAction: failed\nStatus: 5.1.1\n\n"
        "Final-Recipient: rfc822; b@x.example\nAction: delayed\nStatus: 4.4.1\n"
    )

    assert [(event.recipient, event.kind) for event in events] == [
        ("a@x.example", FeedbackKind.BOUNCE),
        ("b@x.example", FeedbackKind.DELAY),
    ]


def test_only_a_failure_can_be_permanent():
    [event] = read("Final-Recipient: rfc822; a@x.example\nAction: delayed\nStatus: 5.1.1")

    assert not event.permanent


def test_what_we_wrote_to_stands_before_what_became_of_it():
    [event] = read(
        "Original-Recipient: rfc822; alias+2Bnews@x.example\n"
        "Final-Recipient: rfc822; person@y.example\nAction: failed"
    )

    assert event.recipient == "alias+news@x.example"


def test_an_alias_that_only_the_returned_copy_knows_is_used_if_the_notice_names_it():
    block = "Final-Recipient: rfc822; person@y.example\nAction: failed"
    returned = "To: alias@x.example\n\nbody"

    [named] = read(block, returned=returned, notice="<alias@x.example> failed")
    [unnamed] = read(block, returned=returned)

    assert (named.recipient, unnamed.recipient) == ("alias@x.example", "person@y.example")


def test_a_recipient_that_is_no_address_is_the_returned_copy_s():
    [event] = read(
        "Final-Recipient: rfc822; /var/mail/reader\nAction: failed",
        returned="To: Reader <reader@x.example>\n\nbody",
    )

    assert event.recipient == "reader@x.example"


def test_a_copy_written_to_several_names_nobody():
    [event] = read(
        "Final-Recipient: rfc822; /var/mail/reader\nAction: failed",
        returned="To: a@x.example, b@x.example\n\nbody",
    )

    assert event.recipient == ""


def test_the_notice_tells_at_which_command_the_refusal_came():
    block = "Final-Recipient: rfc822; a@x.example\nAction: failed\nStatus: 5.0.0\n"
    block += "Diagnostic-Code: smtp; 550 Unknown user"

    [filtered] = read(block, notice="<A@x.example>: 550 (in reply to end of DATA command)")
    [dead] = read(block, notice="<a@x.example>: 550 (in reply to RCPT TO command)")

    assert (filtered.permanent, dead.permanent) == (False, True)
    assert filtered.reason is Reason.UNKNOWN_ADDRESS


def test_what_the_notice_tells_of_one_recipient_is_not_told_of_another():
    blocks = "\n\n".join(
        f"Final-Recipient: rfc822; {name}@x.example\nAction: failed\nStatus: 5.0.0"
        for name in ("a", "b")
    )
    notice = "a@x.example: 550 5.1.1 unknown user\nb@x.example: 552 5.2.2 mailbox full\n\nBye."

    events = read(blocks, notice=notice)

    assert [(event.reason, event.permanent) for event in events] == [
        (Reason.UNKNOWN_ADDRESS, True),
        (Reason.MAILBOX_FULL, False),
    ]
    assert events[1].diagnostic == "b@x.example: 552 5.2.2 mailbox full"


def test_a_diagnostic_without_its_type_is_taken_as_it_is():
    [event] = read(
        "Final-Recipient: rfc822; a@x.example\nAction: failed\nDiagnostic-Code: 550 5.1.1 nobody"
    )

    assert (event.diagnostic, event.permanent) == ("550 5.1.1 nobody", True)


def test_reports_about_addresses_in_unicode_are_read():
    [event] = read(
        "Final-Recipient: utf-8; \\x{43C}@x.example\nAction: failed\nStatus: 5.1.1",
        kind="message/global-delivery-status",
    )

    assert event.recipient == "\u043c@x.example"


def test_a_report_that_somebody_forwards_is_not_ours():
    raw = b"Content-Type: multipart/mixed; boundary=f\n\n--f\nContent-Type: message/rfc822\n\n"

    assert read_dsn(read_mail(raw + dsn("a@x.example"))) == []


def test_of_the_names_of_a_recipient_the_one_that_we_wrote_to_stands():
    [event] = read(
        "Original-Recipient: rfc822; alias@x.example\n"
        "Final-Recipient: rfc822; reader@x.example\nAction: failed",
        returned="To: reader@x.example\n\nbody",
    )

    assert event.recipient == "reader@x.example"


@pytest.mark.parametrize(
    ("status", "category", "reason", "permanent"),
    [
        ("5.0.0", "bad-mailbox", Reason.UNKNOWN_ADDRESS, True),
        ("5.0.0", "quota-issues", Reason.MAILBOX_FULL, False),
        ("5.2.1", "bad-mailbox", Reason.DISABLED, False),
    ],
)
def test_powermta_s_category_counts_where_no_status_says_more(status, category, reason, permanent):
    [event] = read(
        f"Final-Recipient: rfc822; a@x.example\nAction: failed\nStatus: {status}\n"
        f"Diagnostic-Code: smtp; 554 sorry\nX-PowerMTA-BounceCategory: {category}"
    )

    assert (event.reason, event.permanent) == (reason, permanent)


def test_what_a_program_on_the_receiving_host_says_condemns_nobody():
    [event] = read(
        "Final-Recipient: rfc822; a@x.example\nAction: failed\nStatus: 5.1.1\n"
        "Diagnostic-Code: X-Unix; procmail: no such user"
    )

    assert (event.reason, event.permanent) == (Reason.SYSTEM, False)

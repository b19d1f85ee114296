from __future__ import annotations

import pytest

from mailer.feedback.classify import find_code, find_stage, find_status, judge
from mailer.types import Reason, Stage


@pytest.mark.parametrize(
    ("status", "diagnostic", "reason"),
    [
        ("5.1.1", "550 5.1.1 user unknown", Reason.UNKNOWN_ADDRESS),
        ("5.1.1", "", Reason.UNKNOWN_ADDRESS),
        ("5.0.0", "550 <a@x.example> no such user", Reason.UNKNOWN_ADDRESS),
        ("5.0.0", "550 no such user (in reply to RCPT TO command)", Reason.UNKNOWN_ADDRESS),
        ("5.1.1", "550 5.1.1 unknown user", Reason.UNKNOWN_ADDRESS),
        ("", "Unknown user: a@x.example", Reason.UNKNOWN_ADDRESS),
        ("", "NEKO 0 (000C05A6) Unknown Recipient", Reason.UNKNOWN_ADDRESS),
        ("5.1.351", "returned unknown recipient -> 550 no user a@x", Reason.UNKNOWN_ADDRESS),
        ("5.1.1", "550 5.1.1 unknown user (in reply to DATA command)", Reason.UNKNOWN_ADDRESS),
        ("", "550 this mailbox unavailable: a@x, nosuchuser", Reason.UNKNOWN_ADDRESS),
        (
            "",
            "may not exist, they may be blacklisted, or missing the proper dns",
            Reason.UNKNOWN_DOMAIN,
        ),
        ("", "an MX or SRV record indicated no SMTP service", Reason.UNKNOWN_DOMAIN),
        ("5.1.2", "", Reason.UNKNOWN_DOMAIN),
        ("5.4.4", "", Reason.UNKNOWN_DOMAIN),
        ("", "Host or domain name not found", Reason.UNKNOWN_DOMAIN),
        ("5.7.27", "550 Host does not accept mail", Reason.UNKNOWN_DOMAIN),
        ("5.4.1", "550 5.4.1 Recipient address rejected: Access denied", Reason.UNKNOWN_ADDRESS),
        ("5.1.0", "550 #5.1.0 Address rejected.", Reason.UNKNOWN_ADDRESS),
        ("5.2.1", "550 5.2.1 User unknown (in reply to RCPT TO command)", Reason.DISABLED),
    ],
)
def test_it_condemns_an_address_that_is_dead(status, diagnostic, reason):
    verdict = judge(status, diagnostic)

    assert (verdict.reason, verdict.permanent) == (reason, True)


@pytest.mark.parametrize(
    ("status", "diagnostic", "reason"),
    [
        ("5.2.1", "550 5.2.1 disabled", Reason.DISABLED),
        ("5.2.1", "550-5.2.1 is receiving mail at a rate that", Reason.RATE),
        ("5.1.1", "552 5.1.1 mailbox is over quota", Reason.MAILBOX_FULL),
        ("5.1.0", "550 5.1.0 <us@us.example> sender rejected", Reason.BLOCKED),
        ("5.1.0", "5.1.0 - Unknown address error 550-'5.7.1 Access denied'", Reason.BLOCKED),
        ("", "550 no reverse DNS, user unknown to us", Reason.AUTHENTICATION),
        ("5.4.4", "Malformed or unexpected name server reply", Reason.NETWORK),
        ("4.1.1", "450 4.1.1 user unknown", Reason.UNKNOWN_ADDRESS),
        ("4.4.4", "domain not found", Reason.UNKNOWN_DOMAIN),
        ("", "450 host not found", Reason.UNKNOWN_DOMAIN),
        ("5.1.1", "550 user unknown (in reply to end of DATA command)", Reason.UNKNOWN_ADDRESS),
        ("5.0.0", "550 user unknown (in reply to MAIL FROM command)", Reason.UNKNOWN_ADDRESS),
        ("4.4.7", "delivery time expired", Reason.NETWORK),
        ("5.7.1", "550 5.7.1 spam", Reason.SPAM),
        # What filters say as well, once they have read a message.
        ("5.0.0", "550 no such user", Reason.UNKNOWN_ADDRESS),
        ("", "554 This user doesn't have a mail.example account", Reason.UNKNOWN_ADDRESS),
        ("5.1.351", "returned unknown recipient -> 550 : User unknown", Reason.UNKNOWN_ADDRESS),
        ("5.1.1", "550 5.1.1 <a@x.example> recipient blocked for spam", Reason.SPAM),
        ("5.1.1", "550 5.1.1 relaying denied", Reason.BLOCKED),
        ("5.1.1", "550 5.1.1 this account is suspended", Reason.DISABLED),
        ("5.1.1", "x-unix: procmail: no such user", Reason.SYSTEM),
        ("5.4.4", "554 mail loop: too many hops", Reason.NETWORK),
        ("", "", Reason.UNKNOWN),
    ],
)
def test_it_spares_an_address_that_may_live(status, diagnostic, reason):
    verdict = judge(status, diagnostic)

    assert (verdict.reason, verdict.permanent) == (reason, False)


@pytest.mark.parametrize(
    ("field", "diagnostic", "status"),
    [
        ("5.1.1", "", "5.1.1"),
        ("5.2.1 (mailbox disabled)", "", "5.2.1"),
        ("5.0.0", "550 5.2.2 full", "5.2.2"),
        ("5.1.1", "552 5.2.2 full", "5.2.2"),
        ("5.1.1", "554 5.0.0 sorry", "5.1.1"),
        ("", "554 5.0.0 sorry", "5.0.0"),
        ("", "no status, but 192.0.2.5.1.1", ""),
        ("nonsense", "", ""),
    ],
)
def test_it_takes_the_status_that_says_most(field, diagnostic, status):
    assert find_status(field, diagnostic) == status


@pytest.mark.parametrize(
    ("text", "code"), [("550 no", 550), ("said: 450-wait", 450), ("in 2550 days", 0), ("552", 552)]
)
def test_it_finds_the_code_that_is_quoted(text, code):
    assert find_code(text) == code


@pytest.mark.parametrize(
    ("text", "stage"),
    [
        ("in reply to end of DATA command", Stage.DOT),
        ("in reply to RCPT TO command", Stage.RCPT),
        ("SMTP error from remote mail server after RCPT TO:<a@x.example>", Stage.RCPT),
        ("in reply to the MAIL FROM command", Stage.MAIL),
        ("in reply to EHLO command", Stage.EHLO),
        (">>> DATA\n<<< 550 no such user\n554 5.0.0 unavailable\n", Stage.DOT),
        (">>> DATA\n<<< 550 no such user\n550 5.1.1 unknown\n<<< 503 need RCPT\n", None),
        (">>> DATA\n<<< 503 need RCPT\n", None),
        (">>> DATA\n<<< 550 no\n550 5.1.1 <a@x.example>... User unknown\n", Stage.RCPT),
        (">>> RCPT To:<a@x.example>\n<<< 550 no", Stage.RCPT),
        ("-------SMTP command\nRCPT TO", Stage.RCPT),
        ("SMTP error from remote server for TEXT command", Stage.DOT),
        ("in reply to DATA command", Stage.DATA),
        (">>> MAIL From:<us@us.example>\n<<< 501 no\n", Stage.MAIL),
        ("nothing of the kind", None),
    ],
)
def test_it_finds_the_command_that_was_refused(text, stage):
    assert find_stage(text) is stage


def test_a_notice_that_calls_the_mailbox_full_spares_it_whatever_the_fields_say():
    verdict = judge("5.1.1", "550 5.1.1 user unknown", "Rejected: not enough disk space")

    assert (verdict.reason, verdict.permanent) == (Reason.MAILBOX_FULL, False)

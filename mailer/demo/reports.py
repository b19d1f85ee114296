"""The reports that a receiving system mails back: a bounce by RFC 3464, a complaint by RFC 5965."""

from __future__ import annotations

import datetime as dt
import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import format_datetime

from mailer.demo.mailboxes import Arrival

HOST = "mx.world.example"
POSTMASTER = f"Mail Delivery System <postmaster@{HOST}>"


def write_bounce(arrival: Arrival, *, now: dt.datetime) -> bytes:
    """Return a delivery status notification: the mailbox turned out not to exist."""
    human = (
        f"Your message to {arrival.recipient} could not be delivered.\n\n"
        "The mailbox does not exist any more. This is a permanent failure.\n"
    )
    per_message = f"Reporting-MTA: dns; {HOST}\nArrival-Date: {format_datetime(now)}\n"
    per_recipient = (
        f"Final-Recipient: rfc822; {arrival.recipient}\nAction: failed\nStatus: 5.1.1\n"
        f"Diagnostic-Code: smtp; 550 5.1.1 <{arrival.recipient}>: no such mailbox\n"
    )
    report = _start(arrival, "Undelivered Mail Returned to Sender", now=now)
    report["Auto-Submitted"] = "auto-replied"  # RFC 3464 §2
    fields = f"{per_message}\n{per_recipient}"
    return _join(report, "delivery-status", human, fields, arrival)


def write_complaint(arrival: Arrival, *, now: dt.datetime) -> bytes:
    """Return an abuse report: the reader called the message spam."""
    human = f"A reader of {HOST} marked this message as spam.\n"
    fields = (
        "Feedback-Type: abuse\nUser-Agent: SmallWorld/1.0\nVersion: 1\n"
        f"Original-Mail-From: <{arrival.mail_from}>\n"
        f"Original-Rcpt-To: <{arrival.recipient}>\n"
        f"Arrival-Date: {format_datetime(now)}\n"
    )
    report = _start(arrival, f"Complaint about: {arrival.message_id}", now=now)
    return _join(report, "feedback-report", human, fields, arrival)


def _start(arrival: Arrival, subject: str, *, now: dt.datetime) -> EmailMessage:
    report = EmailMessage(policy=policy.SMTP)
    report["From"] = POSTMASTER
    report["To"] = arrival.mail_from
    report["Subject"] = subject
    report["Date"] = format_datetime(now)
    report["Message-ID"] = f"<report-{arrival.id}-{int(now.timestamp())}@{HOST}>"
    return report


def _join(report: EmailMessage, kind: str, human: str, fields: str, arrival: Arrival) -> bytes:
    """Return the report's three parts (RFC 6522 §3): for people, for programs, the headers.

    The standard library would parse the middle part's type anew, so they are joined by hand.
    """
    boundary = f"=_small-world-{arrival.id}"
    head = (
        f"{report.as_string().rstrip()}\nMIME-Version: 1.0\n"
        f'Content-Type: multipart/report; report-type={kind}; boundary="{boundary}"\n\n'
    )
    parts = [
        ("text/plain; charset=utf-8", human),
        (f"message/{kind}", fields),
        ("text/rfc822-headers", _head(arrival.raw)),
    ]
    body = "".join(
        f"--{boundary}\nContent-Type: {content_type}\n\n{text}\n" for content_type, text in parts
    )
    return re.sub(r"\r?\n", "\r\n", f"{head}{body}--{boundary}--\n").encode()


def _head(raw: bytes) -> str:
    return raw.partition(b"\r\n\r\n")[0].decode("ascii", "replace") + "\r\n"


def read_headers(raw: bytes) -> EmailMessage:
    """Return a message's headers, decoded."""
    head = raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    message = message_from_bytes(head, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message

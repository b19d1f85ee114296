"""Reports as mail servers write them: pure text, with no delivery behind it."""

from __future__ import annotations

DSN = """\
From: Mail Delivery System <MAILER-DAEMON@mx.example>
To: {to}
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="frontier"

--frontier
Content-Type: text/plain

Your message could not be delivered.

--frontier
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; {recipient}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; {diagnostic}

--frontier
Content-Type: text/rfc822-headers

{returned}
--frontier--
"""

COMPLAINT = """\
From: <feedback@provider.example>
To: <fbl@bounces.localhost>
Subject: Abuse report
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="frontier"

--frontier
Content-Type: text/plain

A reader calls this mail spam.

--frontier
Content-Type: message/feedback-report

Feedback-Type: abuse
Version: 1
User-Agent: Provider/1.0
Original-Rcpt-To: <reader@people.example>

--frontier
Content-Type: message/rfc822

{returned}

The body.
--frontier--
"""

WORDS = """\
From: mailer-daemon@old.example
X-Failed-Recipients: {recipient}
Subject: Mail delivery failed

This message could not be delivered:

  {recipient}
    host mx.old.example: {diagnostic}
"""


def dsn(
    recipient: str,
    *,
    action: str = "failed",
    status: str = "5.1.1",
    diagnostic: str = "550 5.1.1 no such user",
    returned: str = "Subject: Spring",
    to: str = "us@bounces.localhost",
) -> bytes:
    """Write a delivery status notification (RFC 3464)."""
    text = DSN.format(
        recipient=recipient,
        action=action,
        status=status,
        diagnostic=diagnostic,
        returned=returned,
        to=to,
    )
    return crlf(text)


def complaint(returned: str) -> bytes:
    """Write an abuse report (RFC 5965)."""
    return crlf(COMPLAINT.format(returned=returned))


def words(recipient: str, diagnostic: str = "550 5.1.1 no such user") -> bytes:
    """Write a bounce without a report in it."""
    return crlf(WORDS.format(recipient=recipient, diagnostic=diagnostic))


def crlf(text: str) -> bytes:
    return text.encode().replace(b"\n", b"\r\n")

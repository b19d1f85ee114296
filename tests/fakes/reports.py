"""Reports as mail servers write them, about deliveries of ours."""

from __future__ import annotations

from mailer.message.identity import bounce_address, message_id
from mailer.models import Delivery, DeliveryState, Mailing
from mailer.models.keys import identity_key
from tests.fakes.world import NOW, join_many, make_edition, make_list, make_publication

DOMAIN = "bounces.localhost"

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


def send_to_two() -> list[Delivery]:
    """Make two readers, and a mailing whose messages the world accepted."""
    group = make_list()
    places = join_many(2, group)
    edition = make_edition(make_publication(group))
    mailing = Mailing.objects.create(issue=edition.issue, created_at=NOW)
    return [
        Delivery.objects.create(
            mailing=mailing,
            subscriber=place.subscriber,
            list=group,
            email=place.subscriber.email,
            state=DeliveryState.ACCEPTED,
        )
        for place in places
    ]


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


def sender_of(delivery: Delivery) -> str:
    """Return the envelope sender that the delivery's message had."""
    return bounce_address(delivery.pk, DOMAIN, identity_key())


def header_of(delivery: Delivery) -> str:
    """Return the part of the delivery's header by which it is known."""
    return f"Message-ID: <{message_id(delivery.pk, DOMAIN, identity_key())}>\nSubject: Spring"

"""Deliveries of ours for reports to be about, and what makes a report be about one."""

from __future__ import annotations

from mailer.message.identity import bounce_address, message_id
from mailer.models import Delivery, DeliveryState, Mailing
from mailer.models.keys import identity_key
from tests.fakes.notices import complaint, crlf, dsn, words
from tests.fakes.world import NOW, join_many, make_edition, make_list, make_publication

__all__ = ["complaint", "crlf", "dsn", "words"]

DOMAIN = "bounces.localhost"


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


def sender_of(delivery: Delivery) -> str:
    """Return the envelope sender that the delivery's message had."""
    return bounce_address(delivery.pk, DOMAIN, identity_key())


def header_of(delivery: Delivery) -> str:
    """Return the part of the delivery's header by which it is known."""
    return f"Message-ID: <{message_id(delivery.pk, DOMAIN, identity_key())}>\nSubject: Spring"

"""A delivery's own message: its addresses, its identity and its links, merged."""

from __future__ import annotations

import time

from django.conf import settings

from mailer.dispatch.batches.due import DueDelivery
from mailer.dispatch.freezing.freeze import load_frozen
from mailer.dispatch.servers.signers import load_signers
from mailer.message.dkim import merge_in_pieces
from mailer.message.headers import format_address
from mailer.message.identity import bounce_address, message_id, unsubscribe_address
from mailer.models.keys import identity_key
from mailer.types import OutgoingMessage, SlotName
from subscribers.links import preferences_url, unsubscribe_url
from subscribers.names import clean_name


def make_message(delivery: DueDelivery) -> OutgoingMessage:
    """Merge the delivery's values into its frozen edition. Raises MessageError if they can't be."""
    frozen = load_frozen(delivery.frozen_edition_id)
    values = slot_values(delivery, domain=frozen.sender_domain, web_url=frozen.web_url)
    if frozen.make_signal is not None:
        values[SlotName.SIGNAL] = frozen.make_signal(delivery.pk)
    return OutgoingMessage(
        delivery_id=delivery.pk,
        sender=envelope_sender(delivery),
        recipient=delivery.email,
        content=merge_in_pieces(
            frozen.signable,
            values,
            load_signers(frozen.sender_domain),
            signed_at=int(time.time()),
        ),
    )


def envelope_sender(delivery: DueDelivery) -> str:
    """Return the delivery's own bounce address (VERP)."""
    return bounce_address(delivery.pk, settings.BOUNCE_DOMAIN, identity_key())


def slot_values(delivery: DueDelivery, *, domain: str, web_url: str) -> dict[str, str]:
    """Return what fills the slots of the compiled message for this delivery.

    ``domain`` is the sender's, for the Message-ID (RFC 5322 §3.6.4).
    """
    who = {
        "subscriber_id": delivery.subscriber_id or 0,
        "list_id": delivery.list_id,
        "reference": delivery.pk,
    }
    key, bounces = identity_key(), settings.BOUNCE_DOMAIN
    # Cleaned again: a name that came in by another way must not cost its owner the message.
    name = clean_name(delivery.name)
    return {
        "to": format_address(name, delivery.email),
        "message_id": message_id(delivery.pk, domain, key),
        "unsubscribe_mailto": unsubscribe_address(delivery.pk, bounces, key),
        SlotName.UNSUBSCRIBE_URL: unsubscribe_url(**who),
        SlotName.PREFERENCES_URL: preferences_url(**who),
        SlotName.WEB_URL: web_url,
        SlotName.NAME: name,
        SlotName.EMAIL: delivery.email,
    }

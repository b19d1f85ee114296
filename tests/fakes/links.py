"""Links as a reader finds them in a mail."""

from __future__ import annotations

from subscribers.models import Subscription
from subscribers.tokens import Purpose, sign

PREFIX = {
    Purpose.UNSUBSCRIBE: "u",
    Purpose.PREFERENCES: "p",
    Purpose.CONFIRM: "c",
    Purpose.NEW_ADDRESS: "a",
    Purpose.OLD_ADDRESS: "k",
}


def make_path(purpose: Purpose, place: Subscription, *, reference: int = 0) -> str:
    """Return the path of a reader's link, without the host."""
    token = sign(
        purpose,
        subscriber_id=place.subscriber_id,
        list_id=place.list_id,
        reference=reference,
    )
    return f"/{PREFIX[purpose]}/{token}"

"""The addresses of readers' own pages, from the setting alone: no request can poison them."""

from __future__ import annotations

from django.conf import settings

from subscribers.tokens import LinkClaims, Purpose, sign


def unsubscribe_url(*, subscriber_id: int, list_id: int, reference: int) -> str:
    """Return where this person leaves this list, by one POST or by hand."""
    claims = LinkClaims(subscriber_id=subscriber_id, list_id=list_id, reference=reference)
    return f"{settings.PUBLIC_URL}/u/{sign(Purpose.UNSUBSCRIBE, claims)}"


def preferences_url(*, subscriber_id: int, list_id: int, reference: int) -> str:
    """Return where this person changes what they get."""
    claims = LinkClaims(subscriber_id=subscriber_id, list_id=list_id, reference=reference)
    return f"{settings.PUBLIC_URL}/p/{sign(Purpose.PREFERENCES, claims)}"

"""The addresses of readers' own pages, from the setting alone: no request can poison them.

The sender makes two for each recipient, so they are plain texts; that they are the addresses
of ``subscribers.web`` is held by a test.
"""

from __future__ import annotations

from django.conf import settings

from subscribers.tokens import Purpose, sign


def unsubscribe_path(token: str) -> str:
    """Return the path at which the holder of this token leaves a list."""
    return f"/u/{token}"


def preferences_path(token: str) -> str:
    """Return the path at which the holder of this token changes what they get."""
    return f"/p/{token}"


def unsubscribe_url(*, subscriber_id: int, list_id: int, reference: int = 0) -> str:
    """Return where this person leaves this list, by one POST (RFC 8058) or by hand."""
    token = sign(
        Purpose.UNSUBSCRIBE, subscriber_id=subscriber_id, list_id=list_id, reference=reference
    )
    return settings.PUBLIC_URL + unsubscribe_path(token)


def preferences_url(*, subscriber_id: int, list_id: int, reference: int = 0) -> str:
    """Return where this person changes what they get."""
    token = sign(
        Purpose.PREFERENCES, subscriber_id=subscriber_id, list_id=list_id, reference=reference
    )
    return settings.PUBLIC_URL + preferences_path(token)


def confirm_url(*, subscriber_id: int, notice_id: int) -> str:
    """Return where the reader of a letter confirms what it asks, for its lists alone."""
    token = sign(Purpose.CONFIRM, subscriber_id=subscriber_id, list_id=0, reference=notice_id)
    return f"{settings.PUBLIC_URL}/c/{token}"


def new_address_url(*, subscriber_id: int, change_id: int) -> str:
    """Return where the reader of a new mailbox confirms that mail shall go there."""
    token = sign(Purpose.NEW_ADDRESS, subscriber_id=subscriber_id, list_id=0, reference=change_id)
    return f"{settings.PUBLIC_URL}/a/{token}"


def old_address_url(*, subscriber_id: int, change_id: int) -> str:
    """Return where the reader of the old mailbox refuses the change."""
    token = sign(Purpose.OLD_ADDRESS, subscriber_id=subscriber_id, list_id=0, reference=change_id)
    return f"{settings.PUBLIC_URL}/k/{token}"

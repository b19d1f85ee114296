"""Where the archive shows things, as plain texts.

A planner and a sender ask for one such address each. Django's ``reverse`` would load every page
of the product for it, which takes two seconds and thirty megabytes before the first message. That
these are the addresses of ``mailer.web`` is held by a test.
"""

from __future__ import annotations

from urllib.parse import quote

# What Django leaves as it is in a path (RFC 3986 §3.3).
SAFE = "/~:@!$&'()*+,;="


def publication_path(slug: str) -> str:
    """Return the path of a publication's archive."""
    return quote(f"/archive/{slug}/", safe=SAFE)


def edition_path(slug: str, number: int, language: str) -> str:
    """Return the path at which anybody may read an edition."""
    return quote(f"/archive/{slug}/{number}/{language}/", safe=SAFE)


def reading_path(token: str) -> str:
    """Return the path at which the holder of this token reads what is not in the archive."""
    return quote(f"/read/{token}/", safe=SAFE)

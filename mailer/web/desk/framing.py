"""A mail's HTML for a sandboxed frame, under a policy of its own: what it holds others wrote."""

from __future__ import annotations

import re

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from mailer.types import SLOT_PATTERN, SlotName

# A reader who does not exist, so that nobody takes a preview for a message.
READER = {
    SlotName.NAME.value: "A Reader",
    SlotName.EMAIL.value: "reader@example.org",
}
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src {origin}; frame-ancestors 'self'; "
    "base-uri 'none'; form-action 'none'; sandbox"
)
# An anchor without an address is a place to jump to: made one for the focus, it would take that.
_LINK = re.compile(r"<a\b(?=[^>]*\bhref=)", re.IGNORECASE)


def show_safely(request: HttpRequest, html: str, *, images: bool = True) -> HttpResponse:
    """Answer with a mail's HTML for a sandboxed frame; its links lead nowhere from there."""
    # Pictures come from where the desk is, whatever readers call it.
    html = html.replace(f"{settings.PUBLIC_URL}/{settings.MEDIA_URL.strip('/')}/", "/pictures/")
    response = HttpResponse(_LINK.sub('<a tabindex="-1"', html))
    # A sandboxed page has no origin that 'self' could mean, so ours is named.
    origin = f"{request.scheme}://{request.get_host()}"
    response["Content-Security-Policy"] = POLICY.format(origin=origin if images else "'none'")
    return response


def fill(text: str) -> str:
    """Fill the slots of a page with a reader who does not exist."""
    return SLOT_PATTERN.sub(lambda match: READER.get(match[1], settings.PUBLIC_URL), text)

"""What is logged of a request: its page and its outcome, never a path with a reader's token."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver
from django.http import HttpRequest
from django_structlog.signals import (
    bind_extra_request_failed_metadata,
    bind_extra_request_finished_metadata,
    bind_extra_request_metadata,
)

# Until the page is known, this stands for it.
UNKNOWN = "unknown page"


@receiver(bind_extra_request_metadata)
@receiver(bind_extra_request_finished_metadata)
@receiver(bind_extra_request_failed_metadata)
def name_page(request: HttpRequest, log_kwargs: dict[str, Any], **_: object) -> None:
    """Name the page by its pattern: what fills it may be a token that unsubscribes somebody."""
    match = request.resolver_match
    log_kwargs["request"] = f"{request.method} {match.route if match else UNKNOWN}"
    # A robot's name often has an address in it.
    log_kwargs.pop("user_agent", None)

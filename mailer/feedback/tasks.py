"""Wake-up calls for what came back and waits: mail that was kept, and events of providers."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from mailer.feedback.apply import handle_waiting
from mailer.feedback.webhooks.handle import forget_old_events, handle_waiting_events


@shared_task(name="masthead.feedback.handle_waiting_mail")
def handle_waiting_mail() -> None:
    """Handle inbound mail that still waits; harmless if it comes twice or never."""
    handle_waiting(now=timezone.now())


@shared_task(name="masthead.feedback.handle_provider_events")
def handle_provider_events() -> None:
    """Handle what providers told us; harmless if it comes twice or never."""
    now = timezone.now()
    handle_waiting_events(now=now)
    forget_old_events(now=now)

"""The wake-up call for mail that was kept and, for whatever cause, not handled at once."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from mailer.feedback.apply import handle_waiting


@shared_task(name="masthead.feedback.handle_waiting_mail")
def handle_waiting_mail() -> None:
    """Handle inbound mail that still waits; harmless if it comes twice or never."""
    handle_waiting(now=timezone.now())

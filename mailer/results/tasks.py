"""The wake-up call for openings and clicks that wait to be counted."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from mailer.results.sightings import record_waiting
from mailer.results.signals import open_buffer


@shared_task(name="masthead.results.record_signals")
def record_signals() -> None:
    """Write what was seen of messages to the ledger; harmless if it comes twice or never."""
    record_waiting(open_buffer(), now=timezone.now())

"""The sweep for mail that was kept and not handled."""

from __future__ import annotations

import datetime as dt

from celery import shared_task

from mailer.feedback.apply import handle_waiting


@shared_task(name="masthead.feedback.handle_waiting_mail")
def handle_waiting_mail() -> None:
    """Handle what waits."""
    handle_waiting(now=dt.datetime.now(tz=dt.UTC))

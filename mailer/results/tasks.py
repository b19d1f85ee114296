"""The wake-up calls for what is counted: openings and clicks, and figures that took long."""

from __future__ import annotations

from contextlib import suppress

from celery import shared_task
from celery.exceptions import OperationalError
from django.utils import timezone

from mailer.errors import InvalidRule
from mailer.results.figures import count_again
from mailer.results.finished import count_finished
from mailer.results.sightings import record_waiting
from mailer.results.signals import open_buffer


@shared_task(name="masthead.results.record_signals")
def record_signals() -> None:
    """Write what was seen of messages to the ledger; harmless if it comes twice or never."""
    record_waiting(open_buffer(), now=timezone.now())


@shared_task(name="masthead.results.count_figure")
def count_figure(*, figure_id: int) -> None:
    """Count a kept figure again; harmless if it comes twice or never."""
    with suppress(InvalidRule):  # the page that shows the segment says what is wrong with it
        count_again(figure_id, now=timezone.now())


@shared_task(name="masthead.results.count_finished")
def count_mailings() -> None:
    """Count the mailings that have ended, before somebody looks at their reports."""
    count_finished(now=timezone.now())


def wake_counter(figure_id: int) -> None:
    """Call for a figure to be counted again; whoever looks later calls again anyway."""
    with suppress(OperationalError):
        count_figure.apply_async(kwargs={"figure_id": figure_id}, retry=False)

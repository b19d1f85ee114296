"""The Celery application: it carries wake-up calls, never the truth."""

from __future__ import annotations

import logging.config
import os

from celery import Celery
from celery.signals import setup_logging
from django.conf import settings
from django_structlog.celery.steps import DjangoStructLogInitStep

from mailer.dispatch.queues import DEFAULT
from mailer.start import import_settings

import_settings()
# Django's checks load every page, of which workers and beat serve none: half a second of their
# start. `serve`, `migrate` and the gate run the checks.
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")

# Presence hears a worker's heart beat: whoever runs one says that it is there.
from mailer.dispatch.watching import presence  # noqa: E402 - it reads the settings

__all__ = ["app", "presence"]

app = Celery("masthead")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.steps["worker"].add(DjangoStructLogInitStep)
app.autodiscover_tasks(["mailer.dispatch", "mailer.feedback", "mailer.results", "subscribers"])

# A call that nobody took for so long is of no use to anybody. It is beat's clock that writes
# the time and a worker's that reads it: less would let a clock that is an hour wrong discard
# every call, and with them every mailing that is due.
KEPT_SECONDS = 7_200
# Until then whoever came is looked for beside the search's index, which takes the longer the more
# they are.
ENTER_SECONDS = 60

app.conf.beat_schedule = {
    "sweep": {
        "task": "masthead.dispatch.sweep",
        "schedule": settings.SWEEP_SECONDS,
        "options": {"queue": DEFAULT, "expires": KEPT_SECONDS},
    },
    "handle-waiting-mail": {
        "task": "masthead.feedback.handle_waiting_mail",
        "schedule": settings.SWEEP_SECONDS,
        "options": {"queue": DEFAULT, "expires": KEPT_SECONDS},
    },
    "handle-provider-events": {
        "task": "masthead.feedback.handle_provider_events",
        "schedule": settings.SWEEP_SECONDS,
        "options": {"queue": DEFAULT, "expires": KEPT_SECONDS},
    },
    "record-signals": {
        "task": "masthead.results.record_signals",
        "schedule": settings.SWEEP_SECONDS,
        "options": {"queue": DEFAULT, "expires": KEPT_SECONDS},
    },
    "count-finished": {
        "task": "masthead.results.count_finished",
        "schedule": settings.SWEEP_SECONDS,
        "options": {"queue": DEFAULT, "expires": KEPT_SECONDS},
    },
    "answer-readers": {
        "task": "masthead.dispatch.answer_readers",
        "schedule": settings.SWEEP_SECONDS,
        "options": {"queue": DEFAULT, "expires": KEPT_SECONDS},
    },
    "sweep-imports": {
        "task": "masthead.subscribers.sweep_imports",
        "schedule": settings.SWEEP_SECONDS,
        "options": {"queue": DEFAULT, "expires": KEPT_SECONDS},
    },
    "enter-new-people": {
        "task": "masthead.subscribers.enter_new",
        "schedule": ENTER_SECONDS,
        "options": {"queue": DEFAULT, "expires": KEPT_SECONDS},
    },
    "enter-all-people": {
        "task": "masthead.subscribers.enter_all",
        "schedule": 3_600,
        "options": {"queue": DEFAULT, "expires": KEPT_SECONDS},
    },
    "clear-unconfirmed": {
        "task": "masthead.subscribers.clear_unconfirmed",
        "schedule": 3_600,
        "options": {"queue": DEFAULT, "expires": KEPT_SECONDS},
    },
}


@setup_logging.connect
def set_logging_up(**_: object) -> None:
    """Log as every other process does: Celery would set its own level and handlers."""
    logging.config.dictConfig(settings.LOGGING)

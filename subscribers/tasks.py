"""Wake-up calls about people: each carries an id or nothing, may come twice, and harms nobody."""

from __future__ import annotations

import datetime as dt
from contextlib import suppress

from celery import shared_task
from celery.exceptions import OperationalError
from django.conf import settings
from django.utils import timezone

from mailer.errors import ImportInterrupted
from subscribers.importing.lifecycle import claim_import, find_waiting, forget_old_files
from subscribers.importing.run import run_import
from subscribers.indexes import keep_indexes
from subscribers.searching.entering import enter_people
from subscribers.unconfirmed import forget_unconfirmed


@shared_task(name="masthead.subscribers.import_people")
def import_people(*, import_id: int) -> None:
    """Run an import that waits, or go on with one whose worker is gone."""
    kept = claim_import(import_id, now=timezone.now())
    if kept is not None:
        with suppress(ImportInterrupted):
            run_import(kept, clock=timezone.now)
        wake_enterer()


@shared_task(name="masthead.subscribers.sweep_imports")
def sweep_imports() -> None:
    """Call for every import that waits, and forget files that were kept long enough."""
    now = timezone.now()
    forget_old_files(now=now)
    for import_id in find_waiting(now=now):
        wake_importer(import_id)


@shared_task(name="masthead.subscribers.index_attributes")
def index_attributes() -> None:
    """Let the attributes that segments ask for be found fast; harmless if it comes twice."""
    keep_indexes()


@shared_task(name="masthead.subscribers.enter_new")
def enter_new() -> None:
    """Let those who came lately be found by the index of the search."""
    if enter_people(now=timezone.now()):
        wake_enterer()


@shared_task(name="masthead.subscribers.enter_all")
def enter_all() -> None:
    """Let be found whoever the search's index has missed, as after a very long transaction."""
    enter_people(now=timezone.now(), whole=True)


@shared_task(name="masthead.subscribers.clear_unconfirmed")
def clear_unconfirmed() -> None:
    """Forget who did not confirm in time."""
    limit = dt.timedelta(seconds=settings.UNCONFIRMED_SECONDS)
    forget_unconfirmed(before=timezone.now() - limit)


def wake_indexer() -> None:
    """Call a worker to see to the indexes, as after a segment has changed.

    Without a broker segments are only slower, until one changes again.
    """
    with suppress(OperationalError):
        index_attributes.apply_async(retry=False)


def wake_enterer() -> None:
    """Call a worker to enter new people into the search; without a broker, beat's turn is soon."""
    with suppress(OperationalError):
        enter_new.apply_async(retry=False)


def wake_importer(import_id: int) -> None:
    """Call a worker to this import."""
    import_people.delay(import_id=import_id)

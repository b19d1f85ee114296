"""Entering people into the table that they are searched in: behind imports, slice by slice."""

from __future__ import annotations

import datetime as dt

from django.db import connection, transaction
from django.db.models import Exists, Max, OuterRef

from subscribers.bulk import commit_later
from subscribers.imports import Import, ImportState
from subscribers.models import SearchEntry, SearchMark, Subscriber
from subscribers.querysets import SubscriberQuerySet
from subscribers.searching.trigrams import ENTRIES, PEOPLE, TEXT, has_index

# A quarter of a second: for so long somebody who changes one of these people has to wait.
SLICE_ROWS = 5_000
# In one run, so that other short work comes in between.
MOST_SLICES = 40
# Numbers are given out in order and become visible in any. What was being written so long ago
# has been written; what takes longer is found when everybody is gone over.
GRACE = dt.timedelta(seconds=50)
MARK = 1

# Who is being changed just now is left for the next time; nobody changes or goes while we hold
# them, so that no entry is older than its person, or outlives them.
ENTER = f"""
    WITH fresh AS (
        INSERT INTO {ENTRIES} (subscriber_id, text)
        SELECT person.id, {TEXT.format("person")} FROM {PEOPLE} person
        WHERE person.id > %s AND NOT EXISTS (
            SELECT FROM {ENTRIES} entry WHERE entry.subscriber_id = person.id)
        ORDER BY person.id LIMIT %s FOR SHARE OF person SKIP LOCKED
        ON CONFLICT DO NOTHING RETURNING subscriber_id)
    SELECT count(*), max(subscriber_id) FROM fresh
"""  # noqa: S608 - our own names
# The statistics of tables that grow this fast are always old: by them all is read for a slice.
BY_INDEX = "SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off"


def enter_people(*, now: dt.datetime, whole: bool = False) -> bool:
    """Enter those who have no entry yet; return whether some had to be left for the next run.

    From the mark on, or, if ``whole``, everybody. While an import runs, it comes first.
    """
    if not has_index() or _is_importing(now):
        return False
    mark, _ = SearchMark.objects.get_or_create(pk=MARK)
    seen = Subscriber.objects.aggregate(last=Max("pk"))["last"] or 0
    slices = _enter_after(0 if whole else mark.through)
    if slices == MOST_SLICES:
        return True
    if slices:
        with connection.cursor() as cursor:  # the planner guesses badly about so many new rows
            cursor.execute(f"ANALYZE {ENTRIES}")
    _move_mark(seen, now=now)
    return False


def read_mark() -> int:
    """Return the number up to which everybody has an entry."""
    through = SearchMark.objects.filter(pk=MARK).values_list("through", flat=True).first()
    return through or 0


def without_entry(people: SubscriberQuerySet) -> SubscriberQuerySet:
    """Return those of some people who can't be found by the index yet."""
    return people.filter(~Exists(SearchEntry.objects.filter(pk=OuterRef("pk"))))


def _is_importing(now: dt.datetime) -> bool:
    running = Import.objects.filter(state=ImportState.RUNNING, lease_expires_at__gt=now)
    return running.filter(dry_run=False).exists()


def _enter_after(number: int) -> int:
    """Enter the people after a number, until there are no more or it is enough for one run.

    Returns how many slices were full.
    """
    for full in range(MOST_SLICES):
        entered, number = _enter_slice(number)
        if entered < SLICE_ROWS:
            return full
    return MOST_SLICES


def _enter_slice(after: int) -> tuple[int, int]:
    """Enter the next people; return how many, and the number of the last."""
    with transaction.atomic(), connection.cursor() as cursor:
        commit_later()
        cursor.execute(BY_INDEX)
        cursor.execute(ENTER, [after, SLICE_ROWS])
        entered, last = cursor.fetchone()
    return entered, last or after


def _move_mark(seen: int, *, now: dt.datetime) -> None:
    """Move the mark to who was seen the last time, or to before the first who has no entry."""
    with transaction.atomic():
        mark = SearchMark.objects.select_for_update().get(pk=MARK)
        if mark.seen_at and now - mark.seen_at < GRACE:
            return
        known = Subscriber.objects.filter(pk__gt=mark.through, pk__lte=mark.seen)
        left = without_entry(known).order_by("pk").values_list("pk", flat=True).first()
        mark.through = max(mark.through, mark.seen) if left is None else left - 1
        mark.seen, mark.seen_at = seen, now
        mark.save()

"""Planning a mailing: its audience is written to the ledger, slice by slice.

Each slice is one transaction that first moves the mailing's cursor, if the cursor is where
the planner read it: of two planners one finds it moved, and stops. Batches of finished
slices are sent while later slices are still being planned. Readers who are written to at
the same time on their own clocks are in batches of their own zone, which wait for it.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from django.conf import settings
from django.db import transaction

from mailer.dispatch.planning.waves import Wave, Waves, read_clock
from mailer.dispatch.planning.whom import read_whom
from mailer.models import (
    Batch,
    BatchState,
    Delivery,
    DeliveryState,
    FrozenEdition,
    Mailing,
    MailingState,
)
from subscribers.audience import AudienceEntry, read_slice
from subscribers.bulk import insert_rows
from subscribers.models import Segment
from subscribers.segments import members

# Rows read and written in one transaction: large enough to be fast, short enough that
# nobody waits for it (SQLite has one writer).
SLICE_PEOPLE = 2_000
COLUMNS = ("frozen_edition_id", "subscriber_id", "list_id", "email", "email_normalised", "name")


def plan_slice(mailing: Mailing, frozen: Sequence[FrozenEdition], *, now: dt.datetime) -> int:
    """Write the next slice of the audience to the ledger; return how many batches may be sent now.

    The mailing moves on to ``sending`` when no people are left. ``mailing`` is refreshed.
    """
    whom = read_whom(mailing)
    entries = read_slice(
        list_ids=whom.list_ids,
        rule=whom.rule,
        without=whom.without,
        after=mailing.cursor,
        size=SLICE_PEOPLE,
        now=now,
        among=whom.among,
    )
    if not entries:
        _finish_planning(mailing)
        return 0
    with transaction.atomic():
        made = _write_slice(mailing, entries, frozen)
    mailing.refresh_from_db()
    return made


def choose_edition(
    language: str, frozen: Sequence[FrozenEdition], segments: Collection[int] = ()
) -> FrozenEdition:
    """Return the edition in the reader's language, in its base language, or else the first.

    Of that edition it is the variant for people in these segments.
    """
    languages = {edition.language.lower() for edition in frozen}
    wanted = language.lower()
    nearest = (wanted, wanted.partition("-")[0], frozen[0].language.lower())
    chosen = next(each for each in nearest if each in languages)
    own = [edition for edition in frozen if edition.language.lower() == chosen]
    named = frozenset().union(*(edition.segment_ids for edition in own))
    mine = named.intersection(segments)
    return next(edition for edition in own if edition.segment_ids == mine)


def _find_memberships(
    entries: Sequence[AudienceEntry], frozen: Sequence[FrozenEdition]
) -> dict[int, set[int]]:
    """Return, by person, which of the segments that the issue names they are in."""
    named = frozenset().union(*(edition.segment_ids for edition in frozen))
    found: dict[int, set[int]] = defaultdict(set)
    if not named:
        return found
    people = {entry.recipient.subscriber_id for entry in entries}
    for segment in Segment.objects.filter(pk__in=named):
        inside = members(segment.rule).filter(pk__in=people)
        for person in inside.values_list("pk", flat=True):
            found[person].add(segment.pk)
    return found


def _finish_planning(mailing: Mailing) -> None:
    Mailing.objects.filter(
        pk=mailing.pk, state=MailingState.PLANNING, cursor=mailing.cursor
    ).update(state=MailingState.SENDING)
    mailing.refresh_from_db()


def _write_slice(
    mailing: Mailing, entries: Sequence[AudienceEntry], frozen: Sequence[FrozenEdition]
) -> int:
    moved = Mailing.objects.filter(
        pk=mailing.pk, state=MailingState.PLANNING, cursor=mailing.cursor
    ).update(cursor=entries[-1].recipient.subscriber_id)
    if not moved:
        return 0
    inside = _find_memberships(entries, frozen)
    editions = _Editions(frozen)
    planned: dict[str, list[tuple[str, ...]]] = defaultdict(list)
    skipped: list[tuple[str, ...]] = []
    for entry in entries:
        recipient = entry.recipient
        edition = editions.choose(recipient.language, inside.get(recipient.subscriber_id, ()))
        row = (
            str(edition.pk),
            str(recipient.subscriber_id),
            str(recipient.list_id),
            recipient.email,
            recipient.email_normalised,
            recipient.name,
        )
        if entry.skip:
            skipped.append((*row, entry.skip, entry.note))
        else:
            planned[recipient.time_zone].append(row)
    _write(skipped, (*COLUMNS, "skip_reason", "note"), mailing, DeliveryState.SKIPPED)
    batches = [
        _write_batch(mailing, wave, rows)
        for wave, own in _group(mailing, planned)
        for rows in _cut(own)
    ]
    return sum(batch.state == BatchState.READY for batch in batches)


class _Editions:
    """The frozen editions of a mailing, each choice made once: most readers ask for the same."""

    def __init__(self, frozen: Sequence[FrozenEdition]) -> None:
        self._frozen = frozen
        self._chosen: dict[tuple[str, frozenset[int]], FrozenEdition] = {}

    def choose(self, language: str, segments: Collection[int]) -> FrozenEdition:
        key = (language, frozenset(segments))
        if key not in self._chosen:
            self._chosen[key] = choose_edition(language, self._frozen, segments)
        return self._chosen[key]


def _group(
    mailing: Mailing, planned: Mapping[str, Sequence[tuple[str, ...]]]
) -> Iterator[tuple[Wave, list[tuple[str, ...]]]]:
    """Yield the waves of these rows, which come by time zone; every zone has its wave."""
    waves = Waves(mailing, read_clock(mailing))
    grouped: dict[Wave, list[tuple[str, ...]]] = defaultdict(list)
    for zone, rows in planned.items():
        grouped[waves.find(zone)] += rows
    yield from grouped.items()


def _cut(rows: Sequence[tuple[str, ...]]) -> Iterator[Sequence[tuple[str, ...]]]:
    for start in range(0, len(rows), settings.BATCH_SIZE):
        yield rows[start : start + settings.BATCH_SIZE]


def _write_batch(mailing: Mailing, wave: Wave, rows: Sequence[tuple[str, ...]]) -> Batch:
    zone, at = wave
    when: dict[str, Any] = {}
    if at is not None:
        when = {"state": BatchState.WAITING, "due_at": at, "not_before": at}
    batch = Batch.objects.create(mailing=mailing, time_zone=zone, **when)
    _write(rows, COLUMNS, mailing, DeliveryState.PENDING, batch_id=batch.pk)
    return batch


def _write(
    rows: Sequence[tuple[str, ...]],
    columns: Sequence[str],
    mailing: Mailing,
    state: DeliveryState,
    **always: Any,
) -> None:
    if rows:
        same = {"mailing_id": mailing.pk, "state": state.value} | always
        insert_rows(Delivery, columns, rows, always=same)

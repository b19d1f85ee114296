"""Planning a mailing: its audience is written to the ledger, slice by slice.

Each slice is one transaction that first moves the mailing's cursor, if the cursor is where
the planner read it: of two planners one finds it moved, and stops. Batches of finished
slices are sent while later slices are still being planned. Readers who are written to at
the same time on their own clocks are in batches of their own zone, which wait for it.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from django.conf import settings
from django.db import transaction

from mailer.dispatch.waves import Wave, Waves, read_clock
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
from subscribers.models import Segment
from subscribers.segments import members

# Rows read and written in one transaction: large enough to be fast, short enough that
# nobody waits for it (SQLite has one writer).
SLICE_PEOPLE = 2_000


def plan_slice(mailing: Mailing, frozen: Sequence[FrozenEdition], *, now: dt.datetime) -> int:
    """Write the next slice of the audience to the ledger; return how many batches may be sent now.

    The mailing moves on to ``sending`` when no people are left. ``mailing`` is refreshed.
    """
    entries = read_slice(
        list_ids=list(mailing.lists.order_by("id").values_list("id", flat=True)),
        rule=mailing.segment.rule if mailing.segment else None,
        after=mailing.cursor,
        size=SLICE_PEOPLE,
        now=now,
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
    people = {entry.recipient.subscriber_id for entry in entries}
    found: dict[int, set[int]] = defaultdict(set)
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
    rows = [
        _row(mailing, entry, choose_edition(entry.recipient.language, frozen, segments))
        for entry in entries
        for segments in [inside.get(entry.recipient.subscriber_id, ())]
    ]
    zones = [entry.recipient.time_zone for entry in entries]
    wanted = [
        (row, zone)
        for row, zone in zip(rows, zones, strict=True)
        if row.state == DeliveryState.PENDING
    ]
    batches = [batch for wave, own in _group(mailing, wanted) for batch in _cut(mailing, wave, own)]
    Delivery.objects.bulk_create(rows, batch_size=1_000)
    return sum(batch.state == BatchState.READY for batch in batches)


def _group(
    mailing: Mailing, rows: Sequence[tuple[Delivery, str]]
) -> Iterator[tuple[Wave, list[Delivery]]]:
    """Yield the waves of these deliveries, each with its own; every zone has its wave."""
    waves = Waves(mailing, read_clock(mailing))
    grouped: dict[Wave, list[Delivery]] = defaultdict(list)
    for row, zone in rows:
        grouped[waves.find(zone)].append(row)
    yield from grouped.items()


def _cut(mailing: Mailing, wave: Wave, rows: Sequence[Delivery]) -> Iterator[Batch]:
    zone, at = wave
    when: dict[str, Any] = {}
    if at is not None:
        when = {"state": BatchState.WAITING, "due_at": at, "not_before": at}
    for start in range(0, len(rows), settings.BATCH_SIZE):
        batch = Batch.objects.create(mailing=mailing, time_zone=zone, **when)
        for row in rows[start : start + settings.BATCH_SIZE]:
            row.batch = batch
        yield batch


def _row(mailing: Mailing, entry: AudienceEntry, edition: FrozenEdition) -> Delivery:
    recipient = entry.recipient
    return Delivery(
        mailing=mailing,
        frozen_edition=edition,
        subscriber_id=recipient.subscriber_id,
        list_id=recipient.list_id,
        email=recipient.email,
        email_normalised=recipient.email_normalised,
        name=recipient.name,
        state=DeliveryState.SKIPPED if entry.skip else DeliveryState.PENDING,
        skip_reason=entry.skip,
        note=entry.note,
    )

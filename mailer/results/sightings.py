"""What was seen of messages, written to the ledger in bulk, people and machines apart."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models import Count, F, Min

from mailer.models import Delivery, Link, Signal
from mailer.results.machines import find_machines
from mailer.results.signals import OPENING, Buffer, Sight

# Sights taken from the list and written in one transaction.
AT_ONCE = 2_000
# Rounds of one wake-up: the next one goes on.
MOST_ROUNDS = 25

# A person takes longer than this to choose and follow so many links, or all of a short message.
BURST_WITHIN = dt.timedelta(seconds=10)
LINKS_OF_BURST = 5
FEWEST_OF_BURST = 3

COUNT = """
    INSERT INTO mailer_signal (delivery_id, number, by_machine, times, first_at, last_at)
    VALUES (%s, %s, %s, %s, %s, %s)
    ON CONFLICT (delivery_id, number, by_machine) DO UPDATE
    SET times = mailer_signal.times + excluded.times, last_at = excluded.last_at
"""


@dataclass(slots=True)
class _Tally:
    """How often something was seen, and when first and last, in seconds since 1970."""

    times: int
    first: float
    last: float


Key = tuple[int, int, bool]  # a delivery, a link's number, by a machine


def record_waiting(buffer: Buffer, *, now: dt.datetime) -> int:
    """Write what waits in the list; return how much. What can't be written is put back."""
    written = 0
    for _ in range(MOST_ROUNDS):
        sights = buffer.take(AT_ONCE)
        if not sights:
            break
        try:
            record_sights(sights, now=now)
        except Exception:
            buffer.put_back(sights)
            raise
        written += len(sights)
    return written


def record_sights(sights: Sequence[Sight], *, now: dt.datetime) -> None:
    """Write what was seen, in one transaction; what is of no delivery of ours any more is left."""
    machines = find_machines(sights)
    tallies: dict[Key, _Tally] = {}
    totals: Counter[tuple[int, int, bool]] = Counter()
    for place, sight in enumerate(sights):
        by_machine = place in machines
        if sight.delivery_id:
            key = (sight.delivery_id, sight.number, by_machine)
            _add(tallies, key, min(sight.at, now.timestamp()))
        elif sight.number:
            totals[sight.frozen_edition_id, sight.number, by_machine] += 1
    with transaction.atomic():
        _count(_drop_unknown(tallies))
        _count_totals(totals)
        people = {delivery for delivery, _, _ in tallies}
        _mark_bursts(people)
        _stamp(people)


def _add(tallies: dict[Key, _Tally], key: Key, at: float) -> None:
    tally = tallies.setdefault(key, _Tally(0, at, at))
    tally.times += 1
    tally.first, tally.last = min(tally.first, at), max(tally.last, at)


def _drop_unknown(tallies: Mapping[Key, _Tally]) -> dict[Key, _Tally]:
    known = set(
        Delivery.objects.filter(pk__in={key[0] for key in tallies}).values_list("pk", flat=True)
    )
    return {key: tally for key, tally in tallies.items() if key[0] in known}


def _count(tallies: Mapping[Key, _Tally]) -> None:
    """Add to the rows there are and make the others; in one order, so that no two writers lock."""
    adapt = connection.ops.adapt_datetimefield_value
    rows = [
        (*key, tally.times, adapt(_moment(tally.first)), adapt(_moment(tally.last)))
        for key, tally in sorted(tallies.items())
    ]
    if rows:
        with connection.cursor() as cursor:
            cursor.executemany(COUNT, rows)


def _count_totals(totals: Mapping[tuple[int, int, bool], int]) -> None:
    for (edition, number, by_machine), times in sorted(totals.items()):
        column = "machine_clicks" if by_machine else "clicks"
        links = Link.objects.filter(frozen_edition=edition, number=number)
        links.update(**{column: F(column) + times})


def _mark_bursts(deliveries: Collection[int]) -> None:
    """Give clicks to a machine where most links of a message were followed within seconds.

    The worker may have seen the first of them in an earlier batch: what is asked is the ledger.
    """
    rows = Signal.objects.filter(delivery__in=deliveries, by_machine=False, number__gt=OPENING)
    rows = rows.annotate(links=Count("delivery__frozen_edition__links"))
    clicks: dict[int, list[Signal]] = defaultdict(list)
    for row in rows.order_by("delivery", "first_at"):
        clicks[row.delivery_id].append(row)
    bursts = [find_burst(own, links=own[0].links) for own in clicks.values()]  # type: ignore[attr-defined]
    _give_to_machine(row for burst in bursts for row in burst)


def find_burst(rows: Sequence[Signal], *, links: int) -> list[Signal]:
    """Return the clicks that came too fast for a person, of a message with so many links.

    ``rows`` are one delivery's, a link each, in the order of their first clicks.
    """
    wanted = max(FEWEST_OF_BURST, min(LINKS_OF_BURST, links))
    for start in range(len(rows) - wanted + 1):
        first = rows[start].first_at
        window = [row for row in rows[start:] if row.first_at - first <= BURST_WITHIN]
        if len(window) >= wanted:
            return window
    return []


def _give_to_machine(rows: Iterable[Signal]) -> None:
    tallies = {
        (row.delivery_id, row.number, True): _Tally(
            row.times, row.first_at.timestamp(), row.last_at.timestamp()
        )
        for row in rows
    }
    _count(tallies)
    for delivery, number, _ in tallies:
        Signal.objects.filter(delivery=delivery, number=number, by_machine=False).delete()


def _stamp(deliveries: Collection[int]) -> None:
    """Write to the ledger when each person first opened and first clicked, if they did."""
    seen = Signal.objects.filter(delivery__in=deliveries, by_machine=False).order_by()
    clicked = dict(
        seen.filter(number__gt=OPENING).values_list("delivery").annotate(Min("first_at"))
    )
    # Who follows a link has opened the message, whatever became of the picture in it.
    opened = dict(seen.values_list("delivery").annotate(Min("first_at")))
    rows = [
        Delivery(pk=pk, opened_at=opened.get(pk), clicked_at=clicked.get(pk)) for pk in deliveries
    ]
    Delivery.objects.bulk_update(rows, ["opened_at", "clicked_at"], batch_size=200)


def _moment(seconds: float) -> dt.datetime:
    return dt.datetime.fromtimestamp(seconds, tz=dt.UTC)

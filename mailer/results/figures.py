"""Figures for pages: counted while the page is made, or kept and counted again by a worker.

Whether a count is quick is not guessed from the number of rows but measured. One that was slow is
kept with the moment of its counting, for the page to say; when it has grown old a worker is asked
to count it again, and meanwhile the page shows what there is. However many look, and however
large the ledger is, counting takes a small share of one processor.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from mailer.models import Figure

# A page is to answer within 150 ms, and asks for several figures.
SLOW_MS = 50
# A figure is counted again after so many times as long as its counting took: it costs at most the
# fiftieth part of one processor, and a million rows that take half a second are 25 seconds old.
SHARE = 50
SHORTEST = dt.timedelta(seconds=2)
MS_A_SECOND = 1_000

Count = Callable[[str], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """Who counts one kind: from what it is about to JSON; none if that is no longer there.

    A figure that is older than ``oldest`` is not shown: the page counts it, however long it takes.
    """

    count: Count
    oldest: dt.timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """A figure; ``at`` is when it was counted, or none if it was just now."""

    value: Any
    at: dt.datetime | None = None


COUNTERS: dict[str, Counter] = {}


def count_with(kind: str, count: Count, *, oldest: dt.timedelta | None = None) -> None:
    """Tell who counts a kind of figures."""
    COUNTERS[kind] = Counter(count=count, oldest=oldest)


def read_figure(
    kind: str,
    about: str,
    *,
    now: dt.datetime,
    wake: Callable[[int], None],
    since: dt.datetime | None = None,
) -> Counted:
    """Return a figure; ``wake`` is called with its row's id if a worker is to count it again.

    One that was counted before ``since`` is of what is over, and is counted now.
    """
    kept = Figure.objects.filter(kind=kind, about=about).first()
    if kept is None or kept.took_ms < SLOW_MS or _is_too_old(kept, now=now, since=since):
        return Counted(value=_count(kind, about, kept, now=now))
    if kept.due_at <= now and _claim(kept, now=now):
        transaction.on_commit(lambda: wake(kept.pk))
    return Counted(value=kept.value, at=kept.counted_at)


def count_again(figure_id: int, *, now: dt.datetime) -> None:
    """Count a kept figure anew, unless what it is about is gone: then the figure goes too."""
    kept = Figure.objects.filter(pk=figure_id).first()
    if kept is None:
        return
    if keep_figure(kept.kind, kept.about, now=now) is None:
        kept.delete()


def keep_figure(kind: str, about: str, *, now: dt.datetime) -> Any:
    """Count a figure and keep it, however quick it was; return it."""
    value, took_ms = _measure(kind, about)
    if value is not None:
        _keep(kind, about, value, took_ms, now=now)
    return value


def _is_too_old(kept: Figure, *, now: dt.datetime, since: dt.datetime | None) -> bool:
    oldest = COUNTERS[kept.kind].oldest
    if since is not None and kept.counted_at < since:
        return True
    return oldest is not None and kept.counted_at < now - oldest


def _count(kind: str, about: str, kept: Figure | None, *, now: dt.datetime) -> Any:
    """Count for a page that waits, and keep it if the page should not have had to."""
    value, took_ms = _measure(kind, about)
    if took_ms >= SLOW_MS or (kept is not None and kept.took_ms >= SLOW_MS):
        _keep(kind, about, value, took_ms, now=now)
    return value


def _measure(kind: str, about: str) -> tuple[Any, int]:
    began = time.monotonic()
    value = COUNTERS[kind].count(about)
    return value, int((time.monotonic() - began) * MS_A_SECOND)


def _keep(kind: str, about: str, value: Any, took_ms: int, *, now: dt.datetime) -> None:
    Figure.objects.update_or_create(
        kind=kind,
        about=about,
        defaults={
            "value": value,
            "counted_at": now,
            "took_ms": took_ms,
            "due_at": now + _wait(took_ms),
        },
    )


def _claim(kept: Figure, *, now: dt.datetime) -> bool:
    """Say whether it is us who ask a worker: of many who look at once only one does."""
    later = now + _wait(kept.took_ms)
    return bool(Figure.objects.filter(pk=kept.pk, due_at=kept.due_at).update(due_at=later))


def _wait(took_ms: int) -> dt.timedelta:
    return max(SHARE * dt.timedelta(milliseconds=took_ms), SHORTEST)

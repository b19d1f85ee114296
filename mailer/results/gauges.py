"""The state of the installation in figures, for Prometheus: the ledger's, and the counters'.

Read anew for each request: many processes write what stands here, so none of them has the
whole of it. Every label has a bound: states, queues, and the shipped table of providers.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterator, Mapping

import redis
from django.db.models import Count, Min
from django.utils import timezone
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from mailer.models import (
    Batch,
    BatchState,
    Delivery,
    DeliveryState,
    InboundMessage,
    Mailing,
    MailingState,
    Pulse,
)
from mailer.models.querysets import UNFINISHED_STATES
from mailer.results.counters import read_rate, read_totals
from mailer.types import OutcomeKind

OPEN_STATES = (
    MailingState.PLANNING,
    MailingState.SENDING,
    MailingState.PAUSED,
    MailingState.HELD,
)


class Gauges:
    """Collect every figure that there is; what Redis does not tell is left out, and said."""

    def __init__(
        self, client: redis.Redis, *, count_workers: Callable[[redis.Redis], Mapping[str, int]]
    ) -> None:
        self._client = client
        self._count_workers = count_workers

    def collect(self) -> Iterator[Metric]:
        """Yield the figures of the database, then those of Redis."""
        yield from _count_mailings()
        yield from _count_queue()
        yield from _count_inbound()
        yield _measure_pulse()
        yield from self._read_redis()

    def _read_redis(self) -> Iterator[Metric]:
        up = GaugeMetricFamily("masthead_redis_up", "Whether Redis answers.", value=0)
        try:
            totals = read_totals(self._client)
            rate = read_rate(self._client, now=time.time())
            workers = self._count_workers(self._client)
        except redis.RedisError:
            yield up
            return
        yield GaugeMetricFamily("masthead_redis_up", "Whether Redis answers.", value=1)
        yield from _show_totals(totals)
        yield GaugeMetricFamily(
            "masthead_messages_per_second", "Accepted, over the last minute.", value=rate
        )
        yield _label("masthead_workers", "Workers seen lately.", "queue", workers)


def _count_mailings() -> Iterator[Metric]:
    rows = Mailing.objects.order_by().values_list("state").annotate(total=Count("pk"))
    found = dict.fromkeys(MailingState.values, 0) | dict(rows)
    yield _label("masthead_mailings", "Mailings by state.", "state", found)


def _count_queue() -> Iterator[Metric]:
    """Yield what is left to send of mailings that are not over, and how long it has been due."""
    open_mailings = list(Mailing.objects.filter(state__in=OPEN_STATES).values_list("pk", flat=True))
    waiting = (
        Delivery.objects.unfinished()
        .filter(mailing_id__in=open_mailings)
        .order_by()
        .values_list("state")
        .annotate(total=Count("pk"))
    )
    left = dict.fromkeys(UNFINISHED_STATES, 0) | dict(waiting)
    yield _label("masthead_deliveries_waiting", "Deliveries to be sent.", "state", left)
    batches = (
        Batch.objects.filter(mailing_id__in=open_mailings)
        .exclude(state=BatchState.DONE)
        .order_by()
        .values_list("state")
        .annotate(total=Count("pk"))
    )
    unfinished = [state.value for state in BatchState if state != BatchState.DONE]
    found = dict.fromkeys(unfinished, 0) | dict(batches)
    yield _label("masthead_batches", "Batches that are not done.", "state", found)
    due = (
        Batch.objects.claimable().order_by().aggregate(total=Count("pk"), oldest=Min("not_before"))
    )
    yield GaugeMetricFamily(
        "masthead_batches_due", "Batches that a worker may claim now.", value=due["total"]
    )
    yield GaugeMetricFamily(
        "masthead_oldest_due_seconds",
        "For how long the longest due batch has been due.",
        value=_age(due["oldest"]),
    )
    held = Delivery.objects.filter(mailing_id__in=open_mailings, state=DeliveryState.UNCERTAIN)
    yield GaugeMetricFamily(
        "masthead_deliveries_uncertain", "Deliveries without a known end.", value=held.count()
    )


def _count_inbound() -> Iterator[Metric]:
    waiting = InboundMessage.objects.filter(handled_at=None).aggregate(
        total=Count("pk"), oldest=Min("received_at")
    )
    yield GaugeMetricFamily(
        "masthead_inbound_waiting", "Returned mail that is not handled.", value=waiting["total"]
    )
    yield GaugeMetricFamily(
        "masthead_oldest_inbound_seconds",
        "For how long the oldest returned mail has not been handled.",
        value=_age(waiting["oldest"]),
    )


def _measure_pulse() -> Metric:
    pulse = Pulse.objects.first()
    return GaugeMetricFamily(
        "masthead_pulse_age_seconds",
        "Since the scheduler or a sender was last at work.",
        value=_age(pulse.beaten_at if pulse else None),
    )


def _show_totals(totals: Mapping[str, int]) -> Iterator[Metric]:
    kinds = {kind.value: totals.get(f"outcomes:{kind.value}", 0) for kind in OutcomeKind}
    yield _count("masthead_outcomes", "Replies to messages.", "kind", kinds)
    prefix = "deferrals:"
    deferrals = {
        name.removeprefix(prefix): total
        for name, total in sorted(totals.items())
        if name.startswith(prefix)
    }
    yield _count("masthead_deferrals", "Temporary refusals.", "provider", deferrals)
    yield CounterMetricFamily(
        "masthead_leases_lost", "Leases that ran out.", value=totals.get("leases_lost", 0)
    )
    yield CounterMetricFamily(
        "masthead_journal_replayed",
        "Attempts that a journal told after a worker's end.",
        value=totals.get("journal_replayed", 0),
    )


def _label(name: str, words: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(name, words, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family


def _count(name: str, words: str, label: str, values: Mapping[str, float]) -> Metric:
    family = CounterMetricFamily(name, words, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family


def _age(since: dt.datetime | None) -> float:
    return max((timezone.now() - since).total_seconds(), 0.0) if since else 0.0

"""A batch belongs to one worker at a time, and a late one can write nothing."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from threading import Barrier, Thread

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from mailer.dispatch.batches.claim import (
    claim_batch,
    extend_lease,
    reclaim_abandoned,
    release_batch,
)
from mailer.errors import LeaseLost
from mailer.models import Batch, BatchState, Delivery, DeliveryState, Mailing, MailingState


def let_lease_run_out(batch: Batch) -> None:
    past = timezone.now() - dt.timedelta(seconds=1)
    Batch.objects.filter(pk=batch.pk).update(lease_expires_at=past)


def test_a_batch_is_claimed_once(mailing):
    first = claim_batch("one")
    second = claim_batch("two")

    assert first is not None
    assert first.claimed_by == "one"
    assert second is None


def test_each_claim_raises_the_fencing_token(mailing):
    first = claim_batch("one")
    release_batch(first)
    second = claim_batch("two")

    assert second.pk == first.pk
    assert second.fence == first.fence + 1


def test_a_claim_that_comes_second_changes_nothing(mailing):
    batch = Batch.objects.get()
    Batch.objects.filter(pk=batch.pk).update(fence=batch.fence + 1, state=BatchState.CLAIMED)

    assert claim_batch("late") is None


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_never_both_hold_a_batch(mailing):
    holds = Counter()
    for _ in range(40):
        Batch.objects.update(state=BatchState.READY, claimed_by="")
        barrier = Barrier(4)
        threads = [Thread(target=claim_at_once, args=(barrier, holds)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert holds == {True: 40, False: 120}


def claim_at_once(barrier: Barrier, holds: Counter[bool]) -> None:
    try:
        barrier.wait()
        claimed = claim_batch("one of four") is not None
    finally:
        connection.close()
    holds[claimed] += 1


def test_a_claim_waits_for_another_and_then_finds_it_done(mailing):
    """The row's own conditions stand outside the SELECT, where PostgreSQL judges them anew."""
    with CaptureQueriesContext(connection) as queries:
        claim_batch("one")

    update = next(each["sql"] for each in queries if each["sql"].startswith("UPDATE"))
    outer = re.sub(r"\(SELECT .*?\)\)", "", update.partition(" WHERE ")[2])
    assert '"mailer_batch"."fence" =' in outer
    assert '"mailer_batch"."state" =' in outer
    assert '"mailer_batch"."id" IN' not in outer


def test_no_batch_of_a_paused_mailing_is_claimed(mailing):
    mailing.move(MailingState.PAUSED)

    assert claim_batch("one") is None


def test_a_batch_is_not_claimed_before_its_time(mailing):
    Batch.objects.update(not_before=timezone.now() + dt.timedelta(minutes=1))

    assert claim_batch("one") is None


def test_an_expired_lease_can_not_be_extended(mailing):
    batch = claim_batch("one")
    let_lease_run_out(batch)

    with pytest.raises(LeaseLost):
        extend_lease(batch)


def test_a_worker_whose_batch_was_claimed_again_can_neither_write_nor_release(mailing):
    late = claim_batch("late")
    let_lease_run_out(late)
    assert reclaim_abandoned() == 1
    claim_batch("next")

    with pytest.raises(LeaseLost):
        extend_lease(late)
    with pytest.raises(LeaseLost):
        release_batch(late)


def test_a_lease_that_holds_is_not_reclaimed(mailing):
    claim_batch("one")

    assert reclaim_abandoned() == 0


def test_a_batch_with_nothing_left_is_done(mailing):
    batch = claim_batch("one")
    Delivery.objects.update(state=DeliveryState.ACCEPTED)

    release_batch(batch)

    batch.refresh_from_db()
    assert batch.state == BatchState.DONE
    assert batch.claimed_by == ""


def test_a_batch_waits_for_its_next_deferred_delivery(mailing):
    batch = claim_batch("one")
    due = timezone.now() + dt.timedelta(minutes=3)
    later = due + dt.timedelta(minutes=3)
    Delivery.objects.update(state=DeliveryState.DEFERRED, next_attempt_at=later)
    first = Delivery.objects.first()
    Delivery.objects.filter(pk=first.pk).update(next_attempt_at=due)

    release_batch(batch)

    batch.refresh_from_db()
    assert batch.state == BatchState.READY
    assert batch.not_before == due


def test_the_longest_due_batch_comes_first(mailing: Mailing):
    old = Batch.objects.create(mailing=mailing, not_before=timezone.now() - dt.timedelta(hours=1))

    assert claim_batch("one") == old

"""The whole audience stands in the ledger, each with a state, once."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from mailer.dispatch.control.schedule import create_mailing, schedule_mailing, start_due_mailings
from mailer.dispatch.freezing.freeze import freeze_mailing
from mailer.dispatch.planning import plan as planning
from mailer.dispatch.planning.plan import choose_edition, plan_slice
from mailer.models import Batch, Delivery, FrozenEdition, Mailing, MailingState
from mailer.results.report import summarise
from subscribers import consent, suppression
from subscribers.consent import Evidence
from subscribers.models import Segment, SuppressionReason
from tests.fakes.world import NOW, join, make_list


def begin(edition, *lists, **choices) -> Mailing:
    mailing = create_mailing(edition.issue, lists=lists, now=NOW, **choices)
    schedule_mailing(mailing, at=NOW)
    start_due_mailings(now=NOW)
    mailing.refresh_from_db()
    return mailing


def test_everybody_on_the_list_gets_a_delivery(mailing):
    assert Delivery.objects.filter(mailing=mailing, state="pending").count() == 20
    assert mailing.state == MailingState.SENDING


def test_planning_goes_slice_by_slice(edition, readers, plan, monkeypatch):
    monkeypatch.setattr(planning, "SLICE_PEOPLE", 6)
    mailing = begin(edition, readers)
    frozen = freeze_mailing(mailing, now=NOW)

    plan_slice(mailing, frozen, now=NOW)

    assert mailing.state == MailingState.PLANNING
    assert Delivery.objects.count() == 6
    plan(mailing)
    assert Delivery.objects.count() == 20
    assert Delivery.objects.values("subscriber").distinct().count() == 20


def test_batches_are_no_larger_than_the_setting(edition, readers, plan, settings):
    settings.BATCH_SIZE = 8
    plan(begin(edition, readers))

    sizes = sorted(batch.deliveries.count() for batch in Batch.objects.all())
    assert sizes == [4, 8, 8]


def test_of_two_planners_one_stops(edition, readers):
    mailing = begin(edition, readers)
    frozen = freeze_mailing(mailing, now=NOW)
    late = Mailing.objects.get(pk=mailing.pk)

    assert plan_slice(mailing, frozen, now=NOW) == 1
    assert plan_slice(late, frozen, now=NOW) == 0
    assert Delivery.objects.count() == 20


def test_a_late_planner_does_not_end_the_planning(edition, readers, monkeypatch):
    monkeypatch.setattr(planning, "SLICE_PEOPLE", 6)
    mailing = begin(edition, readers)
    frozen = freeze_mailing(mailing, now=NOW)
    late = Mailing.objects.get(pk=mailing.pk)
    late.cursor = 10**9  # it believes that everybody was planned
    plan_slice(mailing, frozen, now=NOW)

    plan_slice(late, frozen, now=NOW)

    mailing.refresh_from_db()
    assert mailing.state == MailingState.PLANNING


def test_each_who_is_left_out_has_a_reason(edition, readers, plan):
    def leave(email):
        place = join(email, readers)
        consent.unsubscribe(
            subscriber_id=place.subscriber_id,
            list_id=readers.pk,
            evidence=Evidence(method="test"),
            now=NOW,
        )

    leave("gone@people.example")
    join("bounced@people.example", readers)
    suppression.suppress(
        "bounced@people.example", reason=SuppressionReason.HARD_BOUNCE, origin="test", now=NOW
    )
    careful = make_list("careful", double_opt_in=True)
    join("silent@people.example", careful)
    join("reader1@people.example", make_list("second"))

    second = careful.__class__.objects.get(slug="second")
    mailing = plan(begin(edition, readers, careful, second))

    report = summarise(mailing)
    assert report.skipped == {"unsubscribed": 1, "suppressed": 1, "unconfirmed": 1, "duplicate": 1}
    assert report.waiting == 20
    assert report.audience == 24
    assert report.adds_up
    skipped = Delivery.objects.get(mailing=mailing, email="bounced@people.example")
    assert skipped.note == "hard_bounce (test)"


def test_a_segment_leaves_the_others_out(edition, readers, plan):
    join("nora@people.example", readers, language="nb")
    segment = Segment.objects.create(
        name="Norwegian", rule={"field": "language", "operator": "equals", "value": "nb"}
    )

    report = summarise(plan(begin(edition, readers, segment=segment)))

    assert report.waiting == 1
    assert report.skipped == {"not_in_segment": 20}


def test_who_is_excluded_is_in_the_ledger_with_what_excluded_them(edition, readers, plan):
    board, trustees = make_list("board"), make_list("trustees")
    join("reader1@people.example", board)
    join("reader2@people.example", trustees)
    list_rule = {"field": "email", "operator": "equals", "value": "reader3@people.example"}
    third = Segment.objects.create(name="Third", rule=list_rule)

    mailing = plan(begin(edition, readers, without_lists=[board, trustees], without_segment=third))

    report = summarise(mailing)
    assert (report.waiting, report.skipped) == (17, {"excluded": 3})
    assert report.adds_up
    skipped = Delivery.objects.filter(mailing=mailing, skip_reason="excluded").order_by("id")
    assert [each.note for each in skipped] == ["Board", "Trustees", "Third"]


def test_a_segment_that_a_mailing_leaves_out_stays(edition, readers):
    rule = {"field": "language", "operator": "equals", "value": "nb"}
    segment = Segment.objects.create(name="Norwegian", rule=rule)
    begin(edition, readers, without_segment=segment)

    with pytest.raises(ProtectedError):
        segment.delete()


def test_a_cancelled_mailing_is_planned_no_further(edition, readers):
    mailing = begin(edition, readers)
    frozen = freeze_mailing(mailing, now=NOW)
    mailing.move(MailingState.CANCELLED)

    assert plan_slice(mailing, frozen, now=NOW) == 0
    assert Delivery.objects.count() == 0


def test_nobody_can_be_written_to_twice_in_one_mailing(mailing):
    row = Delivery.objects.first()
    again = Delivery(
        mailing=mailing,
        subscriber_id=row.subscriber_id,
        list=make_list("other"),
        email=row.email,
        frozen_edition=row.frozen_edition,
    )

    with pytest.raises(IntegrityError), transaction.atomic():
        again.save()


@pytest.mark.parametrize(
    ("language", "chosen"),
    [("ar", "ar"), ("ar-EG", "ar"), ("EN-gb", "en-GB"), ("fr", "en-GB"), ("", "en-GB")],
)
def test_a_reader_gets_the_nearest_edition(language, chosen):
    frozen = [FrozenEdition(language="en-GB"), FrozenEdition(language="ar")]

    assert choose_edition(language, frozen).language == chosen

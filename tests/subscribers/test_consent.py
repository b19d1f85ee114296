from __future__ import annotations

import datetime as dt

import pytest

from subscribers import consent
from subscribers.models import ConsentRecord, Subscriber, Subscription
from tests.fakes.world import NOW, join, make_list

LATER = NOW + dt.timedelta(hours=2)


def actions(email: str = "ada@people.example") -> list[str]:
    return list(ConsentRecord.objects.filter(email=email).values_list("action", flat=True))


def leave(place, evidence, now=NOW) -> bool:
    return consent.unsubscribe(
        subscriber_id=place.subscriber_id, list_id=place.list_id, evidence=evidence, now=now
    )


def rejoin(place, evidence, now=NOW) -> bool:
    return consent.resubscribe(
        subscriber_id=place.subscriber_id, list_id=place.list_id, evidence=evidence, now=now
    )


def test_joining_with_single_opt_in_is_confirmed_at_once(place):
    assert place.state == "confirmed"
    assert actions() == ["subscribed"]


def test_joining_with_double_opt_in_awaits_confirmation(db, evidence):
    place = join("ada@people.example", make_list(double_opt_in=True))

    assert place.state == "unconfirmed"
    assert consent.confirm(place, evidence=evidence, now=LATER)
    assert Subscription.objects.get().state == "confirmed"
    assert actions() == ["subscribed", "confirmed"]


def test_evidence_says_who_when_where_how_and_under_which_text(place, evidence):
    leave(place, evidence, now=LATER)

    record = ConsentRecord.objects.get(action="unsubscribed")
    assert (record.email, record.list_slug) == ("ada@people.example", "readers")
    assert (record.method, record.form_version) == ("test", "en-1")
    assert (record.ip_address, record.at) == ("2001:db8::7", LATER)


def test_one_person_joins_once_however_the_address_is_written(group):
    for email in ("Zoë@Bücher.example", "ZOE\u0308@xn--bcher-kva.example", "zoë@bücher.example"):
        join(email, group)

    assert Subscriber.objects.count() == 1
    assert Subscriber.objects.get().email == "Zoë@Bücher.example"
    assert Subscription.objects.count() == 1


def test_joining_again_changes_no_details_of_a_known_person(place, group):
    join("ada@people.example", group, name="Eve")

    assert Subscriber.objects.get().name == "Ada Berg"


def test_leaving_twice_leaves_once(place, evidence):
    assert leave(place, evidence)
    assert not leave(place, evidence)
    assert actions() == ["subscribed", "unsubscribed"]


def test_leaving_a_list_one_is_not_on_changes_nothing(place, evidence):
    other = make_list("others")

    assert not consent.unsubscribe(
        subscriber_id=place.subscriber_id, list_id=other.pk, evidence=evidence, now=NOW
    )
    assert Subscription.objects.get().state == "confirmed"


def test_leaving_everywhere_leaves_a_record_for_each_list(place, evidence):
    join("ada@people.example", make_list("others"))
    join("ada@people.example", make_list("waiting", double_opt_in=True))

    left = consent.unsubscribe_everywhere(
        subscriber_id=place.subscriber_id, evidence=evidence, now=NOW
    )

    assert left == 3
    assert set(Subscription.objects.values_list("state", flat=True)) == {"unsubscribed"}
    assert actions().count("unsubscribed") == 3


def test_a_late_confirmation_does_not_bring_back_who_has_left(db, evidence):
    place = join("ada@people.example", make_list(double_opt_in=True))
    leave(place, evidence)

    assert not consent.confirm(place, evidence=evidence, now=LATER)
    assert Subscription.objects.get().state == "unsubscribed"
    assert "confirmed" not in actions()


def test_joining_again_after_leaving_needs_a_new_confirmation(db, evidence):
    group = make_list(double_opt_in=True)
    place = join("ada@people.example", group)
    consent.confirm(place, evidence=evidence, now=NOW)
    leave(place, evidence)

    assert join("ada@people.example", group).state == "unconfirmed"


def test_leaving_can_be_undone_for_a_day(place, evidence):
    leave(place, evidence)

    assert rejoin(place, evidence, now=NOW + consent.UNDO_WINDOW)
    assert Subscription.objects.get().state == "confirmed"
    assert actions() == ["subscribed", "unsubscribed", "subscribed"]


def test_an_old_link_brings_nobody_back(place, evidence):
    leave(place, evidence)
    after = NOW + consent.UNDO_WINDOW + dt.timedelta(seconds=1)

    assert not rejoin(place, evidence, now=after)
    assert Subscription.objects.get().state == "unsubscribed"


def test_the_undo_does_not_confirm_who_never_left(db, evidence):
    place = join("ada@people.example", make_list(double_opt_in=True))

    assert not rejoin(place, evidence)
    assert Subscription.objects.get().state == "unconfirmed"


def test_evidence_is_neither_changed_nor_deleted(place):
    record = ConsentRecord.objects.get()

    for attempt in (
        record.save,
        record.delete,
        ConsentRecord.objects.all().delete,
        lambda: ConsentRecord.objects.update(method="forged"),
        lambda: ConsentRecord.objects.bulk_update([record], ["method"]),
        lambda: ConsentRecord.objects.update_or_create(pk=record.pk, defaults={"method": "forged"}),
    ):
        with pytest.raises(PermissionError):
            attempt()

    assert ConsentRecord.objects.get().method == "test"


def test_evidence_outlives_the_person(place):
    place.subscriber.delete()

    record = ConsentRecord.objects.get()
    assert record.subscriber is None
    assert record.email == "ada@people.example"

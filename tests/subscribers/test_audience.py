from __future__ import annotations

import datetime as dt

import pytest
from django.db.models import F

from subscribers import consent, suppression
from subscribers.audience import read_slice, refuse, with_refusals
from subscribers.models import Subscriber, Subscription, SuppressionReason
from tests.fakes.world import NOW, join, join_many, make_list


def read(*groups, rule=None, after=0, size=100, now=NOW, without=()):
    return read_slice(
        list_ids=[group.pk for group in groups],
        rule=rule,
        without=without,
        after=after,
        size=size,
        now=now,
    )


def told(entries) -> list[tuple[str, str, str]]:
    return [(entry.recipient.email.partition("@")[0], entry.skip, entry.note) for entry in entries]


def leave(place, evidence):
    consent.unsubscribe(
        subscriber_id=place.subscriber_id, list_id=place.list_id, evidence=evidence, now=NOW
    )


def suppress(email, **options):
    choices = {"reason": SuppressionReason.HARD_BOUNCE, "origin": "test", "now": NOW}
    return suppression.suppress(email, **(choices | options))


def test_a_recipient_carries_what_a_message_needs(place):
    [entry] = read(place.list)

    assert entry.recipient.subscriber_id == place.subscriber_id
    assert entry.recipient.list_id == place.list_id
    assert (entry.recipient.email, entry.recipient.name) == ("ada@people.example", "Ada Berg")
    assert entry.recipient.language == "en"


def test_everybody_on_the_list_stands_there_with_the_reason_they_are_left_out(group, evidence):
    join("ada@people.example", group)
    leave(join("gone@people.example", group), evidence)
    join("bounced@people.example", group)
    suppress("bounced@people.example")
    waiting = make_list("waiting", double_opt_in=True)
    join("waits@people.example", waiting)

    assert told(read(group, waiting)) == [
        ("ada", "", ""),
        ("gone", "unsubscribed", ""),
        ("bounced", "suppressed", "hard_bounce (test)"),
        ("waits", "unconfirmed", ""),
    ]


def test_who_is_left_out_on_purpose_is_named_as_such(group, evidence):
    board = make_list("board")
    for name in ("ada", "bo", "cy", "di"):
        join(f"{name}@people.example", group)
    join("ada@people.example", board)
    leave(join("bo@people.example", board), evidence)
    suppress("di@people.example")
    of_board = {"field": "list", "operator": "equals", "value": "board"}
    late = {"field": "email", "operator": "in", "value": ["cy@people.example", "di@people.example"]}

    entries = read(group, without=[("The same", of_board), ("The same", late)])

    # Who left the other list is no reader of it, and what keeps all mail away is said first.
    assert told(entries) == [
        ("ada", "excluded", "The same"),
        ("bo", "", ""),
        ("cy", "excluded", "The same"),
        ("di", "suppressed", "hard_bounce (test)"),
    ]


def test_nobody_of_another_list_is_among_them(place):
    assert read(make_list("others")) == []


def test_a_person_on_two_lists_is_written_to_once_through_the_first(place):
    other = make_list("others")
    join("ada@people.example", other)

    entries = read(other, place.list)

    assert [(entry.recipient.list_id, entry.skip) for entry in entries] == [
        (other.pk, ""),
        (place.list_id, "duplicate"),
    ]


def test_the_first_list_that_may_write_to_a_person_does(place, evidence):
    other = make_list("others")
    leave(join("ada@people.example", other), evidence)

    assert told(read(other, place.list)) == [("ada", "unsubscribed", ""), ("ada", "", "")]


def test_a_suppression_of_one_list_leaves_the_other(place):
    other = make_list("others")
    join("ada@people.example", other)
    suppress("ada@people.example", list_id=place.list_id, reason=SuppressionReason.COMPLAINT)

    assert told(read(place.list, other)) == [
        ("ada", "suppressed", "complaint (test)"),
        ("ada", "", ""),
    ]


def test_a_suppression_finds_the_person_however_the_address_is_written(group):
    join("Zoë@Bücher.example", group)
    suppress("zoë@xn--bcher-kva.example")

    assert told(read(group)) == [("Zoë", "suppressed", "hard_bounce (test)")]


def test_an_expired_suppression_holds_no_more(place):
    suppress("ada@people.example", expires_at=NOW + dt.timedelta(days=1))

    assert told(read(place.list))[0][1] == "suppressed"
    assert told(read(place.list, now=NOW + dt.timedelta(days=1)))[0][1] == ""


def test_a_segment_leaves_out_the_others(group):
    join("ada@people.example", group, language="en")
    join("bo@people.example", group, language="sv")
    rule = {"field": "language", "operator": "equals", "value": "sv"}

    assert told(read(group, rule=rule)) == [("ada", "not_in_segment", ""), ("bo", "", "")]


def test_slices_hold_everybody_once(group):
    join_many(10, group)
    after, seen = 0, []
    while entries := read(group, after=after, size=3):
        assert len(entries) <= 3
        seen += [entry.recipient.email for entry in entries]
        after = entries[-1].recipient.subscriber_id

    assert len(seen) == len(set(seen)) == 10


def test_a_slice_keeps_a_person_with_all_their_lists(group):
    other = make_list("others")
    for each in (group, other):
        join_many(3, each)

    assert len(read(group, other, size=3)) == 4


@pytest.mark.parametrize("people", [2, 30])
def test_a_slice_takes_the_same_few_queries_whatever_its_size(
    group, people, django_assert_num_queries
):
    join_many(people, group)
    rule = {"field": "attributes.city", "operator": "is_set"}

    with django_assert_num_queries(5):
        assert len(read(group, rule=rule)) == people


def judge(*places: Subscription) -> list[tuple[str, str] | None]:
    """Ask about people as a batch does: its rows have the address that was planned."""
    rows = Subscription.objects.filter(pk__in=[place.pk for place in places]).annotate(
        email_normalised=F("subscriber__email_normalised")
    )
    found = with_refusals(rows.order_by("pk"), now=NOW).values_list("standing", "suppressed")
    return [refuse(*each) for each in found]


def test_nobody_is_refused_who_may_still_be_written_to(place):
    assert judge(place) == [None]


def test_who_left_or_bounced_after_planning_is_refused(group, evidence):
    ada, bo, che = (join(f"{name}@people.example", group) for name in ("ada", "bo", "che"))
    leave(ada, evidence)
    suppress("bo@people.example")

    assert judge(ada, bo, che) == [
        ("unsubscribed", ""),
        ("suppressed", "hard_bounce (test)"),
        None,
    ]


def test_who_is_no_longer_known_is_refused():
    assert refuse(None, None) == ("unsubscribed", "no longer known")


def test_a_suppression_of_another_list_refuses_nobody(group, place):
    suppress("ada@people.example", list_id=make_list("other").pk)
    assert judge(place) == [None]

    suppress("ada@people.example", list_id=group.pk)

    assert judge(place) == [("suppressed", "hard_bounce (test)")]


def test_the_second_check_takes_the_same_few_queries(group, django_assert_num_queries):
    places = join_many(20, group)

    with django_assert_num_queries(2):
        assert judge(*places) == [None] * 20


@pytest.mark.parametrize(("days", "skip"), [(0, ""), (1, "paused")])
def test_a_pause_lasts_until_its_day(group, days, skip):
    join("ada@people.example", group)
    Subscriber.objects.update(paused_until=NOW.date() + dt.timedelta(days=days))

    assert told(read(group)) == [("ada", skip, "")]


def test_a_whole_domain_is_refused_and_the_skip_names_it(group):
    for name in ("ada@people.example", "bo@sub.people.example", "che@other.example"):
        join(name, group)
    suppress("@people.example", reason=SuppressionReason.MANUAL, origin="admin:3")

    assert told(read(group)) == [
        ("ada", "suppressed", "manual (admin:3)"), ("bo", "", ""), ("che", "", ""),
    ]  # fmt: skip


def test_a_domain_that_is_suppressed_during_a_send_wins(group, place):
    suppress("@people.example", reason=SuppressionReason.MANUAL, origin="admin:3")

    assert judge(place) == [("suppressed", "manual (admin:3)")]


def test_a_domain_of_one_list_or_that_has_run_out_refuses_no_other(group, place):
    suppress("@people.example", list_id=make_list("other").pk)
    suppress("@people.example", expires_at=NOW)

    assert told(read(group))[0][1] == ""
    assert judge(place) == [None]


def test_without_domains_a_batch_is_asked_one_question_more(place, django_assert_num_queries):
    with django_assert_num_queries(2):
        judge(place)

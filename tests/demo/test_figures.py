"""The books: balanced, they are right; with any one figure wrong, that one is named."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from mailer.demo.behaviour import Behaviour
from mailer.demo.expectation import Expectation, expect
from mailer.demo.figures import Account, Observation, SentAgain, settle
from mailer.demo.people import Person, Standing
from mailer.results.report import Report

MAILS = [("ann@x.example", "<1>", "b-1@y"), ("bob@x.example", "<2>", "b-2@y")]
SEEN = Observation(
    delivered=tuple(MAILS),
    refused=frozenset({"eve@x.example"}),
    turned_away=frozenset({"b-2@y"}),
    reactions={
        Behaviour.BOUNCES: frozenset({"ann@x.example"}),
        Behaviour.COMPLAINS: frozenset({"bob@x.example"}),
    },
)
EXPECTED = Expectation(
    audience=5,
    skipped=Counter({"unconfirmed": 1, "duplicate": 1}),
    recipients={"ann@x.example", "bob@x.example", "eve@x.example"},
)
REPORT = Report(
    audience=5,
    skipped={"unconfirmed": 1, "duplicate": 1},
    accepted=2,
    deferred_then_accepted=1,
    failed=1,
    bounced=1,
    complained=1,
)


def account(**changes) -> Account:
    return replace(Account(report=REPORT, seen=SEEN, expected=EXPECTED, seconds=2.0), **changes)


def wrong(**changes) -> set[str]:
    return {line.name for line in account(**changes).wrong()}


def test_balanced_books_have_nothing_wrong():
    assert account().wrong() == []


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"audience": 6}, {"audience", "sum of all states"}),
        (
            {"skipped": {"unconfirmed": 2, "duplicate": 1}},
            {"skipped: unconfirmed", "sum of all states"},
        ),
        ({"skipped": {"unconfirmed": 1}}, {"skipped: duplicate", "sum of all states"}),
        ({"accepted": 1}, {"accepted", "sum of all states"}),
        ({"deferred_then_accepted": 0}, {"deferred_then_accepted"}),
        ({"failed": 2}, {"failed", "sum of all states"}),
        ({"uncertain": 1}, {"uncertain"}),
        ({"waiting": 1}, {"waiting"}),
        ({"bounced": 0}, {"bounced"}),
        ({"complained": 2}, {"complained"}),
        ({"unsubscribed": 1}, {"unsubscribed"}),
    ],
)
def test_a_figure_of_the_ledger_that_is_off_is_named(change, named):
    assert wrong(report=replace(REPORT, **change)) == named


def test_a_message_that_never_came_is_lost():
    seen = replace(SEEN, delivered=(MAILS[0],), turned_away=frozenset())

    books = account(seen=seen)

    assert books.lost == 1
    assert "lost" in {line.name for line in books.wrong()}


def test_a_message_that_came_twice_is_a_duplicate_even_with_another_message_id():
    seen = replace(SEEN, delivered=(*MAILS, ("ann@x.example", "<9>", "b-9@y")))

    assert wrong(seen=seen) == {"duplicates"}


def test_somebody_who_was_not_meant_is_noticed():
    expected = replace(EXPECTED, recipients={"ann@x.example", "bob@x.example"})

    assert wrong(expected=expected) == {"not meant"}


def test_somebody_who_had_gone_and_was_written_to_is_noticed():
    assert wrong(gone_before=frozenset({"eve@x.example"})) == {"written to again"}


def test_a_reaction_that_the_sender_did_not_take_is_noticed():
    assert wrong(seen=replace(SEEN, problems=("ann: refused",))) == {"reactions not taken"}


def test_a_wrong_figure_says_so_in_one_sentence():
    (line,) = account(report=replace(REPORT, bounced=0)).wrong()

    assert str(line) == "bounced is off: the sender has 0, and it must be 1."


def test_the_figures_for_programs_have_exactly_these_names():
    assert set(account().as_json()) == {
        "audience",
        "skipped",
        "accepted",
        "deferred_then_accepted",
        "failed",
        "bounced",
        "complained",
        "unsubscribed",
        "lost",
        "duplicates",
        "sent_again",
        "seconds",
    }


def person(email: str, **changes) -> Person:
    fields = {
        "email": email,
        "name": "A",
        "language": "en",
        "country": "GB",
        "time_zone": "Europe/London",
        "role": "press",
        "since": "2020",
        "lists": ("readers",),
        "standing": Standing.CONFIRMED,
    }
    return Person(**fields | changes)


BOTH = ("readers", "partners")


@pytest.mark.parametrize(
    ("changes", "gone", "skipped"),
    [
        ({}, None, {}),
        ({"standing": Standing.UNCONFIRMED}, None, {"unconfirmed": 1}),
        ({"standing": Standing.LEFT}, None, {"unsubscribed": 1}),
        ({"role": "librarian"}, None, {"not_in_segment": 1}),
        ({"lists": BOTH}, None, {"duplicate": 1}),
        ({"lists": BOTH, "role": "librarian"}, None, {"not_in_segment": 2}),
        ({"lists": BOTH}, Behaviour.REFUSES, {"suppressed": 2}),
        ({"lists": BOTH}, Behaviour.BOUNCES, {"suppressed": 2}),
        ({"lists": BOTH}, Behaviour.COMPLAINS, {"unsubscribed": 1, "suppressed": 1}),
        ({}, Behaviour.LEAVES, {"unsubscribed": 1}),
    ],
)
def test_it_expects_each_subscription_to_be_reached_or_skipped_for_a_reason(changes, gone, skipped):
    people = [person("Ann@x.example", **changes)]

    expected = expect(people, {"ann@x.example": gone} if gone else {})

    assert dict(expected.skipped) == skipped
    assert expected.audience == len(people[0].lists)
    reached = expected.audience > sum(skipped.values())
    assert expected.recipients == ({"ann@x.example"} if reached else set())


def test_those_who_refused_bounced_complained_or_left_are_gone():
    seen = replace(SEEN, reactions={Behaviour.LEAVES: frozenset({"bob@x.example"})})

    assert seen.gone == {"eve@x.example": Behaviour.REFUSES, "bob@x.example": Behaviour.LEAVES}


def test_a_report_is_settled_against_the_people_and_the_world():
    people = [person("ann@x.example")]
    seen = Observation(delivered=(MAILS[0],))

    books = settle(
        Report(audience=1, accepted=1), seen, people, gone_before={}, sent_again={}, seconds=1.0
    )

    assert books.wrong() == []


def test_a_message_that_the_ledger_sent_again_may_have_come_twice():
    first = SEEN.delivered[0]
    twice = replace(SEEN, delivered=(*SEEN.delivered, first))
    again = {first[0]: SentAgain(times=1, deferred=first[2] in SEEN.turned_away)}

    assert wrong(seen=twice) == {"duplicates"}
    assert wrong(seen=twice, sent_again=again) == set()
    assert account(seen=twice, sent_again=again).as_json()["duplicates"] == 1


def test_one_that_came_more_often_than_it_was_sent_again_is_told():
    first = SEEN.delivered[0]
    thrice = replace(SEEN, delivered=(*SEEN.delivered, first, first))
    again = {first[0]: SentAgain(times=1, deferred=first[2] in SEEN.turned_away)}

    assert wrong(seen=thrice, sent_again=again) == {"duplicates"}


def test_one_that_was_sent_again_need_not_have_come_twice():
    first = SEEN.delivered[0]
    again = {first[0]: SentAgain(times=1, deferred=first[2] in SEEN.turned_away)}

    assert (
        wrong(sent_again=again | {"who@left.example": SentAgain(times=1, deferred=False)}) == set()
    )


def test_a_deferral_whose_reply_nobody_saw_is_not_the_ledger_s():
    (full,) = (who for who, _, sender in SEEN.delivered if sender in SEEN.turned_away)
    unseen = replace(REPORT, deferred_then_accepted=0)

    assert wrong(report=unseen) == {"deferred_then_accepted"}
    assert wrong(report=unseen, sent_again={full: SentAgain(times=1, deferred=False)}) == set()

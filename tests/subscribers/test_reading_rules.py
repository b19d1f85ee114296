"""Rules about issues that were read, lists that were joined and other segments."""

from __future__ import annotations

import datetime as dt

import pytest
from jsonschema import Draft202012Validator

from mailer.errors import InvalidRule
from mailer.models import Delivery, Issue, Mailing, Publication
from subscribers.explaining import explain
from subscribers.models import Segment, Subscriber
from subscribers.schema import write_schema
from subscribers.segments import count, validate_rule
from tests.fakes.world import NOW, join, make_list, make_publication
from tests.subscribers.test_segments import ask, chosen

NAMES = ("ada", "bo", "che")


@pytest.fixture
def people(db) -> dict[str, Subscriber]:
    group = make_list()
    return {name: join(f"{name}@people.example", group).subscriber for name in NAMES}


@pytest.fixture
def send(people):
    """Send an issue: who accepted it is named, and of them who opened and clicked it."""
    publication = make_publication()
    group = make_list("others")

    def send(number: int, accepted: str, opened: str = "", clicked: str = "", **fields) -> Mailing:
        of = fields.pop("publication", publication)
        issue, _ = Issue.objects.get_or_create(publication=of, number=number, published="2026")
        at = NOW + dt.timedelta(days=number)
        mailing = Mailing.objects.create(
            issue=issue, created_at=NOW, **({"state": "sent", "started_at": at} | fields)
        )
        for name in accepted.split():
            Delivery.objects.create(
                mailing=mailing, list=group, subscriber=people[name], state="accepted",
                opened_at=at if name in opened.split() else None,
                clicked_at=at if name in clicked.split() else None,
            )  # fmt: skip
        return mailing

    return send


@pytest.mark.parametrize(
    ("rule", "names"),
    [
        (ask("received", "in_last", 1), "ada"),
        (ask("received", "in_last", 2), "ada bo"),
        (ask("opened", "in_last", 1), ""),
        (ask("opened", "in_last", 2), "bo"),
        (ask("opened", "in_last", 3), "ada bo"),
        (ask("clicked", "in_last", 3), "ada"),
        ({"not": ask("opened", "in_last", 3)}, "che"),
        ({"all": [ask("received", "in_last", 1), {"not": ask("opened", "in_last", 1)}]}, "ada"),
        (ask("opened.harbour", "in_last", 2), "bo"),
        (ask("opened.elsewhere", "in_last", 2), ""),
    ],
)
def test_a_rule_asks_who_read_the_last_issues(rule, names, send):
    send(1, "ada bo", opened="ada", clicked="ada")
    send(2, "ada bo", opened="bo")
    send(3, "ada")

    assert chosen(rule) == names


def test_an_issue_that_is_being_planned_is_no_last_one_and_a_paused_one_is(send):
    send(1, "ada bo", opened="ada")
    send(2, "bo", state="planning")
    assert chosen(ask("opened", "in_last", 1)) == "ada"

    send(3, "bo", opened="bo", state="paused", stopped_from="sending")
    assert chosen(ask("opened", "in_last", 1)) == "bo"
    send(4, "che", opened="che", state="paused", stopped_from="planning")
    assert chosen(ask("opened", "in_last", 1)) == "bo"


def test_two_mailings_of_one_issue_are_one_issue(send):
    send(1, "ada", opened="ada")
    send(1, "bo", opened="bo")

    assert chosen(ask("opened", "in_last", 1)) == "ada bo"


def test_somebody_who_was_erased_does_not_empty_the_contrary(send):
    mailing = send(1, "ada", opened="ada")
    Delivery.objects.create(
        mailing=mailing, list=make_list("more"), subscriber=None, state="accepted", opened_at=NOW
    )

    assert chosen({"not": ask("opened", "in_last", 1)}) == "bo che"


@pytest.mark.parametrize("value", [0, -1, 101, 1.5, True, "3", None, [1]])
def test_how_many_issues_must_be_a_number_in_reason(value, db):
    with pytest.raises(InvalidRule, match="value: write of how many issues"):
        validate_rule({"field": "opened", "operator": "in_last", "value": value})


def test_a_rule_asks_since_when_somebody_is_on_a_list(people):
    late = make_list("late")
    join("bo@people.example", late)
    Subscriber.objects.get(email="bo@people.example").subscriptions.filter(list=late).update(
        changed_at=NOW + dt.timedelta(days=30)
    )

    assert chosen(ask("joined.readers", "before", "2026-03-02")) == "ada bo che"
    assert chosen(ask("joined.late", "after", "2026-03-15")) == "bo"
    assert chosen(ask("joined.late", "before", "2026-03-15")) == ""


@pytest.mark.parametrize("field", ["joined", "joined.", "joined.a b", "opened.", "opened.a/b"])
def test_a_field_that_names_no_list_or_publication_is_unknown(field, db):
    with pytest.raises(InvalidRule, match="field is unknown"):
        validate_rule({"field": field, "operator": "before", "value": "2026-03-14"})


# ------------------------------------------------------------------ other segments


def keep(name: str, rule: dict) -> Segment:
    return Segment.objects.create(name=name, rule=rule)


def other(name: object) -> dict:
    return {"field": "segment", "operator": "equals", "value": name}


def test_a_segment_may_be_made_of_others(people):
    keep("A", ask("email", "contains", "a"))
    keep("not A", {"not": other("A")})

    assert chosen({"any": [other("not A"), ask("name", "equals", "nobody")]}) == ""
    assert chosen({"all": [other("A"), {"not": ask("email", "contains", "che")}]}) == "ada bo"


def test_segments_that_lead_in_a_circle_are_refused_with_the_way(db):
    keep("A", other("B"))
    keep("B", {"not": other("C")})

    with pytest.raises(InvalidRule, match="circle: C → A → B → C"):
        validate_rule({"all": [other("A")]}, name="C")
    keep("C", other("A"))
    with pytest.raises(InvalidRule, match="circle"):
        count(Segment.objects.get(name="A"))


def test_a_segment_of_itself_is_refused(db):
    with pytest.raises(InvalidRule, match="circle: A → A"):
        validate_rule(other("A"), name="A")


def test_the_same_segment_twice_is_no_circle(people):
    keep("A", ask("email", "contains", "ada"))

    assert chosen({"any": [other("A"), other("A")]}) == "ada"


@pytest.mark.parametrize(
    "rule",
    [
        other("nobody's"),
        other(7),
        other(["A"]),
        {"field": "segment", "operator": "in", "value": "A"},
        {"field": "segment", "operator": "equals"},
        other("A") | {"more": 1},
    ],
)
def test_a_segment_that_is_named_wrongly_is_refused(rule, db):
    with pytest.raises(InvalidRule):
        validate_rule(rule)


def test_what_is_wrong_in_another_segment_is_told_with_its_name(db):
    keep("A", {"all": [ask("mood", "equals", "good")]})

    with pytest.raises(InvalidRule, match=r"value\(A\)\.all\[0\]\.field is unknown"):
        validate_rule(other("A"))


def test_a_thousand_segments_one_in_the_other_are_too_deep(db):
    keep("0", ask("name", "equals", "x"))
    for number in range(1, 40):
        keep(str(number), other(str(number - 1)))

    with pytest.raises(InvalidRule, match="deeper than"):
        validate_rule(other("39"))


# ------------------------------------------------------------------ why


def test_a_membership_is_explained_part_by_part(people):
    keep("A", ask("email", "contains", "ada"))
    rule = {"all": [other("A"), {"not": ask("language", "equals", "en")}]}

    found = explain(keep("B", rule), people["ada"])

    assert [(each.depth, each.asks, each.holds) for each in found] == [
        (0, "the segment 'B'", True),
        (1, "all of these", True),
        (2, "segment equals A", True),
        (3, "email contains ada", True),
        (2, "not this", True),
        (3, "language equals en", False),
    ]
    assert [each.holds for each in explain(Segment.objects.get(name="B"), people["bo"])] == [
        False, False, False, False, True, False,
    ]  # fmt: skip


# ------------------------------------------------------------------ the schema


@pytest.mark.parametrize(
    ("rule", "good"),
    [
        (ask("country", "in", ["NO", "SE"]), True),
        ({"all": [{"not": ask("attributes.city", "equals", "Oslo")}]}, True),
        (ask("list", "is_set"), True),
        (ask("joined.readers", "after", "2026-03-14"), True),
        (ask("opened.harbour", "in_last", 3), True),
        (ask("opened", "in_last", 0), False),
        (ask("opened", "equals", 1), False),
        (ask("country", "in", []), False),
        (ask("country", "before", "2026-03-14"), False),
        (ask("list", "is_set", "x"), False),
        (ask("mood", "equals", "good"), False),
        (ask("attributes.7", "equals", "x"), False),
        (ask("created_at", "before", "soon"), False),
        ({"all": []}, False),
        ({"all": [], "any": []}, False),
        ({}, False),
        ([], False),
    ],
)
def test_the_schema_and_the_reader_of_rules_agree(rule, good, db):
    schema = write_schema()
    Draft202012Validator.check_schema(schema)

    assert Draft202012Validator(schema).is_valid(rule) is good
    if good:
        validate_rule(rule)
    else:
        with pytest.raises(InvalidRule):
            validate_rule(rule)


def test_publications_of_the_same_issue_number_are_told_apart(send, people):
    elsewhere = Publication.objects.create(name="E", slug="elsewhere", sender_address="e@e.example")
    send(1, "ada", opened="ada")
    send(1, "bo", opened="bo", publication=elsewhere)

    assert chosen(ask("opened.elsewhere", "in_last", 1)) == "bo"
    assert chosen(ask("opened.harbour", "in_last", 1)) == "ada"

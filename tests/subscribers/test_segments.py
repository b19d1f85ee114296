from __future__ import annotations

import contextlib
import datetime as dt
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.errors import InvalidRule
from subscribers import consent
from subscribers.models import Segment, Subscriber
from subscribers.segments import DEEPEST, MOST_TESTS, MOST_VALUES, members, validate_rule
from tests.fakes.world import NOW, join, make_list

PEOPLE = {
    "ada": {
        "language": "en",
        "country": "NO",
        "attributes": {"city": "Oslo", "since": "2020-05-01"},
    },
    "bo": {
        "language": "sv",
        "country": "SE",
        "attributes": {"city": "Malmö", "since": "2023-01-31"},
    },
    "che": {"language": "es", "country": "", "attributes": {"since": "long ago", "visits": 12}},
    "dag": {"language": "nb", "country": "NO", "attributes": {"city": None, "vip": True}},
}


@pytest.fixture(autouse=True)
def people(db: None) -> None:
    for days, (name, fields) in enumerate(PEOPLE.items()):
        Subscriber.objects.create(
            email=f"{name}@people.example",
            email_normalised=f"{name}@people.example",
            name=name.title(),
            created_at=NOW + dt.timedelta(days=days),
            **fields,
        )


def chosen(rule) -> str:
    """Return the names of those whom a rule selects."""
    emails = members(rule).values_list("email", flat=True)
    return " ".join(sorted(email.partition("@")[0] for email in emails))


def ask(field: str, operator: str, value=None) -> dict:
    rule = {"field": field, "operator": operator, "value": value}
    return {name: part for name, part in rule.items() if part is not None}


@pytest.mark.parametrize(
    ("rule", "names"),
    [
        (ask("language", "equals", "en"), "ada"),
        (ask("country", "in", ["NO", "SE"]), "ada bo dag"),
        (ask("country", "is_set"), "ada bo dag"),
        (ask("name", "contains", "A"), "ada dag"),
        (ask("email", "equals", "ADA@People.example"), "ada"),
        (ask("email", "in", ["Bo@people.example", "x"]), "bo"),
        (ask("email", "contains", "people.EXAMPLE"), "ada bo che dag"),
        (ask("attributes.city", "equals", "Malmö"), "bo"),
        (ask("attributes.city", "in", ["Oslo", "Malmö"]), "ada bo"),
        (ask("attributes.city", "contains", "SL"), "ada"),
        (ask("attributes.city", "is_set"), "ada bo"),
        (ask("attributes.visits", "equals", 12), "che"),
        (ask("attributes.visits", "equals", "12"), "che"),
        (ask("attributes.vip", "equals", True), "dag"),
        (ask("attributes.nothing", "is_set"), ""),
        (ask("created_at", "before", "2026-03-02"), "ada"),
        (ask("created_at", "after", "2026-03-02"), "che dag"),
        (ask("created_at", "after", "2026-03-02T07:59:59+00:00"), "bo che dag"),
        (ask("created_at", "before", "2026-03-02T10:00:00+02:00"), "ada"),
        (ask("attributes.since", "before", "2023-01-31"), "ada"),
        (ask("attributes.since", "after", "2023-01-30"), "bo"),
    ],
)
def test_a_test_selects(rule, names):
    assert chosen(rule) == names


@pytest.mark.parametrize(
    "rule",
    [
        ask("attributes.city", "equals", "Oslo"),
        ask("attributes.city", "in", ["Oslo", "Bergen"]),
        ask("attributes.city", "contains", "o"),
        ask("attributes.city", "is_set"),
        ask("attributes.since", "before", "2022-01-01"),
        ask("attributes.since", "after", "2022-01-01"),
        ask("country", "equals", "NO"),
        ask("created_at", "after", "2026-03-02"),
        {"all": [ask("country", "is_set"), ask("attributes.city", "equals", "Oslo")]},
    ],
)
def test_a_rule_and_its_negation_divide_people_in_two(rule):
    inside, outside = set(members(rule)), set(members({"not": rule}))

    assert inside | outside == set(Subscriber.objects.all())
    assert not inside & outside


def test_all_and_any_and_not_may_be_nested():
    rule = {
        "any": [
            {"all": [ask("country", "equals", "NO"), {"not": ask("attributes.city", "is_set")}]},
            ask("language", "equals", "sv"),
        ]
    }
    assert chosen(rule) == "bo dag"


def test_a_list_selects_who_is_confirmed_on_it(evidence):
    readers, partners = make_list(), make_list("partners", double_opt_in=True)
    join("ada@people.example", readers)
    join("bo@people.example", partners)
    left = join("che@people.example", readers)
    consent.unsubscribe(
        subscriber_id=left.subscriber_id, list_id=readers.pk, evidence=evidence, now=NOW
    )

    assert chosen(ask("list", "equals", "readers")) == "ada"
    assert chosen(ask("list", "in", ["readers", "partners"])) == "ada"
    assert chosen({"not": ask("list", "is_set")}) == "bo che dag"


def test_a_segment_is_selected_by_its_rule():
    segment = Segment.objects.create(name="Norwegian", rule=ask("country", "equals", "NO"))
    segment.refresh_from_db()

    assert chosen(segment) == "ada dag"


@pytest.mark.parametrize(
    ("rule", "place"),
    [
        (None, "The rule"),
        ([], "The rule"),
        ({}, "field"),
        ({"all": []}, "all"),
        ({"any": {}}, "any"),
        ({"not": []}, "not"),
        ({"all": [], "any": []}, "all"),
        ({"all": [ask("country", "is_set"), ask("shoe", "is_set")]}, "all[1].field"),
        ({"not": {"any": [ask("country", "like", "x")]}}, "not.any[0].operator"),
        (ask("country", "before", "2026-01-01"), "operator"),
        (ask("created_at", "equals", "2026-01-01"), "operator"),
        (ask("created_at", "before", "yesterday"), "value"),
        (ask("created_at", "after", "9999-12-31"), "value"),
        (ask("created_at", "after", "0001-01-01"), "value"),
        (ask("attributes.since", "after", "2026-01-01T10:00"), "value"),
        (ask("country", "in", "NO"), "value"),
        (ask("country", "in", []), "value"),
        (ask("country", "in", ["NO", ["SE"]]), "value[1]"),
        (ask("country", "equals"), "value"),
        (ask("country", "equals", {"a": 1}), "value"),
        (ask("country", "equals", "N\0"), "value"),
        (ask("country", "equals", "\ud800"), "value"),
        (ask("country", "equals", "x" * 501), "value"),
        (ask("country", "equals", 10**5000), "value"),
        (ask("segment", "equals", "N\0"), "value"),
        (ask("segment", "equals", "\ud800"), "value"),
        ({"not": ask("segment", "equals", ["N"])}, "not.value"),
        (ask("country", "is_set", True), "value"),
        ({"field": "country", "operator": "is_set", "else": 1}, "The rule"),
        ({"field": ["country"], "operator": "is_set"}, "field"),
        ({"field": "country", "operator": ["is_set"]}, "operator"),
    ],
)
def test_it_names_the_place_of_a_mistake(rule, place):
    with pytest.raises(InvalidRule) as caught:
        validate_rule(rule)
    assert str(caught.value).startswith(place)


def nest(depth: int) -> dict:
    rule = ask("country", "is_set")
    for _ in range(depth - 1):
        rule = {"not": rule}
    return rule


def test_depth_and_size_have_limits():
    test = ask("country", "equals", "NO")
    for rule in (
        nest(DEEPEST + 1),
        {"all": [test] * (MOST_TESTS + 1)},
        ask("country", "in", ["x"] * (MOST_VALUES + 1)),
        {"any": [ask("country", "in", ["x"] * MOST_VALUES), test]},
    ):
        with pytest.raises(InvalidRule):
            validate_rule(rule)


def test_the_largest_rules_run():
    dates = [ask("attributes.since", "after", "2020-01-01")] * MOST_TESTS

    assert chosen(nest(DEEPEST - 1)) == "ada bo dag"
    assert chosen({"all": dates}) == "ada bo"
    assert chosen({"any": dates}) == "ada bo"
    assert chosen(ask("country", "in", ["NO"] * (MOST_VALUES))) == "ada dag"


HOSTILE = [
    "x' OR '1'='1",
    '"); DROP TABLE subscribers_subscriber; --',
    "%s",
    "%(x)s",
    "a.b",
    "$.city",
    '$."city"',
    "city\\",
    "0",
    "city\0",
    "city\n",
    "",
    " city",
    "x" * 64,
]


@pytest.mark.parametrize("key", HOSTILE)
def test_a_hostile_name_of_an_attribute_is_refused(key):
    Subscriber.objects.filter(email="ada@people.example").update(attributes={"city": "Oslo"})
    with pytest.raises(InvalidRule, match=r"^field is unknown"):
        chosen(ask(f"attributes.{key}", "equals", "Oslo"))
    assert Subscriber.objects.count() == len(PEOPLE)


@pytest.mark.parametrize(
    "field",
    ["password", "subscriptions__state", "email__regex", "pk", "attributes", "attributes__city"],
)
def test_no_other_column_and_no_lookup_can_be_named(field):
    with pytest.raises(InvalidRule):
        validate_rule(ask(field, "equals", "x"))


@pytest.mark.parametrize("value", ["%", "_", "' OR 1=1 --", "\\", "%%s", "Osl_"])
def test_a_hostile_value_is_only_a_text(value):
    for field in ("name", "attributes.city"):
        assert chosen(ask(field, "contains", value)) == ""
        assert chosen(ask(field, "equals", value)) == ""
        assert chosen(ask(field, "in", [value])) == ""


def test_a_hostile_value_that_was_stored_is_only_a_text_when_it_is_read():
    evil = "Oslo' OR '1'='1"
    Subscriber.objects.filter(email="bo@people.example").update(
        attributes={"city": evil}, name=evil
    )

    for field in ("name", "attributes.city"):
        stored = members(ask(field, "equals", evil)).get()
        assert stored.email == "bo@people.example"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["all", "any", "not", "field", "operator", "value", "x"]), inner
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_any_json_is_a_rule_or_refused(rule):
    with contextlib.suppress(InvalidRule):
        validate_rule(json.loads(json.dumps(rule)))

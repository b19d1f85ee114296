"""Segments are built from a form that works without script, and refuse at the condition."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import QueryDict
from django.urls import reverse
from hypothesis import example, given
from hypothesis import strategies as st

from mailer.errors import InvalidRule
from mailer.models import AuditEntry, Mailing, Publication, Role
from mailer.web.desk.people import segments as page
from mailer.web.desk.people.tree import (
    MOST_NODES,
    change_tree,
    from_form,
    from_rule,
    to_rule,
)
from subscribers.models import Segment, Subscriber
from subscribers.segments import members

NEW = reverse("desk:new_segment", args=["harbour"])
COUNT = reverse("desk:count_segment", args=["harbour"])
THIRD = {"field": "email", "operator": "contains", "value": "reader3"}

TESTS = st.one_of(
    st.fixed_dictionaries(
        {
            "field": st.sampled_from(["name", "attributes.city", "country"]),
            "operator": st.sampled_from(["equals", "contains"]),
            "value": st.text("abc xyz", min_size=1).map(str.strip).filter(bool),
        }
    ),
    st.just({"field": "name", "operator": "is_set"}),
    st.just({"field": "country", "operator": "in", "value": ["NO", "SE"]}),
    st.just({"field": "received.harbour", "operator": "in_last", "value": 3}),
)
RULES = st.recursive(
    TESTS,
    lambda inner: st.one_of(
        st.fixed_dictionaries({"all": st.lists(inner, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"any": st.lists(inner, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"not": inner}),
    ),
    max_leaves=6,
)


@pytest.fixture(autouse=True)
def asleep(monkeypatch) -> None:
    monkeypatch.setattr(page, "wake_indexer", lambda: None)


def write_form(rule: Any, name: str = "Some", **more: str) -> dict[str, Any]:
    """Return the fields of the form that states a rule."""
    fields: dict[str, Any] = {"name": name, **more}
    for node in from_rule(rule).walk():
        fields[f"kind.{node.path}"] = node.kind
        if not node.is_group:
            fields[f"field.{node.path}"] = node.field_name
            fields[f"operator.{node.path}"] = node.operator
            fields[f"value.{node.path}"] = node.text
    return fields


def read_form(fields: dict[str, Any]) -> Any:
    query = QueryDict(mutable=True)
    query.update(fields)
    return to_rule(from_form(query))


@given(RULES)
@example({"not": {"any": [{"any": [THIRD]}]}})
@example({"not": {"any": [{"any": [{"any": [THIRD, THIRD]}]}]}})
def test_what_a_form_states_is_what_it_was_made_from(rule):
    shown = to_rule(from_rule(rule))

    assert read_form(write_form(rule)) == shown
    assert to_rule(from_rule(shown)) == shown


@pytest.mark.parametrize("rule", [THIRD, {"not": THIRD}, {"not": {"any": [THIRD, THIRD]}}])
def test_a_form_s_rule_selects_the_same_people(readers, rule):
    shown = to_rule(from_rule(rule))

    assert set(members(shown)) == set(members(rule))


@pytest.mark.parametrize("rule", [[], "x", {"all": ["x"]}, {"not": []}])
def test_what_is_no_rule_is_refused(rule):
    with pytest.raises(InvalidRule):
        from_rule(rule)


def test_a_form_of_loose_parts_and_thousands_is_bounded():
    fields = {f"kind.r.{n}": "test" for n in range(999)} | {"kind.r": "any", "kind.r.7.7.7": "all"}
    query = QueryDict(mutable=True)
    query.update(fields)

    assert len(list(from_form(query).walk())) <= MOST_NODES


def test_conditions_and_groups_are_added_and_removed():
    root = from_rule({"all": [THIRD]})

    root = change_tree(root, "group:r")
    root = change_tree(root, "add:r.1")
    root = change_tree(root, "remove:r.0")

    assert [each.path for each in root.walk()] == ["r", "r.0", "r.0.0", "r.0.1"]
    assert change_tree(root, "remove:r") is root
    assert change_tree(root, "nonsense") is root


def test_a_segment_is_built_and_written_down(admin, readers):
    answer = admin.post(NEW, write_form({"all": [THIRD]}, do="keep"))

    made = Segment.objects.get()
    assert answer["Location"] == reverse("desk:segment", args=["harbour", made.pk])
    assert made.rule == {"all": [THIRD]}
    assert AuditEntry.objects.get().act == "made a segment"


def test_without_script_a_button_adds_a_condition_and_keeps_what_was_written(admin, readers):
    answer = admin.post(NEW, write_form({"all": [THIRD]}, do="add:r"))

    text = answer.content.decode()
    assert 'name="kind.r.1"' in text
    assert 'value="reader3"' in text
    assert not Segment.objects.exists()


def test_a_part_alone_is_sent_to_the_script(admin, readers):
    answer = admin.post(
        NEW, write_form({"all": [THIRD]}, do="add:r"), headers={"HX-Request": "true"}
    )

    assert answer.content.decode().lstrip().startswith('<div id="rule">')


@pytest.mark.parametrize(
    ("test", "said"),
    [
        ({"field": "email", "operator": "equals", "value": ""}, "compared with"),
        ({"field": "created_at", "operator": "before", "value": "soon"}, "is no date"),
        ({"field": "created_at", "operator": "contains", "value": "x"}, "not one that this field"),
        ({"field": "received", "operator": "in_last", "value": "many"}, "from 1 to 100"),
        ({"field": "segment", "operator": "equals", "value": "gone"}, "names no segment"),
        ({"field": "list", "operator": "equals", "value": "others"}, "no such list"),
        ({"field": "joined.others", "operator": "after", "value": "2026-01-01"}, "no such list"),
        ({"field": "nonsense", "operator": "equals", "value": "x"}, "is unknown"),
        ({"field": "", "operator": "equals", "value": "x"}, "Choose what is asked for"),
    ],
)
@pytest.mark.usefixtures("stranger")
def test_what_the_rules_refuse_is_said_at_the_condition(admin, test, said):
    answer = admin.post(NEW, write_form({"all": [THIRD, test]}, do="keep"))

    assert answer.status_code == 422
    first, second = answer.context["shown"].inner
    assert said in second.node.wrong
    assert not first.node.wrong
    assert not Segment.objects.exists()


def test_a_segment_in_a_circle_is_refused(admin, readers):
    segment = Segment.objects.create(name="Some", rule=THIRD)
    test = {"field": "segment", "operator": "equals", "value": "Some"}

    path = reverse("desk:change_segment", args=["harbour", segment.pk])
    answer = admin.post(path, write_form({"all": [test]}, do="keep"))

    assert "in a circle" in answer.content.decode()
    segment.refresh_from_db()
    assert segment.rule == THIRD


@pytest.mark.parametrize("name", ["", "Taken"])
def test_a_name_must_be_there_and_free(admin, readers, name):
    Segment.objects.create(name="Taken", rule=THIRD)

    answer = admin.post(NEW, write_form({"all": [THIRD]}, name, do="keep"))

    assert answer.status_code == 422
    assert Segment.objects.count() == 1


@pytest.mark.usefixtures("stranger")
def test_the_live_count_is_of_the_own_people_and_names_some(admin):
    everybody = {"all": [{"field": "email", "operator": "is_set"}]}

    text = admin.post(COUNT, write_form(everybody)).content.decode()

    assert "5 people of this publication are in it" in text
    assert "reader5@people.example" in text
    assert "stranger" not in text


@pytest.mark.usefixtures("stranger")
def test_the_live_count_says_nothing_of_other_publications_lists(admin, reader):
    rule = {"all": [{"field": "list", "operator": "equals", "value": "others"}]}

    assert "Finish the conditions" in admin.post(COUNT, write_form(rule)).content.decode()


def test_an_editor_sees_how_many_and_nobody(enter, readers):
    segment = Segment.objects.create(name="Third", rule=THIRD)

    text = enter(Role.EDITOR).get(
        reverse("desk:segment", args=["harbour", segment.pk]), {"reader": "reader3@people.example"}
    )

    assert "1 person of this publication is in it" in text.content.decode()
    assert "@people.example" not in text.content.decode()


@pytest.mark.parametrize(("who", "said"), [("reader3", "is in it"), ("reader1", "is not in it")])
def test_a_reader_s_membership_is_explained(admin, readers, who, said):
    segment = Segment.objects.create(name="Third", rule={"all": [THIRD]})

    path = reverse("desk:segment", args=["harbour", segment.pk])
    text = admin.get(path, {"reader": f"{who}@people.example"}).content.decode()

    assert said in text
    assert "email contains reader3" in text


@pytest.mark.usefixtures("stranger")
@pytest.mark.parametrize("who", ["stranger@people.example", "nobody@people.example", "x"])
def test_membership_of_others_is_not_told(admin, who):
    segment = Segment.objects.create(name="All", rule={"field": "email", "operator": "is_set"})

    path = reverse("desk:segment", args=["harbour", segment.pk])

    assert admin.get(path, {"reader": who}).context["unknown"]


def test_a_segment_is_deleted_when_nothing_needs_it_and_its_name_is_typed(admin, readers):
    segment = Segment.objects.create(name="Third", rule=THIRD)
    other = {"field": "segment", "operator": "equals", "value": "Third"}
    user = Segment.objects.create(name="User", rule={"any": [other]})
    path = reverse("desk:delete_segment", args=["harbour", segment.pk])

    assert admin.post(path, {"typed": "Third"}).status_code == 422
    user.delete()
    assert admin.post(path, {"typed": "third"}).status_code == 422
    assert admin.post(path, {"typed": "Third"}).status_code == 302
    assert not Segment.objects.exists()


def test_a_segment_that_a_mailing_went_to_stays(admin, mailing):
    segment = Segment.objects.create(name="Third", rule=THIRD)
    Mailing.objects.update(segment=segment)
    path = reverse("desk:delete_segment", args=["harbour", segment.pk])

    assert "a mailing is to this segment" in admin.post(path, {"typed": "Third"}).content.decode()
    assert Segment.objects.exists()


@pytest.mark.usefixtures("stranger")
def test_what_another_publication_sends_to_is_not_changed(admin, mailing):
    segment = Segment.objects.create(name="Third", rule=THIRD)
    Mailing.objects.update(segment=segment)
    mailing.issue.publication = Publication.objects.get(slug="other")
    mailing.issue.save()

    path = reverse("desk:change_segment", args=["harbour", segment.pk])
    assert admin.post(path, write_form({"all": [THIRD]}, do="keep")).status_code == 403


def test_the_form_takes_few_queries(admin, readers, django_assert_max_num_queries):
    Subscriber.objects.update(attributes={"city": "Oslo"})
    with django_assert_max_num_queries(14):
        text = admin.get(NEW).content.decode()
    assert "attributes.city" in text

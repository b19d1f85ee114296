from __future__ import annotations

import json

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from subscribers import consent
from subscribers.consent import Evidence
from subscribers.models import ConsentRecord, Segment, Subscriber, Suppression, SuppressionReason
from subscribers.suppression import suppress
from tests.fakes.world import NOW, join, make_list

MODELS = [
    "subscriber",
    "list",
    "subscription",
    "consentrecord",
    "consenttext",
    "segment",
    "suppression",
]


@pytest.fixture
def client(db: None) -> Client:
    browser = Client()
    browser.force_login(User.objects.create_superuser("chief"))
    return browser


def page(model: str, name: str = "changelist", *arguments: object) -> str:
    return reverse(f"admin:subscribers_{model}_{name}", args=arguments)


def populate(count: int) -> None:
    group = make_list()
    for number in range(count):
        email = f"reader{number}@people.example"
        join(email, group)
        Segment.objects.create(name=f"{number}", rule={})
        suppress(email, reason=SuppressionReason.MANUAL, origin="test", now=NOW, list_id=group.pk)


@pytest.mark.parametrize("model", MODELS)
def test_every_page_opens_and_searches(client, model):
    populate(2)
    assert client.get(page(model)).status_code == 200
    assert client.get(page(model), {"q": "reader1' OR 1=1"}).status_code == 200


@pytest.mark.parametrize("model", MODELS)
def test_a_list_takes_the_same_queries_for_many_rows(client, model, django_assert_max_num_queries):
    populate(30)
    # Three of them note when this session was last seen.
    with django_assert_max_num_queries(14):
        assert client.get(page(model)).status_code == 200


@pytest.mark.parametrize("model", ["subscriber", "subscription", "consentrecord"])
def test_what_the_verbs_write_is_neither_added_nor_deleted_by_hand(client, model, place):
    number = {
        "subscriber": place.subscriber_id,
        "subscription": place.pk,
        "consentrecord": ConsentRecord.objects.get().pk,
    }[model]

    assert client.get(page(model, "add")).status_code == 403
    assert client.post(page(model, "delete", number), {"post": "yes"}).status_code == 403
    assert ConsentRecord.objects.count() == 1


def test_evidence_is_not_edited(client, place):
    record = ConsentRecord.objects.get()

    response = client.post(page("consentrecord", "change", record.pk), {"method": "forged"})

    assert response.status_code == 403
    assert ConsentRecord.objects.get().method == "test"


def test_details_are_mended_but_the_address_stays(client, place):
    fields = {"name": "Ada Lovelace", "attributes": "{}", "email": "eve@evil.example"}

    client.post(page("subscriber", "change", place.subscriber_id), fields)

    person = Subscriber.objects.get()
    assert (person.name, person.email) == ("Ada Lovelace", "ada@people.example")


def test_an_address_added_by_hand_goes_through_the_one_writer(client):
    response = client.post(page("suppression", "add"), {"email": "Zoë@Bücher.example"})

    kept = Suppression.objects.get()
    assert response.status_code == 302
    assert (kept.email_normalised, kept.reason) == ("zoë@xn--bcher-kva.example", "manual")
    assert kept.origin.startswith("admin:")


def test_adding_an_address_twice_weakens_nothing(client):
    suppress("ada@people.example", reason=SuppressionReason.COMPLAINT, origin="test", now=NOW)

    response = client.post(page("suppression", "add"), {"email": "ada@people.example"})

    assert response.status_code == 302
    assert Suppression.objects.get().reason == "complaint"


def test_a_suppression_is_read_but_not_edited(client):
    kept = suppress("ada@people.example", reason=SuppressionReason.MANUAL, origin="a", now=NOW)
    path = page("suppression", "change", kept.pk)

    assert b"added by hand" in client.get(path).content
    assert client.post(path, {"email": "bo@people.example"}).status_code == 403
    assert Suppression.objects.get().email_normalised == "ada@people.example"


def test_what_is_no_address_is_refused_in_words(client):
    response = client.post(page("suppression", "add"), {"email": "<script>"})

    assert b"is no email address" in response.content
    assert b"<script>&#x27;" not in response.content
    assert not Suppression.objects.exists()


@pytest.mark.parametrize("way", ["one", "several"])
def test_a_suppression_is_lifted_by_hand(client, way):
    kept = suppress("ada@people.example", reason=SuppressionReason.MANUAL, origin="", now=NOW)
    if way == "one":
        client.post(page("suppression", "delete", kept.pk), {"post": "yes"})
    else:
        chosen = {"action": "delete_selected", "_selected_action": kept.pk, "post": "yes"}
        client.post(page("suppression"), chosen)

    assert not Suppression.objects.exists()


@pytest.mark.parametrize(
    ("rule", "told"),
    ids=["field", "syntax", "depth", "number"],
    argvalues=[
        ('{"all": [{"field": "shoe", "operator": "is_set"}]}', b"all[0].field is unknown"),
        ("[", b"Enter a valid JSON"),
        ('{"not":' * 5_000 + "1" + "}" * 5_000, b"nested too deeply"),
        ("9" * 5_000, b"nested too deeply"),
    ],
)
def test_a_bad_rule_is_refused_with_the_place_in_the_tree(client, rule, told):
    response = client.post(page("segment", "add"), {"name": "Some", "rule": rule})

    assert response.status_code == 200
    assert told in response.content
    assert not Segment.objects.exists()


def test_a_good_rule_is_kept(client):
    rule = {"field": "country", "operator": "equals", "value": "NO"}

    client.post(page("segment", "add"), {"name": "Norway", "rule": json.dumps(rule)})

    assert Segment.objects.get().rule == rule


def test_a_persons_page_has_the_evidence_and_nothing_in_it_is_markup(client, place):
    evil = Evidence(method="<script>alert(1)</script>", ip_address="2001:db8::7")
    consent.unsubscribe(
        subscriber_id=place.subscriber_id, list_id=place.list_id, evidence=evil, now=NOW
    )

    shown = client.get(page("subscriber", "change", place.subscriber_id)).content.decode()

    assert "2026-03-01 08:00:00 UTC" in shown
    assert "2001:db8::7" in shown
    assert "<td>unsubscribed</td>" in shown
    assert "<script>alert(1)" not in shown


def test_a_name_with_markup_is_only_text(client, place):
    Subscriber.objects.update(name="<script>alert(1)</script>")

    assert b"<script>alert(1)" not in client.get(page("subscriber")).content


def change(client, place, **fields):
    details = {"name": "Ada Berg", "attributes": "{}"} | fields
    return client.post(page("subscriber", "change", place.subscriber_id), details)


@pytest.mark.parametrize(
    "attributes",
    ids=range(14),
    argvalues=[
        "[" * 100_000,
        '{"a":' + "[" * 900 + "]" * 900 + "}",
        '{"a": ' + "9" * 5_000 + "}",
        '{"a": NaN}',
        '{"a": Infinity}',
        "null",
        '{"a": null}',
        r'{"a": "\ud800"}',
        r'{"a\ud800": 1}',
        "[1]",
        '{"a": {"b": 1}}',
        '{"a.b": 1}',
        r'{"a": "\u0000"}',
        '{"a": 1e300}',
    ],
)
def test_attributes_that_can_not_be_kept_are_refused_in_the_form(client, place, attributes):
    Subscriber.objects.update(attributes={"city": "Oslo"})

    response = change(client, place, attributes=attributes)

    assert response.status_code == 200
    assert b"errorlist" in response.content
    assert Subscriber.objects.get().attributes == {"city": "Oslo"}


@pytest.mark.parametrize(
    ("attributes", "kept"),
    [
        ('{"city": "Oslo", "old": 7.5}', {"city": "Oslo", "old": 7.5}),
        ('{"member": true}', {"member": True}),
        ("", {}),
    ],
)
def test_attributes_are_kept(client, place, attributes, kept):
    assert change(client, place, attributes=attributes).status_code == 302
    assert Subscriber.objects.get().attributes == kept


@pytest.mark.parametrize(
    ("field", "text"),
    [("country", "N1"), ("country", "é"), ("time_zone", "Mars/Base"), ("language", "no such")],
)
def test_details_that_mean_nothing_are_refused(client, place, field, text):
    response = change(client, place, **{field: text})

    assert response.status_code == 200
    assert b"errorlist" in response.content


def test_details_are_kept_as_an_import_keeps_them(client, place):
    details = {"country": "no", "time_zone": "europe/oslo", "language": "pt_BR"}

    change(client, place, name="Ada\x07 Berg", **details)

    person = Subscriber.objects.get()
    assert (person.name, person.country) == ("Ada Berg", "NO")
    assert (person.time_zone, person.language) == ("Europe/Oslo", "pt-BR")


def test_a_rule_with_half_a_character_is_refused_and_shown_again(client):
    rule = r'{"field": "name", "operator": "equals", "value": "\ud800"}'

    response = client.post(page("segment", "add"), {"name": "Some", "rule": rule})

    assert response.status_code == 200
    assert b"errorlist" in response.content


def test_a_rule_is_counted_live_and_told_what_is_wrong_with_it(client, db):
    join("ada@people.example", make_list())
    url = "/admin/subscribers/segment/count/"
    rule = {"field": "email", "operator": "contains", "value": "ada"}

    found = client.post(url, rule, content_type="application/json")
    wrong = client.post(url, {"field": "mood"}, content_type="application/json")
    broken = client.post(url, "{", content_type="application/json")

    assert found.json() == {"people": 1}
    assert (wrong.status_code, wrong.json()["error"][:16]) == (400, "field is unknown")
    assert broken.status_code == 400
    assert client.get("/admin/subscribers/segment/schema/").json()["$ref"] == "#/$defs/rule"


def test_a_live_count_is_for_who_may_see_segments(db):
    browser = Client()
    browser.force_login(User.objects.create_user("clerk", is_staff=True))

    answer = browser.post("/admin/subscribers/segment/count/", {}, content_type="application/json")

    assert answer.status_code == 403


def test_a_segment_that_leads_back_to_itself_is_refused_in_the_admin(client, db):
    rule = '{"field": "segment", "operator": "equals", "value": "A"}'

    page = client.post("/admin/subscribers/segment/add/", {"name": "A", "rule": rule})

    assert (
        "leads in a circle" in page.content.decode() or "names no segment" in page.content.decode()
    )
    assert not Segment.objects.exists()


def test_a_segment_s_page_has_its_people_and_a_person_s_page_the_segments(client, db):
    person = join("ada@people.example", make_list()).subscriber
    rule = {"field": "email", "operator": "contains", "value": "ada"}
    segment = Segment.objects.create(name="<b>A", rule=rule)
    Segment.objects.create(name="broken", rule={"field": "mood"})

    own = client.get(f"/admin/subscribers/segment/{segment.pk}/change/").content.decode()
    page = client.get(f"/admin/subscribers/subscriber/{person.pk}/change/").content.decode()

    assert '<div class="readonly">1</div>' in own
    assert "&lt;b&gt;A: in" in page
    assert "email contains ada: yes" in page
    assert "broken: field is unknown" in page


def test_segments_are_chosen_by_what_they_ask_for(client, db):
    norway = {"field": "country", "operator": "equals", "value": "NO"}
    oslo = {"field": "attributes.city", "operator": "equals", "value": "Oslo"}
    Segment.objects.create(name="Norway", rule=norway)
    Segment.objects.create(name="In town", rule={"all": [norway, {"not": oslo}]})
    Segment.objects.create(name="Broken", rule=["x", {"field": 7}])

    everything = client.get(page("segment")).content.decode()
    chosen = client.get(page("segment"), {"asks_for": "attributes.city"}).content.decode()
    unknown = client.get(page("segment"), {"asks_for": "' OR 1=1"}).content.decode()

    assert all(name in everything for name in ("Norway", "In town", "Broken", "By what is asked"))
    assert ">In town<" in chosen
    assert ">Norway<" not in chosen
    assert ">Broken<" not in chosen
    assert ">In town<" not in unknown


def test_every_list_of_the_admin_can_be_filtered():
    bare = [
        model.__name__
        for model, its in admin.site._registry.items()
        if model._meta.app_label == "subscribers" and not its.list_filter
    ]

    assert bare == []

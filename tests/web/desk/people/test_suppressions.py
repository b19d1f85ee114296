"""Suppressions are found, added, lifted, imported and exported; what came back leads on."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from mailer.models import AuditEntry, Delivery, Feedback
from subscribers.models import Suppression, SuppressionReason
from subscribers.suppression import suppress
from tests.fakes.world import NOW, make_list

LIST = reverse("desk:suppressions", args=["harbour"])
ADD = reverse("desk:add_suppression", args=["harbour"])
TAKE = reverse("desk:take_suppressions", args=["harbour"])
GIVE = reverse("desk:give_suppressions", args=["harbour"])
RETURNS = reverse("desk:returns", args=["harbour"])


def hold(address: str, reason=SuppressionReason.MANUAL, **more) -> Suppression:
    return suppress(address, reason=reason, **{"origin": "test", "now": NOW} | more)


def find(client, **asked) -> list[str]:
    return [row.email_normalised for row in client.get(LIST, asked).context["page"].rows]


def lift_page(row: Suppression) -> str:
    return reverse("desk:lift", args=["harbour", row.pk])


@pytest.fixture
def delivery(mailing, reader, readers) -> Delivery:
    return Delivery.objects.create(
        mailing=mailing,
        subscriber=reader,
        list=readers,
        email=reader.email,
        email_normalised=reader.email_normalised,
        state="accepted",
    )


def test_they_are_found_by_address_and_reason_and_lead_to_the_mailing(admin, delivery):
    hold("a@people.example")
    hold("@spam.example", SuppressionReason.COMPLAINT, origin=f"delivery:{delivery.pk}")

    assert find(admin) == ["@spam.example", "a@people.example"]
    assert find(admin, q="A@peo") == ["a@people.example"]
    assert find(admin, reason="complaint") == ["@spam.example"]
    report = reverse("desk:report", args=["harbour", delivery.mailing_id])
    assert report in admin.get(LIST).content.decode()


def test_where_several_publications_are_one_sees_only_those_of_the_own_people(
    admin, reader, stranger
):
    hold(stranger.email)
    hold("nobody@people.example")
    hold(reader.email)
    hold("x@people.example", list_id=stranger.subscriptions.get().list_id)

    assert find(admin) == [reader.email]


def test_a_domain_is_added_for_good_and_written_down_by_number(admin, readers):
    admin.post(ADD, {"scope": "@Spam.Example", "list": "", "expires_at": ""})

    row = Suppression.objects.get()
    assert (row.email_normalised, row.list, row.expires_at) == ("@spam.example", None, None)
    assert row.origin.startswith("desk:")
    assert AuditEntry.objects.get().subject == f"suppression {row.pk}"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"scope": "nobody"}, "address"),
        ({"scope": "a@b.example", "expires_at": "2020-01-01"}, "past"),
        ({"scope": "a@b.example", "list": "others"}, "valid choice"),
    ],
)
def test_what_can_not_be_added_is_refused_with_a_sentence(admin, readers, fields, said):
    make_list("others")

    answer = admin.post(ADD, fields)

    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not Suppression.objects.exists()


def test_it_is_lifted_when_it_was_typed(admin, readers):
    row = hold("a@people.example", SuppressionReason.COMPLAINT)
    assert "called your mail spam" in admin.get(lift_page(row)).content.decode()

    assert admin.post(lift_page(row), {"address": "yes"}).status_code == 422
    assert admin.post(lift_page(row), {"address": "A@people.example"}).status_code == 302

    assert not Suppression.objects.exists()
    entry = AuditEntry.objects.get()
    assert (entry.act, entry.before["reason"]) == ("lifted", "complaint")


def test_the_mark_of_a_forgotten_reader_is_not_lifted(admin, readers):
    row = hold("erased:00", SuppressionReason.ERASED)

    assert admin.post(lift_page(row), {"address": "erased:00"}).status_code == 422
    assert "erased:00" not in admin.get(LIST).content.decode()
    assert Suppression.objects.exists()


def test_what_holds_for_all_is_decided_by_who_keeps_all(admin, reader, stranger):
    row = hold(reader.email)

    assert admin.post(lift_page(row), {"address": reader.email}).status_code == 403
    assert admin.post(ADD, {"scope": "a@b.example", "list": ""}).status_code == 422
    assert admin.get(TAKE).status_code == 403
    assert admin.post(GIVE).status_code == 403
    assert admin.post(ADD, {"scope": "a@b.example", "list": "readers"}).status_code == 302


def test_a_file_is_tried_and_then_taken(admin, readers):
    def send(act: str):
        content = b"address,reason\na@people.example,complaint\nnobody,\n"
        return admin.post(TAKE, {"do": act, "file": SimpleUploadedFile("old.csv", content)})

    assert "Would be suppressed" in send("check").content.decode()
    assert not Suppression.objects.exists()
    told = send("take").content.decode()

    assert "line 3" in told
    row = Suppression.objects.get()
    assert (row.reason, row.origin) == ("complaint", "import: old.csv")
    assert AuditEntry.objects.get().after == {"added": 1, "known": 0, "refused": 1}


def test_a_file_that_is_none_is_refused_on_the_form(admin, readers):
    answer = admin.post(TAKE, {"file": SimpleUploadedFile("x.csv", b"%PDF-1")})

    assert answer.status_code == 422
    assert "PDF" in answer.content.decode()


def test_what_is_in_force_is_exported_and_that_is_written_down(admin, readers):
    hold("a@people.example")

    answer = admin.post(GIVE)

    assert b"a@people.example" in b"".join(answer.streaming_content)
    assert AuditEntry.objects.get().act == "exported suppressions"


def test_what_came_back_names_its_reader_and_its_mailing(admin, delivery, reader):
    address = {"recipient": delivery.email_normalised}
    Feedback.objects.create(delivery=delivery, kind="complaint", at=NOW)
    Feedback.objects.create(
        delivery=delivery, kind="bounce", at=NOW, diagnostic="<b>550", **address
    )
    Feedback.objects.create(delivery=delivery, kind="vacation", at=NOW)

    text = admin.get(RETURNS).content.decode()

    assert text.count(reverse("desk:reader", args=["harbour", reader.pk])) == 2
    assert reverse("desk:report", args=["harbour", delivery.mailing_id]) in text
    assert "<b>550" not in text
    assert len(admin.get(RETURNS, {"kind": "complaint"}).context["page"].rows) == 1
    for found in (delivery.email, delivery.email_normalised[1:5].upper()):
        assert len(admin.get(RETURNS, {"q": found}).context["page"].rows) == 1
    assert not admin.get(RETURNS, {"q": "nobody"}).context["page"].rows


@pytest.mark.usefixtures("stranger")
def test_what_came_back_to_others_is_not_there(admin, delivery):
    Feedback.objects.create(delivery=delivery, kind="bounce", at=NOW)
    delivery.mailing.issue.publication = type(delivery.mailing.issue.publication).objects.get(
        slug="other"
    )
    delivery.mailing.issue.save()

    assert not admin.get(RETURNS).context["page"].rows


def test_pages_take_few_queries(admin, delivery, django_assert_max_num_queries):
    for number in range(5):
        hold(f"a{number}@people.example", origin=f"delivery:{delivery.pk}")
        Feedback.objects.create(delivery=delivery, kind="bounce", at=NOW)
    with django_assert_max_num_queries(14):
        admin.get(LIST)
    with django_assert_max_num_queries(11):
        admin.get(RETURNS)

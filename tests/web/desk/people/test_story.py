"""One reader's story: what they got, what came back of it, and what is done to them."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from django.urls import reverse

from mailer.dispatch.control.schedule import create_mailing
from mailer.models import AuditEntry, Delivery, Feedback, Membership, Publication, Role
from subscribers.models import (
    ConsentRecord,
    Subscriber,
    SubscriptionState,
    Suppression,
    SuppressionReason,
)
from subscribers.suppression import suppress
from tests.fakes.world import NOW, join, make_edition


def page_of(person, name: str = "reader") -> str:
    return reverse(f"desk:{name}", args=["harbour", person.pk])


def read(client, person) -> str:
    return client.get(page_of(person)).content.decode()


@pytest.fixture
def delivery(mailing, reader, readers) -> Delivery:
    return Delivery.objects.create(
        mailing=mailing,
        subscriber=reader,
        list=readers,
        email=reader.email,
        state="accepted",
        decided_at=NOW,
        reply_code=250,
        reply_text="2.0.0 queued",
    )


def test_a_complaint_is_traced_to_its_mailing(admin, delivery, reader):
    at = NOW + dt.timedelta(hours=2)
    Delivery.objects.update(complained_at=at)
    Feedback.objects.create(
        delivery=delivery, kind="complaint", recipient=reader.email, diagnostic="abuse", at=at
    )
    suppress(
        reader.email_normalised,
        reason=SuppressionReason.COMPLAINT,
        origin=f"delivery:{delivery.pk}",
        now=at,
    )

    page = read(admin, reader)

    assert "Called spam" in page
    assert reverse("desk:report", args=["harbour", delivery.mailing_id]) in page
    assert f"delivery:{delivery.pk}" in page
    assert "The reader complained" in page


def test_a_mailing_that_left_them_out_says_why(admin, delivery, reader):
    Delivery.objects.update(
        state="skipped", skip_reason="suppressed", note="complaint (delivery:3)"
    )

    assert "Left out: suppressed (complaint (delivery:3))" in read(admin, reader)


def test_what_is_known_of_them_is_there_and_harmless(admin, reader):
    Subscriber.objects.filter(pk=reader.pk).update(
        name="<script>alert(1)</script>", attributes={"<b>": "<i>x"}
    )

    page = read(admin, reader)

    assert "<script>alert" not in page
    assert "<i>x" not in page
    assert "Subscribed" in page


def test_another_publication_s_reader_is_not_there(admin, stranger):
    for name in ("reader", "reader_data", "erase_reader"):
        assert admin.get(page_of(stranger, name)).status_code == 404
    for name in ("take_off", "suppress_reader", "erase_reader"):
        assert admin.post(page_of(stranger, name), {"list": "readers"}).status_code == 404
    assert Subscriber.objects.filter(pk=stranger.pk).exists()


def test_of_a_shared_reader_only_the_own_publication_s_part_is_shown(admin, reader, stranger):
    other = Publication.objects.get(slug="other")
    join(reader.email, other.lists.get())
    edition = make_edition(other, number=9)
    foreign = create_mailing(edition.issue, lists=other.lists.all(), now=NOW)
    Delivery.objects.create(
        mailing=foreign, subscriber=reader, list=other.lists.get(), email=reader.email
    )

    page = read(admin, reader)

    assert "Others" not in page
    assert "others" not in page.replace("other publications", "")
    assert "No. 9" not in page
    assert admin.get(page_of(reader, "reader_data")).status_code == 403
    assert admin.post(page_of(reader, "erase_reader"), {"address": reader.email}).status_code == 403
    assert Subscriber.objects.filter(pk=reader.pk).exists()


def test_they_are_taken_off_a_list_with_evidence(admin, reader):
    admin.post(page_of(reader, "take_off"), {"list": "readers"})
    admin.post(page_of(reader, "take_off"), {"list": "readers"})

    assert reader.subscriptions.get().state == SubscriptionState.UNSUBSCRIBED
    record = ConsentRecord.objects.order_by("-id").first()
    assert record.action == "unsubscribed"
    assert record.method.startswith("desk:")
    assert AuditEntry.objects.get().subject == f"reader {reader.pk}"


def test_they_are_suppressed_for_a_list_or_for_all(admin, reader):
    admin.post(page_of(reader, "suppress_reader"), {"list": "readers"})
    admin.post(page_of(reader, "suppress_reader"), {"list": ""})

    rows = Suppression.objects.order_by("id").values_list("list__slug", "reason")
    assert list(rows) == [("readers", "manual"), (None, "manual")]
    assert AuditEntry.objects.count() == 2


def test_for_all_lists_only_who_keeps_each_publication(admin, reader, stranger):
    assert admin.post(page_of(reader, "suppress_reader"), {"list": ""}).status_code == 403
    assert not Suppression.objects.exists()

    user = Membership.objects.get().user
    Membership.objects.create(
        user=user, publication=Publication.objects.get(slug="other"), role=Role.ADMIN
    )
    assert admin.post(page_of(reader, "suppress_reader"), {"list": ""}).status_code == 302


def test_their_data_is_a_file_and_taking_it_is_written_down(admin, delivery, reader):
    answer = admin.get(page_of(reader, "reader_data"))

    assert answer["Content-Disposition"].startswith("attachment")
    content = json.loads(answer.content)
    assert content["person"]["email"] == reader.email
    assert content["messages"][0]["server_said"] == "2.0.0 queued"
    assert AuditEntry.objects.get().act == "took a copy of the data of"


def test_they_are_forgotten_when_their_address_is_typed(admin, delivery, reader):
    wrong = admin.post(page_of(reader, "erase_reader"), {"address": "yes"})
    assert wrong.status_code == 422
    assert b"Nobody was forgotten" in wrong.content

    answer = admin.post(page_of(reader, "erase_reader"), {"address": reader.email})

    assert answer.status_code == 302
    assert not Subscriber.objects.filter(pk=reader.pk).exists()
    assert "reader1" not in Delivery.objects.get().email
    kept = AuditEntry.objects.values_list("subject", "before", "after")
    assert "reader1@" not in str(list(kept))


def test_the_story_takes_few_queries_however_long(
    admin, edition, readers, reader, django_assert_max_num_queries
):
    for _ in range(6):
        mailing = create_mailing(edition.issue, lists=[readers], now=NOW)
        delivery = Delivery.objects.create(
            mailing=mailing, subscriber=reader, list=readers, email=reader.email, state="failed"
        )
        Feedback.objects.create(delivery=delivery, kind="bounce", at=NOW)
    with django_assert_max_num_queries(20):
        admin.get(page_of(reader))

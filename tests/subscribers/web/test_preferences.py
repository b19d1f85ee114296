from __future__ import annotations

import pytest

from mailer.models import Delivery
from subscribers.models import ConsentRecord, Subscriber, Subscription
from subscribers.tokens import Purpose
from tests.fakes.links import make_path
from tests.fakes.world import join, make_list

CHOICES = {"lists": ["readers"], "name": "Ada Berg", "language": "en", "time_zone": "Europe/Oslo"}


def states() -> dict[str, str]:
    return dict(Subscription.objects.values_list("list__slug", "state"))


@pytest.mark.parametrize("method", ["get", "head"])
def test_looking_changes_nothing(client, choosing, method):
    assert getattr(client, method)(choosing).status_code == 200
    assert states() == {"readers": "confirmed"}
    assert ConsentRecord.objects.count() == 1


def test_details_are_kept(client, choosing):
    response = client.post(choosing, CHOICES | {"name": "  Ada\r\n  Love\x07lace "})

    person = Subscriber.objects.get()
    assert response.status_code == 200
    assert (person.name, person.language, person.time_zone) == ("Ada Lovelace", "en", "Europe/Oslo")
    assert b"saved" in response.content


def test_the_page_answers_in_the_language_just_chosen(client, choosing):
    page = client.post(choosing, CHOICES | {"language": "ar"}).content.decode()

    assert 'dir="rtl"' in page


def test_lists_are_joined_and_left_with_evidence(client, choosing):
    make_list("others", double_opt_in=True)

    client.post(choosing, CHOICES | {"lists": ["others"]})

    assert states() == {"readers": "unsubscribed", "others": "confirmed"}
    assert list(ConsentRecord.objects.values_list("list_slug", "action", "method"))[1:] == [
        ("others", "subscribed", "preferences page"),
        ("others", "confirmed", "preferences page"),
        ("readers", "unsubscribed", "preferences page"),
    ]


def test_saving_what_is_leaves_no_evidence_of_anything(client, choosing):
    client.post(choosing, CHOICES)

    assert states() == {"readers": "confirmed"}
    assert ConsentRecord.objects.count() == 1


def test_all_lists_are_left_at_once(client, choosing):
    join("ada@people.example", make_list("others"))

    page = client.post(choosing, {"leave_all": "yes"})

    assert set(states().values()) == {"unsubscribed"}
    assert b"You have left every list" in page.content
    assert b" checked" not in page.content


def test_a_private_list_is_shown_to_its_own_readers_alone(client, place, choosing):
    board = make_list("board", public=False)
    assert b"Board" not in client.get(choosing).content

    client.post(choosing, CHOICES | {"lists": ["readers", "board"]})
    assert states() == {"readers": "confirmed"}

    join("ada@people.example", board)
    assert b"Board" in client.get(choosing).content


def test_who_left_a_private_list_does_not_come_back_alone(client, choosing):
    join("ada@people.example", make_list("board", public=False))
    client.post(choosing, CHOICES)

    response = client.post(choosing, CHOICES | {"lists": ["readers", "board"]})

    assert response.status_code == 400
    assert states() == {"readers": "confirmed", "board": "unsubscribed"}


def test_an_unconfirmed_place_is_not_ticked_and_saving_leaves_it_waiting(client, choosing):
    join("ada@people.example", make_list("waiting", double_opt_in=True))

    assert client.get(choosing).content.count(b" checked") == 1
    client.post(choosing, CHOICES)

    assert states() == {"readers": "confirmed", "waiting": "unconfirmed"}


@pytest.mark.parametrize(
    ("wrong", "mark"),
    [
        ({"name": "x" * 201}, b"name-mistake"),
        ({"name": "a\0b"}, b"name-mistake"),
        ({"language": "tlh"}, b"language-mistake"),
        ({"time_zone": "../etc/passwd"}, b"time-zone-mistake"),
        ({"lists": ["nothing"]}, b'role="alert"'),
    ],
)
def test_a_mistake_is_marked_and_nothing_is_kept(client, choosing, wrong, mark):
    before = Subscriber.objects.values().get()

    response = client.post(choosing, CHOICES | {"lists": []} | wrong)

    assert response.status_code == 400
    assert mark in response.content
    assert Subscriber.objects.values().get() == before
    assert states() == {"readers": "confirmed"}


def test_what_no_page_knows_of_the_reader_can_be_kept(client, choosing):
    Subscriber.objects.update(language="nb", time_zone="UTC")

    page = client.get(choosing).content.decode()
    response = client.post(choosing, CHOICES | {"language": "nb", "time_zone": "UTC"})

    assert "norsk bokmål" in page
    assert response.status_code == 200
    assert Subscriber.objects.values_list("language", "time_zone").get() == ("nb", "UTC")


def test_a_language_that_nobody_knows_breaks_no_page(client, choosing):
    Subscriber.objects.update(language='x"><b>')

    page = client.get(choosing)

    assert page.status_code == 200
    assert b"<b>" not in page.content


def test_another_field_of_the_person_cannot_be_set(client, choosing):
    client.post(choosing, CHOICES | {"email": "eve@evil.example", "country": "XX", "id": "99"})

    person = Subscriber.objects.get()
    assert (person.email, person.country) == ("ada@people.example", "")


def test_the_delivery_by_which_the_reader_left_its_list_is_stamped(client, mailing):
    delivery = Delivery.objects.filter(mailing=mailing).first()
    place = Subscription.objects.get(subscriber=delivery.subscriber)
    path = make_path(Purpose.PREFERENCES, place, reference=delivery.pk)

    client.post(path, CHOICES)
    delivery.refresh_from_db()
    assert delivery.unsubscribed_at is None

    client.post(path, CHOICES | {"lists": []})
    delivery.refresh_from_db()
    assert delivery.unsubscribed_at is not None


def test_a_link_of_somebody_who_was_deleted_tells_nothing(client, choosing):
    Subscriber.objects.all().delete()

    gone, forged = client.get(choosing), client.get("/p/" + "A" * 50)

    assert gone.status_code == forged.status_code == 404
    assert gone.content == forged.content


def test_the_link_to_leave_is_no_key_to_the_preferences(client, leaving):
    assert client.get(leaving.replace("/u/", "/p/")).status_code == 404


def test_the_page_takes_few_queries_whatever_the_number_of_lists(
    client, choosing, django_assert_max_num_queries
):
    for number in range(10):
        join("ada@people.example", make_list(f"list-{number}"))

    with django_assert_max_num_queries(3):
        client.get(choosing)

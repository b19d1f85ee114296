"""A reader's own address, copy and end."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from subscribers.erasure import find_erased
from subscribers.models import (
    AddressChange,
    ConsentRecord,
    LeavingReason,
    Subscriber,
    Subscription,
)
from subscribers.tokens import Purpose
from tests.fakes.links import make_path
from tests.fakes.world import join, make_list

CHOICES = {"lists": ["readers"], "name": "Ada Berg", "language": "en", "time_zone": ""}


@pytest.fixture(autouse=True)
def woken(monkeypatch):
    called: list[str] = []
    monkeypatch.setattr("subscribers.web.own_data.wake_answerer", lambda: called.append("x"))
    return called


def test_a_new_address_is_asked_for_and_confirmed_by_its_reader(client, choosing):
    page = client.post(f"{choosing}/address", {"email": "ada@new.example"})
    assert b"on its way to the new address" in page.content
    change = AddressChange.objects.get()
    place = Subscription.objects.get()
    link = make_path(Purpose.NEW_ADDRESS, place, reference=change.pk)

    assert b"ada@new.example" in client.get(link).content
    assert Subscriber.objects.get().email == "ada@people.example"
    assert b"is changed" in client.post(link).content
    assert Subscriber.objects.get().email == "ada@new.example"

    back = make_path(Purpose.OLD_ADDRESS, place, reference=change.pk)
    assert b"Keep your address?" in client.get(back).content
    assert b"is kept" in client.post(back).content
    assert Subscriber.objects.get().email == "ada@people.example"
    assert b"expired" in client.get(link).content
    assert b"expired" in client.post(link).content


def test_the_link_of_one_reader_changes_nobody_elses_address(client, choosing, group):
    client.post(f"{choosing}/address", {"email": "ada@new.example"})
    eve = join("eve@people.example", group)
    change = AddressChange.objects.get()

    for purpose in (Purpose.NEW_ADDRESS, Purpose.OLD_ADDRESS):
        link = make_path(purpose, eve, reference=change.pk)
        assert client.post(link).status_code == 404
    assert Subscriber.objects.filter(email="ada@people.example").exists()


def test_what_is_no_address_is_marked(client, choosing):
    page = client.post(f"{choosing}/address", {"email": "x\r\nBcc: y@people.example"})

    assert page.status_code == 400
    assert b"email-mistake" in page.content
    assert not AddressChange.objects.exists()


def test_an_address_that_is_known_is_not_told(client, choosing, group):
    known = join("known@people.example", group)
    pages = {
        client.post(f"{choosing}/address", {"email": email}).content
        for email in (known.subscriber.email, "unknown@people.example")
    }

    assert len(pages) == 1


def test_the_copy_has_all_that_is_kept(client, choosing):
    response = client.get(f"{choosing}/data")

    told = response.json()
    assert response["Content-Disposition"] == 'attachment; filename="my-data.json"'
    assert response["Referrer-Policy"] == "no-referrer"
    assert told["person"]["email"] == "ada@people.example"
    assert told["lists"][0]["state"] == "confirmed"
    assert [each["action"] for each in told["consent"]] == ["subscribed"]
    assert set(told) == {
        *("person", "lists", "consent", "consent_texts", "letters"),
        *("address_changes", "suppressions", "messages"),
    }


def test_the_copy_has_the_messages_that_were_sent(client, mailing):
    place = Subscription.objects.order_by("id").first()

    told = client.get(make_path(Purpose.PREFERENCES, place) + "/data").json()

    [message] = told["messages"]
    assert (message["subject"], message["to"]) == ("Spring", place.subscriber.email)


def test_erasing_asks_first_and_can_be_asked_again(client, choosing):
    assert b"Erase everything" in client.get(f"{choosing}/erase").content
    assert Subscriber.objects.exists()

    for _ in range(2):
        assert b"is erased" in client.post(f"{choosing}/erase").content
    assert not Subscriber.objects.exists()
    assert find_erased(["ada@people.example"]) == {"ada@people.example"}
    assert client.get(choosing).status_code == 404
    assert client.get(f"{choosing}/data").status_code == 404
    assert client.post(f"{choosing}/address").status_code == 404
    assert b"ada" not in client.get(f"{choosing}/erase").content


@pytest.mark.parametrize("path", ["address", "data", "erase"])
def test_a_token_for_leaving_opens_none_of_it(client, leaving, path):
    token = leaving.removeprefix("/u/")

    assert client.post(f"/p/{token}/{path}").status_code == 404
    assert Subscriber.objects.exists()


def test_a_pause_is_kept_and_ends(client, choosing):
    until = timezone.now().date() + dt.timedelta(days=30)
    page = client.post(choosing, CHOICES | {"paused_until": until.isoformat()})
    assert until.isoformat().encode() in page.content
    assert Subscriber.objects.get().paused_until == until

    client.post(choosing, CHOICES | {"paused_until": ""})
    assert Subscriber.objects.get().paused_until is None


@pytest.mark.parametrize("day", ["2999-01-01", "soon", "0000-00-00"])
def test_a_pause_without_end_is_refused(client, choosing, day):
    page = client.post(choosing, CHOICES | {"paused_until": day})

    assert page.status_code == 400
    assert b"pause-mistake" in page.content


def test_a_day_that_is_past_is_no_pause(client, choosing):
    assert client.post(choosing, CHOICES | {"paused_until": "2020-01-01"}).status_code == 200
    assert Subscriber.objects.get().paused_until is None


def test_all_lists_are_left_from_the_link_of_one_and_come_back_together(client, place, leaving):
    join("ada@people.example", make_list("events"))
    join("ada@people.example", make_list("waiting", double_opt_in=True))
    assert b"?leave=all" in client.get(leaving).content

    page = client.post(f"{leaving}?leave=all")
    assert b"gets nothing more from us" in page.content
    assert set(Subscription.objects.values_list("state", flat=True)) == {"unsubscribed"}

    client.post(f"{leaving}?undo=yes")
    states = dict(Subscription.objects.values_list("list__slug", "state"))
    assert states == {"readers": "confirmed", "events": "confirmed", "waiting": "unsubscribed"}


def test_who_is_on_one_list_is_not_asked_about_others(client, leaving):
    assert b"?leave=all" not in client.get(leaving).content


def test_a_reason_may_be_given_and_is_one_of_ours(client, leaving):
    client.post(f"{leaving}?leave=yes")
    client.post(f"{leaving}?reason=<script>")
    assert Subscription.objects.get().left_because == ""

    page = client.post(f"{leaving}?reason=too_many")

    assert b"Thank you" in page.content
    assert Subscription.objects.get().left_because == LeavingReason.TOO_MANY
    assert ConsentRecord.objects.filter(action="unsubscribed").count() == 1


def test_a_reason_alone_takes_nobody_off_a_list(client, leaving):
    client.post(f"{leaving}?reason=too_many")

    place = Subscription.objects.get()
    assert (place.state, place.left_because) == ("confirmed", "")

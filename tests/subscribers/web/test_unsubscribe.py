from __future__ import annotations

import datetime as dt

import pytest

from mailer.models import Delivery, Mailing
from subscribers.models import ConsentRecord, Subscriber, Subscription
from subscribers.tokens import Purpose, sign
from tests.fakes.links import make_path
from tests.fakes.world import NOW, join, make_list

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


def state() -> str:
    return Subscription.objects.get().state


@pytest.mark.parametrize("kind", ["multipart", "urlencoded"])
def test_one_click_takes_the_reader_off_the_list(client, leaving, kind):
    if kind == "multipart":
        response = client.post(leaving, ONE_CLICK)
    else:
        body = "List-Unsubscribe=One-Click"
        response = client.post(leaving, body, content_type="application/x-www-form-urlencoded")

    assert response.status_code == 200
    assert state() == "unsubscribed"
    assert ConsentRecord.objects.last().method == "one-click"


@pytest.mark.parametrize(
    ("content_type", "body"),
    ids=["no boundary", "too big", "too many fields"],
    argvalues=[
        ("multipart/form-data", "List-Unsubscribe=One-Click"),
        ("application/x-www-form-urlencoded", "a=" + "b" * 11_000_000),
        ("application/x-www-form-urlencoded", "&".join(f"a{n}=b" for n in range(1_100))),
    ],
)
def test_no_body_keeps_a_reader_on_the_list(client, leaving, content_type, body):
    response = client.post(leaving, body, content_type=content_type)

    assert response.status_code == 200
    assert state() == "unsubscribed"


def test_one_click_needs_no_cookie_sets_none_and_never_redirects(client, leaving):
    for _ in range(3):
        response = client.post(leaving, ONE_CLICK)
        assert response.status_code == 200
        assert not response.cookies
    assert ConsentRecord.objects.filter(action="unsubscribed").count() == 1


def test_one_click_succeeds_after_the_person_was_deleted(client, leaving):
    Subscriber.objects.all().delete()

    response = client.post(leaving, ONE_CLICK)

    assert response.status_code == 200
    assert b"ada" not in response.content


@pytest.mark.parametrize("method", ["get", "head"])
def test_a_scanner_that_follows_every_link_changes_nothing(client, leaving, method):
    for _ in range(2):
        response = getattr(client, method)(leaving, headers={"user-agent": "scanner"})
        assert response.status_code == 200

    assert state() == "confirmed"
    assert ConsentRecord.objects.count() == 1


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options", "trace"])
def test_other_methods_are_refused(client, leaving, method):
    assert getattr(client, method)(leaving).status_code == 405
    assert state() == "confirmed"


def test_the_page_asks_first_then_leaves_then_can_be_undone(client, leaving):
    assert b"?leave=yes" in client.get(leaving).content

    left = client.post(f"{leaving}?leave=yes")
    assert b"?undo=yes" in left.content
    assert state() == "unsubscribed"

    back = client.post(f"{leaving}?undo=yes")
    assert b"Welcome back" in back.content
    assert state() == "confirmed"
    methods = list(ConsentRecord.objects.values_list("method", flat=True))
    assert methods == ["test", "unsubscribe page", "undo"]


def test_the_page_of_who_has_left_says_so(client, leaving):
    client.post(f"{leaving}?leave=yes")

    page = client.get(leaving).content

    assert b"You have left" in page
    assert b"?leave=yes" not in page


def test_an_old_link_offers_no_undo_and_brings_nobody_back(client, leaving):
    client.post(f"{leaving}?leave=yes")
    Subscription.objects.update(changed_at=NOW - dt.timedelta(days=30))

    assert b"?undo=yes" not in client.get(leaving).content
    assert b"You have left" in client.post(f"{leaving}?undo=yes").content
    assert state() == "unsubscribed"


def test_the_evidence_names_the_wording_and_the_address(client, leaving):
    client.post(f"{leaving}?leave=yes", REMOTE_ADDR="fe80::1%eth0")

    record = ConsentRecord.objects.last()
    assert record.form_version.startswith("en-")
    assert record.ip_address == "fe80::1"


def test_it_works_behind_a_socket_that_knows_no_address(client, leaving):
    client.post(f"{leaving}?leave=yes", REMOTE_ADDR="")

    assert ConsentRecord.objects.last().ip_address is None


def test_the_delivery_by_which_the_reader_left_is_stamped(client, mailing: Mailing):
    delivery = Delivery.objects.filter(mailing=mailing).first()
    place = Subscription.objects.get(subscriber=delivery.subscriber)
    path = make_path(Purpose.UNSUBSCRIBE, place, reference=delivery.pk)

    client.post(path, ONE_CLICK)
    delivery.refresh_from_db()
    first = delivery.unsubscribed_at
    client.post(path, ONE_CLICK)
    delivery.refresh_from_db()

    assert first is not None
    assert delivery.unsubscribed_at == first
    assert Delivery.objects.filter(unsubscribed_at=None).count() == 19


def test_a_link_leaves_one_list_of_one_person(client, place, leaving):
    join("ada@people.example", make_list("others"))
    join("bo@people.example", place.list)

    client.post(leaving, ONE_CLICK)

    assert Subscription.objects.filter(state="confirmed").count() == 2


def test_a_link_that_is_not_ours_opens_nothing_and_tells_nothing(client, place, leaving):
    token = leaving.removeprefix("/u/")
    unknown = sign(Purpose.UNSUBSCRIBE, subscriber_id=10**9, list_id=place.list_id)
    wrong = [
        token[:-1],
        token[:10],
        token[:20] + ("A" if token[20] != "A" else "B") + token[21:],
        unknown[:-1] + ("A" if unknown[-1] != "A" else "Q"),
        sign(Purpose.PREFERENCES, subscriber_id=place.subscriber_id, list_id=place.list_id),
        "A" * 50,
        "x",
        "%00",
        "ü" * 50,
    ]
    pages = {client.post(f"/u/{each}", ONE_CLICK).content for each in wrong}
    pages |= {client.get(f"/u/{each}").content for each in wrong}

    assert len(pages) == 1
    assert b"does not work" in pages.pop()
    assert client.get(f"/u/{wrong[0]}").status_code == 404
    assert state() == "confirmed"


def test_a_list_that_the_person_is_not_on_tells_nothing_of_them(client, place):
    other = make_list("secret", public=False)
    token = sign(Purpose.UNSUBSCRIBE, subscriber_id=place.subscriber_id, list_id=other.pk)

    page = client.get(f"/u/{token}")

    assert b"Secret" not in page.content
    assert b"ada@people.example" not in page.content


def test_pages_are_neither_stored_nor_indexed_nor_told_to_the_next_site(client, leaving):
    for path in (leaving, "/u/nothing"):
        response = client.get(path)
        assert "no-store" in response["Cache-Control"]
        assert response["Referrer-Policy"] == "no-referrer"
        assert response["X-Robots-Tag"] == "noindex"
        assert response["X-Frame-Options"] == "DENY"
        assert "script-src 'self'" in response["Content-Security-Policy"]
        assert b"<script" not in response.content
        assert b" style=" not in response.content


def test_markup_in_a_name_or_a_list_is_only_text(client, place, leaving, choosing):
    evil = '"><script>alert(1)</script>{{ 7|add:7 }}{email}'
    Subscriber.objects.update(name=evil, email='"<img/src=x>"@people.example')
    place.list.name = place.list.description = evil
    place.list.save()

    for response in (
        client.get(leaving),
        client.post(f"{leaving}?leave=yes"),
        client.post(f"{leaving}?undo=yes"),
        client.get(choosing),
    ):
        assert response.status_code == 200
        assert b"<script>" not in response.content
        assert b"<img" not in response.content
        assert b"&lt;script&gt;" in response.content
        assert b"{{ 7|add:7 }}" in response.content


@pytest.mark.parametrize(
    ("known", "asked", "language", "direction"),
    [
        ("fr", "es", "fr", "ltr"),
        ("", "ru", "ru", "ltr"),
        ("ar", "", "ar", "rtl"),
        ("zh-Hans", "", "zh-Hans", "ltr"),
        ("zh", "", "zh-Hans", "ltr"),
        ("nb", "es-MX,es;q=0.9", "es", "ltr"),
        ("nb", "tlh", "en", "ltr"),
    ],
)
def test_the_page_speaks_the_readers_language(client, leaving, known, asked, language, direction):
    Subscriber.objects.update(language=known)

    page = client.get(leaving, headers={"accept-language": asked}).content.decode()

    assert f'<html lang="{language}" dir="{direction}">' in page

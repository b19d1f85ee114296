"""Who misuses the public form: bombs, spies, forgers, and robots."""

from __future__ import annotations

import base64
import datetime as dt
import json
import re

import pytest
import redis
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from subscribers.models import Notice, SignUp, Subscriber, Subscription, SuppressionReason
from subscribers.suppression import suppress
from subscribers.tokens import Purpose, sign
from subscribers.web.limits import HELD_DELAY, Window
from subscribers.web.proof import is_proven
from tests.fakes.forms import ASKED, answer, find_link, prove, send_in, text_of
from tests.fakes.world import join, make_list

pytestmark = pytest.mark.usefixtures("publication", "mailbox", "woken")


def delays() -> list[dt.timedelta]:
    rows = SignUp.objects.order_by("id").values_list("asked_at", "due_at")
    return [due - asked for asked, due in rows]


def test_one_network_is_told_to_wait_and_others_are_not(client):
    for number in range(Window.PROVEN_NETWORK.most):
        assert send_in(client, email=f"r{number}@p{number}.example").status_code == 200

    refused = send_in(client, email="one-more@people.example")

    assert refused.status_code == 429
    assert refused["Retry-After"] == "3600"
    assert not SignUp.objects.filter(email="one-more@people.example").exists()
    data = ASKED | {"altcha": prove(client)}
    assert client.post("/subscribe/harbour", data, REMOTE_ADDR="192.0.2.7").status_code == 200


def test_a_network_of_ipv6_is_one_however_many_addresses_it_has(client):
    codes = {
        client.post("/subscribe/harbour", ASKED, REMOTE_ADDR=f"2001:db8::{number}").status_code
        for number in range(1, Window.UNPROVEN_NETWORK.most + 2)
    }

    assert codes == {200, 429}


def test_without_work_few_are_taken_and_those_wait(client):
    codes = [
        send_in(client, proven=False, email=f"r{number}@p{number}.example").status_code
        for number in range(Window.UNPROVEN_NETWORK.most + 1)
    ]

    assert codes == [200] * Window.UNPROVEN_NETWORK.most + [429]
    assert set(delays()) == {dt.timedelta(minutes=5)}


def test_a_bomb_from_many_networks_without_work_is_held(client, monkeypatch):
    monkeypatch.setattr(Window.ALL_UNPROVEN, "most", 3)
    for number in range(5):
        address = {"REMOTE_ADDR": f"192.0.2.{number}"}
        data = ASKED | {"email": f"r{number}@p{number}.example"}
        assert client.post("/subscribe/harbour", data, **address).status_code == 200

    assert delays()[3:] == [HELD_DELAY, HELD_DELAY]


def test_one_address_gets_one_letter_a_day_however_often_it_is_named(
    client, mailbox, publication, settings
):
    publication.lists.add(make_list("others", double_opt_in=True))
    for lists in (["readers"], ["others"], ["readers", "others"]):
        for email in ("ada@people.example", "ADA@people.example", "ada+x@people.example"):
            assert send_in(client, email=email, lists=lists).status_code == 200
            answer()

    assert len(mailbox.read()) == 1
    Notice.objects.update(created_at=timezone.now() - dt.timedelta(days=1, minutes=1))
    redis.Redis.from_url(settings.REDIS_URL).flushdb()
    send_in(client)
    answer()
    assert len(mailbox.read()) == 2


def test_an_address_named_too_often_is_dropped_in_silence(client):
    pages = {send_in(client).content for _ in range(Window.MAILBOX.most + 2)}

    assert len(pages) == 1
    assert SignUp.objects.count() == Window.MAILBOX.most


def test_a_domain_that_is_flooded_gets_its_letters_slowly(client, monkeypatch):
    monkeypatch.setattr(Window.DOMAIN, "most", 2)
    pages = {send_in(client, email=f"r{number}@people.example").content for number in range(4)}

    assert len(pages) == 1
    assert delays() == [dt.timedelta(0), dt.timedelta(0), HELD_DELAY, HELD_DELAY]


def test_a_robot_that_fills_every_field_gets_the_same_answer_and_nothing_else(client):
    honest = send_in(client)
    robot = send_in(client, homepage="https://spam.example", email="bo@people.example")

    assert robot.content == honest.content
    assert SignUp.objects.count() == 1


def test_work_is_good_once(client):
    work = prove(client)
    for email in ("ada@people.example", "bo@people.example"):
        client.post("/subscribe/harbour", ASKED | {"email": email, "altcha": work})

    assert delays() == [dt.timedelta(0), dt.timedelta(minutes=5)]


def change(work: str, part: str, name: str, value: object) -> str:
    payload = json.loads(base64.b64decode(work))
    inside = payload["challenge"]["parameters"] if part == "parameters" else payload[part]
    inside[name] = value
    return base64.b64encode(json.dumps(payload).encode()).decode()


@pytest.mark.parametrize(
    ("part", "name", "value"),
    [
        ("parameters", "keyPrefix", "00"),
        ("parameters", "expiresAt", 99_999_999_999),
        ("parameters", "cost", 1),
        ("challenge", "signature", "00" * 32),
        ("challenge", "signature", None),
        ("solution", "derivedKey", "00" * 32),
        ("solution", "derivedKey", ["00"]),
    ],
)
def test_forged_work_is_no_work(client, redis_url, part, name, value):
    forged = change(prove(client), part, name, value)

    assert not is_proven(forged, client=redis.Redis.from_url(redis_url))


def test_work_that_is_too_old_is_no_work(client, redis_url):
    work = prove(client)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("altcha.v2.time.time", lambda: timezone.now().timestamp() + 3_600)
        assert not is_proven(work, client=redis.Redis.from_url(redis_url))


@hypothesis_settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    payload=st.one_of(
        st.text(max_size=200),
        st.recursive(
            st.none() | st.integers() | st.text(max_size=9),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(
                        ["challenge", "solution", "parameters", "signature", "counter"]
                    ),
                    inner,
                    max_size=3,
                )
            ),
            max_leaves=9,
        ).map(lambda tree: base64.b64encode(json.dumps(tree).encode()).decode()),
    )
)
def test_no_payload_breaks_the_check(redis_url, payload):
    assert not is_proven(payload, client=redis.Redis.from_url(redis_url))


def standings(group) -> dict[str, str]:
    """Make a person of each kind, and return their addresses."""
    join("confirmed@people.example", group)
    Subscription.objects.update(state="confirmed")
    join("waiting@people.example", group)
    left = join("left@people.example", group)
    Subscription.objects.filter(pk=left.pk).update(state="unsubscribed")
    suppress(
        "suppressed@people.example",
        reason=SuppressionReason.COMPLAINT,
        origin="test",
        now=timezone.now(),
    )
    suppress(
        "held@people.example",
        reason=SuppressionReason.MANUAL,
        origin="test",
        now=timezone.now(),
        list_id=group.pk,
    )
    names = ("unknown", "confirmed", "waiting", "left", "suppressed", "held")
    return {name: f"{name}@people.example" for name in names}


def test_no_page_tells_by_its_text_who_is_known(client, group):
    pages = {}
    for name, email in standings(group).items():
        response = send_in(client, email=email)
        del response.headers["Expires"]  # the clock's, and not the same in every second
        pages[name] = (response.status_code, dict(response.headers), response.content)

    assert len({repr(page) for page in pages.values()}) == 1


def test_no_page_tells_by_its_time_who_is_known(client, group):
    """See that the very same statements are made: then there is nothing to measure."""
    made = {}
    send_in(client, email="first@people.example")  # writes the text down, once for all
    for name, email in standings(group).items():
        data = ASKED | {"email": email, "altcha": prove(client)}
        with CaptureQueriesContext(connection) as queries:
            client.post("/subscribe/harbour", data)
        made[name] = [shape(each["sql"]) for each in queries.captured_queries]

    assert len({tuple(each) for each in made.values()}) == 1
    assert not any("subscribers_subscriber" in each for each in made["unknown"])
    assert not any("suppression" in each for each in made["unknown"])


def shape(statement: str) -> str:
    """Return a statement without its values."""
    return re.sub(r"'[^']*'|\b\d+\b|s\d+_x\d+", "?", statement)


@pytest.mark.parametrize(
    "email",
    [
        "ada@people.example\r\nBcc: all@people.example",
        "ada@people.example,bo@people.example",
        "ada@people.example bo@people.example",
        "<ada@people.example>",
        "Ada <ada@people.example>",
        "ada@people.example\nRCPT TO:<bo@people.example>",
        "a\0b@people.example",
        "ada@[127.0.0.1]",
        "ada@localhost",
        "x" * 300 + "@people.example",
        "",
    ],
)
def test_what_is_no_single_address_is_refused(client, email):
    response = send_in(client, email=email)

    assert response.status_code == 400
    assert b"email-mistake" in response.content
    assert not SignUp.objects.exists()


def test_a_strangers_words_travel_in_no_letter(client, mailbox):
    evil = "Win a prize\r\nBcc: all@people.example\r\n\r\nhttps://spam.example"
    send_in(client, name=evil)
    answer()

    letter = mailbox.read_one()
    raw = mailbox.server.messages[0]
    assert b"prize" not in raw
    assert b"spam.example" not in raw
    assert "Bcc" not in letter
    assert (
        Subscriber.objects.get().name == "Win a prize Bcc: all@people.example https://spam.example"
    )


def test_a_lists_name_with_a_line_break_breaks_no_header(client, mailbox, group):
    group.name = "Letter\r\nBcc: all@people.example"
    group.save()
    send_in(client)
    answer()

    letter = mailbox.read_one()
    assert "Bcc" not in letter
    assert letter["Subject"].endswith("Letter Bcc: all@people.example")


def test_markup_is_only_text(client):
    evil = '"><script>alert(1)</script>'
    response = send_in(client, email=evil, name=evil, language=evil)

    assert response.status_code == 400
    assert b"<script>alert" not in response.content
    assert b"&lt;script&gt;" in response.content


def test_links_in_letters_do_not_come_from_the_request(client, mailbox):
    data = ASKED | {"altcha": prove(client)}
    assert (
        client.post("/subscribe/harbour", data, headers={"host": "evil.example"}).status_code == 400
    )
    client.post("/subscribe/harbour", data, headers={"x-forwarded-host": "evil.example"})
    answer()

    assert "evil.example" not in text_of(mailbox.read_one())


def test_nothing_sends_a_reader_to_another_site(client, mailbox):
    query = "?next=https://evil.example&url=//evil.example&language=//evil.example"
    data = ASKED | {"altcha": prove(client), "next": "https://evil.example"}
    response = client.post(f"/subscribe/harbour{query}", data)
    answer()
    link = find_link(mailbox.read_one())

    for each in (response, client.get(f"{link}{query}"), client.post(f"{link}{query}")):
        assert each.status_code == 200
        assert "Location" not in each
        assert b"evil.example" not in each.content


def test_a_confirmation_needs_no_cookie_and_a_cookie_is_no_confirmation(client, mailbox):
    send_in(client)
    answer()
    link = find_link(mailbox.read_one())

    response = client.post(link, headers={"origin": "https://evil.example"})

    assert not response.cookies
    assert Subscription.objects.get().state == "confirmed"


def test_a_token_that_was_changed_cut_or_made_for_something_else_confirms_nothing(
    client, mailbox, group
):
    send_in(client)
    answer()
    link = find_link(mailbox.read_one())
    token = link.removeprefix("/c/")
    person, notice = Subscriber.objects.get(), Notice.objects.get()
    other = join("eve@people.example", group).subscriber
    wrong = [
        token[:-1],
        token[: len(token) // 2],
        token[:9] + ("A" if token[9] != "A" else "B") + token[10:],
        sign(Purpose.PREFERENCES, subscriber_id=person.pk, list_id=0, reference=notice.pk),
        sign(Purpose.UNSUBSCRIBE, subscriber_id=person.pk, list_id=group.pk),
        sign(Purpose.CONFIRM, subscriber_id=other.pk, list_id=0, reference=notice.pk),
        sign(Purpose.CONFIRM, subscriber_id=person.pk, list_id=0, reference=notice.pk + 1),
        "x",
    ]

    pages = {client.post(f"/c/{each}").content for each in wrong}

    assert len(pages) == 1
    assert set(Subscription.objects.values_list("state", flat=True)) == {"unconfirmed"}
    for prefix in ("u", "p", "a", "k"):
        assert client.post(f"/{prefix}/{token}").status_code == 404


def test_the_form_is_framed_by_nobody_and_the_embedded_one_by_everybody(client):
    own, embedded = client.get("/subscribe/harbour"), client.get("/subscribe/harbour/embed")

    assert own["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in own["Content-Security-Policy"]
    assert "X-Frame-Options" not in embedded
    assert "frame-ancestors *" in embedded["Content-Security-Policy"]
    for page in (own, embedded):
        assert "script-src 'self'" in page["Content-Security-Policy"]
        assert b" style=" not in page.content
        assert not page.cookies


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"7",
        b"{",
        b"\xff\xfe",
        b"[" * 10_000,
        b'{"email": {"a": 1}, "lists": [[1]]}',
        b'{"email": "ada@people.example"}',
        b'{"email": "a\\u0000b@people.example", "lists": ["readers"]}',
        b'{"email": "\\ud800@people.example", "lists": ["readers"]}',
        b'{"email": "ada@people.example", "lists": ["readers"], "language": "tlh"}',
        b'{"x": "' + b"y" * 30_000 + b'"}',
    ],
)
def test_a_body_that_is_none_is_refused_and_not_a_crash(client, body):
    response = client.post("/subscribe/harbour/json", body, content_type="application/json")

    assert response.status_code == 400
    assert set(response.json()) <= {"error", "errors"}
    assert not SignUp.objects.exists()


@pytest.mark.parametrize("method", ["put", "patch", "delete", "trace"])
def test_other_methods_are_refused(client, method):
    for path in ("", "/embed", "/json"):
        assert getattr(client, method)(f"/subscribe/harbour{path}").status_code == 405


def test_a_publication_without_public_lists_is_not_there(client, group):
    group.public = False
    group.save()

    paths = ("harbour", "harbour/embed", "harbour/json", "nothing")
    assert {client.get(f"/subscribe/{path}").status_code for path in paths} == {404}


def test_without_limits_nothing_is_taken(client, settings):
    work = prove(client)
    settings.REDIS_URL = "unix:///nowhere"

    page = client.post("/subscribe/harbour", ASKED | {"altcha": work})
    told = client.post(
        "/subscribe/harbour/json", ASKED | {"altcha": work}, content_type="application/json"
    )

    assert (page.status_code, told.status_code) == (503, 503)
    assert b"at this moment" in page.content
    assert not SignUp.objects.exists()


def test_a_program_is_told_to_wait_too(client, monkeypatch):
    monkeypatch.setattr(Window.UNPROVEN_NETWORK, "most", 0)

    response = client.post("/subscribe/harbour/json", ASKED, content_type="application/json")

    assert (response.status_code, response["Retry-After"]) == (429, "3600")

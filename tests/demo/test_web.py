"""The mailboxes' pages: whatever a message holds, it runs nothing and leads nowhere."""

from __future__ import annotations

import pytest
from django.test import Client

from mailer.demo.mailboxes import Mailboxes

EVIL = "<script>alert(1)</script>"
HTML = (
    '<html><head></head><body onload="alert(1)"><script>alert(1)</script>'
    '<a href="https://example.org/x">out</a><a class="b" href="#here">in</a></body></html>'
)
MAIL = f"""\
From: {EVIL} <a@b.example>\r
To: =?utf-8?q?=3Cimg_src=3Dx_onerror=3Dalert=281=29=3E?= <ann@no.example.org>\r
Subject: {EVIL}\r
Date: Sun, 01 Mar 2026 08:00:00 +0000\r
MIME-Version: 1.0\r
Content-Type: multipart/alternative; boundary=b\r
\r
--b\r
Content-Type: text/plain; charset=utf-8\r
\r
{EVIL} hello\r
--b\r
Content-Type: text/html; charset=utf-8\r
\r
{HTML}\r
--b--\r
"""


@pytest.fixture(autouse=True)
def store(settings, tmp_path):
    settings.ROOT_URLCONF = "mailer.demo.urls"
    settings.DEMO_STORE = tmp_path / "world.sqlite3"
    mailboxes = Mailboxes(settings.DEMO_STORE)
    mailboxes.create()
    return mailboxes


def fill(store, count: int = 1, raw: bytes = MAIL.encode()) -> None:
    connection = store.open_writer()
    for number in range(count):
        connection.execute(
            "INSERT INTO message (arrived_at, mail_from, recipient, message_id, mailing, subject,"
            " raw) VALUES ('2026-03-01T08:00:00', 'b-1@x', ?, '<1>', 'mailing-1', ?, ?)",
            (f"reader{number:03}@no.example.org", EVIL, raw),
        )
    connection.close()


@pytest.fixture
def client():
    return Client(HTTP_HOST="127.0.0.1")


def test_an_empty_world_says_what_will_stand_here(client):
    assert "Nothing has arrived yet" in client.get("/demo/").content.decode()


def test_it_lists_mailboxes_a_page_at_a_time(client, store):
    fill(store, 30)

    first = client.get("/demo/").content.decode()
    second = client.get("/demo/?page=2").content.decode()

    assert "30 mailboxes" in first
    assert "reader024" in first
    assert "reader025" not in first
    assert "reader025" in second


@pytest.mark.parametrize("page", ["0", "99", "x", "-1", "9" * 50])
def test_a_page_that_is_none_is_the_nearest_one(client, store, page):
    fill(store, 2)

    assert client.get("/demo/", {"page": page}).status_code == 200


@pytest.mark.parametrize(
    ("search", "found"), [("READER001", 1), ("no.example", 3), ("%", 0), ("' OR 1=1 --", 0)]
)
def test_it_searches_in_the_address(client, store, search, found):
    fill(store, 3)

    page = client.get("/demo/", {"q": search}).content.decode()

    assert page.count('class="mailbox"') == found


def test_the_search_is_shown_as_text(client):
    page = client.get("/demo/", {"q": EVIL}).content.decode()

    assert EVIL not in page
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize(
    "path",
    [
        "/demo/",
        "/demo/mailbox/reader000@no.example.org/",
        "/demo/message/1/",
        "/demo/message/1/?view=text",
        "/demo/message/1/?view=source",
    ],
)
def test_nothing_of_a_message_is_markup_in_our_pages(client, store, path):
    fill(store)

    response = client.get(path)

    page = response.content.decode()
    assert response.status_code == 200
    assert "<script" not in page
    assert "<img" not in page
    policy = response["Content-Security-Policy"]
    assert "'unsafe-inline'" not in policy
    assert "style=" not in page


def test_the_html_is_shown_under_a_policy_that_runs_nothing(client, store):
    fill(store)

    response = client.get("/demo/message/1/html")

    policy = response["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy  # nothing but what is named: it falls to default-src
    assert "form-action 'none'" in policy
    assert "sandbox allow-popups allow-popups-to-escape-sandbox" in policy
    assert "frame-ancestors 'self'" in policy
    assert response["X-Frame-Options"] == "SAMEORIGIN"


def test_links_open_beside_the_frame_and_jumps_stay_in_it(client, store):
    fill(store)

    page = client.get("/demo/message/1/html").content.decode()

    assert '<a target="_blank" rel="noopener noreferrer" href="https://example.org/x"' in page
    assert '<a class="b" href="#here">' in page


def test_the_frame_may_open_links_and_nothing_else(client, store):
    fill(store)

    page = client.get("/demo/message/1/").content.decode()

    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page
    assert "allow-scripts" not in page
    assert "allow-same-origin" not in page


def test_the_source_is_handed_over_as_it_arrived(client, store):
    fill(store)

    response = client.get("/demo/message/1/message.eml")

    assert response.content == MAIL.encode()
    assert response["Content-Type"] == "message/rfc822"
    assert response["Content-Disposition"] == 'attachment; filename="message-1.eml"'
    assert response["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "path",
    [
        "/demo/mailbox/nobody@example.org/",
        "/demo/message/99/",
        f"/demo/message/{2**63}/",
        "/demo/message/99/html",
        "/demo/message/99/message.eml",
        "/demo/message/1/?view=../../etc/passwd",
    ],
)
def test_what_is_not_there_is_not_found(client, store, path):
    fill(store)

    assert client.get(path).status_code == 404


def test_a_message_without_html_has_none(client, store):
    fill(store, raw=b"Subject: x\r\n\r\nhello\r\n")

    assert client.get("/demo/message/1/html").status_code == 404


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_the_pages_are_for_reading_only(client, store, method):
    assert getattr(client, method)("/demo/").status_code == 405

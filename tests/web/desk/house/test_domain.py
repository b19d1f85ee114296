"""A sender's domain, looked up at a real name server; and mail servers, tried for real."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone

from mailer.domains.lookup import make_look
from mailer.message.signing_keys import Algorithm
from mailer.models import DkimKey, Transport
from mailer.web.desk.house import domain
from subscribers.models import List
from tests.fakes.nameserver import serve_zone
from tests.fakes.servers import free_port
from tests.fakes.smtp_server import ScriptedServer

PAGE = reverse("desk:domain", args=["harbour"])
SERVERS = reverse("desk:servers", args=["harbour"])


def test_nothing_is_looked_up_before_it_is_asked_for(admin, monkeypatch):
    monkeypatch.setattr(domain, "make_look", lambda: pytest.fail("it was looked up"))

    page = admin.get(PAGE).content.decode()

    assert "Look it up" in page
    assert "nothing yet" in page


def test_each_finding_has_the_record_that_mends_it(admin, publication, settings, monkeypatch):
    name = publication.sender_domain
    key = DkimKey.make(name, algorithm=Algorithm.ED25519, now=timezone.now(), selector="s1")
    DkimKey.objects.update(active=True)
    zone = {
        (settings.BOUNCE_DOMAIN, "TXT"): ['"v=spf1 a -all"'],
        (f"_dmarc.{name}", "TXT"): ['"v=DMARC1; p=none"'],
    }
    with serve_zone(zone) as port:
        monkeypatch.setattr(domain, "make_look", lambda: make_look(["127.0.0.1"], port=port))
        page = admin.post(PAGE).content.decode()

    assert "nobody else may" in page
    assert f"The key at {key.host} is not published" in page
    assert key.record()[:40] in page.replace("&quot;", '"')
    assert "Could be better" in page
    assert "2 things are to be mended" in page


def test_the_domains_of_lists_own_senders_are_looked_up_too(admin, publication, monkeypatch):
    mine, others = publication.lists.get(), ("Friends", "Students")
    List.objects.filter(pk=mine.pk).update(sender_address=f"a@{publication.sender_domain}")
    for name in others:
        group = List.objects.create(
            name=name, slug=name.lower(), sender_address=f"{name.lower()}@List.example"
        )
        publication.lists.add(group)
    with serve_zone({("_dmarc.list.example", "TXT"): ['"v=DMARC1; p=reject"']}) as port:
        monkeypatch.setattr(domain, "make_look", lambda: make_look(["127.0.0.1"], port=port))
        page = admin.post(PAGE).content.decode()

    assert "friends@List.example" in page
    assert page.count("<h2>DMARC of list.example</h2>") == 1
    assert "Nothing signs mail from list.example" in page
    assert f"DMARC of {publication.sender_domain}" not in page


def test_a_key_of_another_secret_does_not_break_the_page(admin, publication):
    DkimKey.make(
        publication.sender_domain, algorithm=Algorithm.ED25519, now=timezone.now(), selector="s1"
    )
    DkimKey.objects.update(active=True, private_key="of another time")

    assert b"nothing yet" in admin.get(PAGE).content


def test_a_server_is_tried_and_nothing_is_sent(admin):
    server = ScriptedServer()
    Transport.objects.create(name="good", url=f"smtp://127.0.0.1:{server.port}?tls=none")
    bad = free_port()
    Transport.objects.create(name="bad", url=f"smtp://127.0.0.1:{bad}?tls=none")
    try:
        tried = admin.post(SERVERS, {"name": "good"}).content.decode()
        failed = admin.post(SERVERS, {"name": "bad"}).content.decode()
    finally:
        server.close()

    assert f"127.0.0.1:{server.port} answers." in tried
    assert "to be mended" not in tried
    assert "to be mended" in failed
    assert server.messages == []


def test_a_password_is_never_shown(admin):
    row = Transport(name="relay", url="smtp://user:secretword@mail.example.org:587?tls=required")
    row.save()

    assert b"secretword" not in admin.get(SERVERS).content


def test_without_a_server_of_its_own_the_environments_is_shown(admin):
    page = admin.post(SERVERS, {"name": "no such server"}).content.decode()

    assert "MASTHEAD_SMTP_URL" in page
    assert "was tried" not in page


def test_a_server_that_can_not_be_used_says_why(admin):
    row = Transport.objects.create(name="relay", url="smtp://user@mail.example.org:587")
    Transport.objects.filter(pk=row.pk).update(sealed_password="of another key")

    page = admin.post(SERVERS, {"name": "relay"}).content.decode()

    assert "not known" in page
    assert "It can't be tried" in page

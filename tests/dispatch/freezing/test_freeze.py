"""What is frozen is what is sent, whatever happens to the edition meanwhile."""

from __future__ import annotations

import pytest

from mailer.dispatch.freezing.freeze import freeze_mailing, load_frozen, render_edition
from mailer.errors import RenderingError
from mailer.models import FrozenEdition
from mailer.models.sender import find_sender
from subscribers.models import List
from tests.fakes.rules import lint
from tests.fakes.transports import ScriptedTransport
from tests.fakes.world import NOW, make_edition


def test_every_edition_is_frozen_once(start, edition):
    make_edition(edition.issue.publication, language="ar", subject="الربيع")
    mailing = start()

    first = freeze_mailing(mailing, now=NOW)
    second = freeze_mailing(mailing, now=NOW)

    assert [each.language for each in first] == ["en", "ar"]
    assert first == second


def test_an_edit_after_the_start_changes_nothing_that_is_sent(mailing, edition, send):
    make_edition(edition.issue.publication, subject="A later thought")
    transport = ScriptedTransport()

    send(transport)

    assert b"Subject: Spring" in transport.sent[0].whole()
    assert b"A later thought" not in transport.sent[0].whole()


def test_a_message_keeps_the_rules_of_bulk_mail(mailing, send):
    transport = ScriptedTransport()

    send(transport)

    for message in transport.sent:
        raw = message.whole().replace(b"\r\n..", b"\r\n.")
        assert lint(raw, sender=message.sender, recipient=message.recipient) == []


def test_readers_of_public_lists_get_the_permanent_address(mailing):
    frozen = load_frozen(FrozenEdition.objects.get().pk)

    assert frozen.web_url == "http://127.0.0.1:8000/archive/harbour/7/en/"


def test_readers_of_private_lists_get_an_address_that_can_not_be_guessed(mailing):
    List.objects.update(public=False)

    path = FrozenEdition.objects.get().get_absolute_url()

    assert path.startswith("/read/")
    assert len(path) > 30


OWN = {
    "sender_name": "Ada Berg",
    "sender_address": "ada@list.example",
    "reply_to": "re@list.example",
}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (OWN, b"From: Ada Berg <ada@list.example>\r\nReply-To: re@list.example\r\n"),
        (OWN | {"sender_name": "", "reply_to": ""}, b"From: Readers <ada@list.example>\r\n"),
        (OWN | {"sender_address": ""}, b"@harbour.example>\r\n"),
    ],
)
def test_a_mailing_to_one_list_comes_from_its_own_sender(start, plan, send, changes, expected):
    List.objects.update(**changes)
    transport = ScriptedTransport()

    plan(start())
    send(transport)

    raw = transport.sent[0].whole()
    domain = b"@list.example>" if changes["sender_address"] else b"@harbour.example>"
    (own_id,) = [line for line in raw.split(b"\r\n") if line.startswith(b"Message-ID:")]
    assert expected in raw
    assert own_id.endswith(domain)
    assert b".harbour.example>\r\n" in raw  # the series is the same one: List-ID


def test_a_mailing_to_several_lists_comes_from_the_publication(start):
    List.objects.update(**OWN)
    mailing = start()
    mailing.lists.add(List.objects.create(name="Others", slug="others", **OWN))

    assert find_sender(mailing).domain == "harbour.example"


def test_a_picture_that_is_gone_is_told_with_the_remedy(edition):
    edition.pictures = {
        "boat.jpg": {"name": "gone.jpg", "media_type": "image/jpeg", "width": 1, "height": 1}
    }

    with pytest.raises(RenderingError, match="load the issue file again"):
        render_edition(edition)

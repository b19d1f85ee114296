"""Who sends a letter, and what keeps it from being sent twice or never."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import OperationalError
from django.db.models import F

from mailer.dispatch.letters import notices
from mailer.dispatch.letters.letter import find_sender, letter_key, make_letter
from mailer.dispatch.letters.notices import CLAIM, KEPT, claim_notices, forget_notices, send_notices
from mailer.errors import InvalidToken, MessageError
from mailer.message.identity import read_bounce_address
from mailer.models import Publication
from mailer.models.keys import identity_key
from subscribers.joining import owe
from subscribers.models import Notice, NoticeKind
from tests.fakes.transports import ScriptedTransport
from tests.fakes.world import NOW, join, make_list, make_publication


@pytest.fixture
def notice(db) -> Notice:
    place = join("ada@people.example", make_list(double_opt_in=True))
    return owe(NoticeKind.CONFIRM, [place], language="en", now=NOW)


class OneLane:
    """Give the same lane again and again, as a worker's lanes do."""

    def __init__(self, lane) -> None:
        self.lane = lane

    def choose(self):
        return self.lane


def test_the_sender_is_the_lists_own_or_that_of_a_publication(notice):
    with pytest.raises(MessageError, match="give the list a sender"):
        find_sender(notice)
    publication = make_publication()
    assert find_sender(notice).address == publication.sender_address

    group = notice.subscriber.subscriptions.get().list
    group.sender_address, group.reply_to = "desk@own.example", "answers@own.example"
    group.save()

    sender = find_sender(notice)
    assert (sender.name, sender.address) == ("Readers", "desk@own.example")
    assert (sender.reply_to, sender.domain) == ("answers@own.example", "own.example")


def test_a_publication_of_the_list_comes_before_any_other(notice):
    make_publication()
    own = make_publication_named("own", notice)

    assert find_sender(notice).address == own.sender_address


def make_publication_named(slug: str, notice: Notice):
    publication = Publication.objects.create(
        name=slug, slug=slug, sender_name=slug, sender_address=f"{slug}@own.example"
    )
    publication.lists.set(notice.lists)
    return publication


def test_a_letter_that_bounces_is_taken_for_no_delivery(notice):
    make_publication()
    message = make_letter(notice, now=NOW)

    assert read_bounce_address(message.sender, letter_key()) == notice.pk
    with pytest.raises(InvalidToken):
        read_bounce_address(message.sender, identity_key())


def test_a_letter_is_claimed_once_and_again_when_its_worker_is_gone(notice):
    assert claim_notices(now=NOW) == [notice]
    assert claim_notices(now=NOW) == []
    assert claim_notices(now=NOW + CLAIM) == [notice]


def test_a_letter_that_nobody_can_send_is_given_up_with_the_reason(notice, make_lane):
    lanes = OneLane(make_lane(ScriptedTransport()))

    assert send_notices(lanes, now=NOW) == 1

    notice.refresh_from_db()
    assert (notice.state, notice.reply) == (
        "failed",
        "Nobody can send this letter: give the list a sender.",
    )


def test_without_a_server_nothing_is_claimed(notice):
    assert send_notices(OneLane(None), now=NOW) == 0
    assert Notice.objects.due(now=NOW).exists()


def test_letters_of_long_ago_are_forgotten_and_waiting_ones_are_not(notice):
    later = NOW + KEPT + dt.timedelta(days=1)
    assert forget_notices(now=later) == 0

    Notice.objects.update(state="sent", attempts=F("attempts") + 1)

    assert forget_notices(now=later) == 1


@pytest.mark.parametrize("kind", NoticeKind)
@pytest.mark.parametrize("language", ["en", "fr", "es", "ru", "ar", "zh-hans"])
def test_every_letter_can_be_made_in_every_language(notice, kind, language):
    make_publication()
    notice.kind, notice.language = kind, language

    message = make_letter(notice, now=NOW)

    assert message.recipient == "ada@people.example"
    assert max(map(len, message.whole().split(b"\r\n"))) <= 998
    assert b"{" not in message.whole().partition(b"\r\n\r\n")[0]


def test_a_letter_that_cannot_be_made_waits_and_stops_no_other(notice, make_lane, monkeypatch):
    make_publication()
    other = owe(NoticeKind.CONFIRM, [notice.subscriber.subscriptions.get()], language="", now=NOW)
    monkeypatch.setattr(notices, "make_letter", lambda it, *, now: make_unless(it, notice, now))

    send_notices(OneLane(make_lane(ScriptedTransport())), now=NOW)

    notice.refresh_from_db()
    other.refresh_from_db()
    assert (notice.state, other.state) == ("waiting", "sent")
    assert notice.due_at > NOW
    assert "the database is away" in notice.reply


def make_unless(it: Notice, broken: Notice, now: dt.datetime):
    if it.pk == broken.pk:
        raise OperationalError("the database is away")
    return make_letter(it, now=now)

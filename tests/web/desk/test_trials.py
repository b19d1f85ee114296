"""Tests go through real servers to named people, count nowhere, and harm no reader."""

from __future__ import annotations

import datetime as dt
import email
import re
from contextlib import closing

import pytest
from django.urls import reverse
from django.utils import timezone

from mailer.content.parse import parse_issue
from mailer.dispatch.editions.intake import store_issue
from mailer.dispatch.tasks import send_tests
from mailer.dispatch.trials import send as sending
from mailer.dispatch.trials.message import make_trial
from mailer.dispatch.trials.order import MOST_AN_HOUR, order_trials
from mailer.dispatch.trials.send import CLAIM, claim_trials, send_trials
from mailer.errors import InvalidToken, NotReady
from mailer.message.identity import read_bounce_address
from mailer.models import AuditEntry, Delivery, Mailing, MailingState, Role, Transport, Trial
from mailer.models.keys import identity_key
from mailer.types import Reply, Stage
from mailer.web.desk import trials as page
from subscribers.models import List, Segment, Subscriber, SubscriptionState, SuppressionReason
from subscribers.suppression import suppress
from tests.fakes.smtp_server import ScriptedServer
from tests.fakes.transports import ScriptedTransport
from tests.fakes.world import ISSUE_FILE, NOW, make_edition

TRY = reverse("desk:try", args=["harbour", 7])
FIELDS = {"language": "en", "addresses": "ada@desk.example, bo@desk.example", "marked": "on"}


@pytest.fixture(autouse=True)
def asleep(monkeypatch) -> list[int]:
    made: list[int] = []
    monkeypatch.setattr(page, "wake_tester", lambda: made.append(1))
    return made


class OneLane:
    """Give the same lane again and again, as a worker's lanes do."""

    def __init__(self, lane) -> None:
        self.lane = lane

    def choose(self):
        return self.lane


def write_for_members(publication) -> None:
    text = ISSUE_FILE.format(number=7, language="en", subject="Spring")
    text += '\n:::only "Members"\n\nFor members alone.\n'
    Segment.objects.create(
        name="Members",
        rule={"field": "email", "operator": "equals", "value": "reader1@people.example"},
    )
    store_issue(parse_issue(text, file="x", load_picture=None), publication=publication, now=NOW)


def read_body(raw: bytes) -> str:
    message = email.message_from_bytes(raw)
    return "".join(
        part.get_payload(decode=True).decode() for part in message.walk() if not part.is_multipart()
    )


def test_named_people_get_it_by_a_real_server_and_the_answer_is_told(
    author, edition, redis_url, settings, asleep, django_capture_on_commit_callbacks, client
):
    settings.REDIS_URL = redis_url
    with closing(ScriptedServer()) as server:
        Transport.objects.create(name="own", url=f"smtp://127.0.0.1:{server.port}?tls=none")
        with django_capture_on_commit_callbacks(execute=True):
            author.post(TRY, FIELDS)
        assert asleep == [1]

        send_tests()

    assert [each.state for each in Trial.objects.all()] == ["sent", "sent"]
    asked = [line for line in server.commands if line.startswith("RCPT")]
    assert asked == ["RCPT TO:<ada@desk.example>", "RCPT TO:<bo@desk.example>"]
    message = email.message_from_bytes(server.messages[0])
    assert message["Subject"] == "[Test] Spring"
    assert not Delivery.objects.exists()
    assert AuditEntry.objects.filter(act="sent a test").count() == 1
    shown = author.get(TRY).content.decode()
    assert "Accepted" in shown
    assert "hx-get" not in shown
    # Whoever follows the way out of a test leaves nothing, and a mail program that does it either.
    [out] = re.findall(r"<http[^>]*(/u/[^>]*)>", message["List-Unsubscribe"])
    before = Subscriber.objects.filter(subscriptions__state=SubscriptionState.CONFIRMED).count()
    assert client.post(out).status_code == 200
    after = Subscriber.objects.filter(subscriptions__state=SubscriptionState.CONFIRMED).count()
    assert before == after


OWN = {"sender_name": "Ada", "sender_address": "ada@list.example", "reply_to": "re@list.example"}
FROM_LIST = b"From: Ada <ada@list.example>\r\nReply-To: re@list.example\r\n"


def make_one(edition) -> bytes:
    [trial] = order_trials(edition, ["ada@desk.example"], now=timezone.now())
    return make_trial(trial, now=timezone.now()).whole()


def test_it_comes_from_the_only_list_s_own_sender_as_a_mailing_would(edition):
    List.objects.update(**OWN)
    raw = make_one(edition)

    (own_id,) = [line for line in raw.split(b"\r\n") if line.startswith(b"Message-ID:")]
    assert FROM_LIST in raw
    assert own_id.endswith(b"@list.example>")
    assert b".harbour.example>\r\n" in raw  # the series is the same one: List-ID


def test_where_the_lists_are_several_it_comes_from_what_is_to_be_sent(edition):
    List.objects.update(**OWN)
    own = List.objects.get()
    edition.issue.publication.lists.add(List.objects.create(name="Others", slug="others"))
    assert FROM_LIST not in make_one(edition)

    mailing = Mailing.objects.create(issue=edition.issue, created_at=NOW)
    mailing.lists.add(own)
    assert FROM_LIST in make_one(edition)

    Mailing.objects.update(state=MailingState.SENT)
    assert FROM_LIST not in make_one(edition)


def test_its_bounces_are_never_taken_for_a_reader_s(edition, make_lane):
    reply = Reply(code=451, text="Try later", stage=Stage.RCPT)
    transport = ScriptedTransport(lambda _: reply)
    order_trials(edition, ["ada@desk.example"], marked=False, now=timezone.now())

    send_trials(OneLane(make_lane(transport)), now=timezone.now())

    [message] = transport.sent
    with pytest.raises(InvalidToken):
        read_bounce_address(message.sender, identity_key())
    assert b"Subject: Spring\r\n" in message.whole()
    trial = Trial.objects.get()
    assert (trial.state, trial.reply) == ("failed", "451 Try later")


def test_a_server_that_says_nothing_is_not_waited_for(edition, make_lane, monkeypatch):
    monkeypatch.setattr(sending, "LONGEST_SECONDS", 0.1)
    transport = ScriptedTransport(lambda _: None)
    order_trials(edition, ["ada@desk.example"], now=timezone.now())

    send_trials(OneLane(make_lane(transport)), now=timezone.now())

    assert transport.abandoned
    assert Trial.objects.get().state == "failed"


def test_without_a_server_it_is_said(edition):
    order_trials(edition, ["ada@desk.example"], now=timezone.now())

    send_trials(OneLane(None), now=timezone.now())

    assert "No mail server" in Trial.objects.get().reply


def test_two_workers_do_not_send_it_twice_and_a_dead_one_s_is_sent(edition):
    now = timezone.now()
    order_trials(edition, ["ada@desk.example"], now=now)

    assert len(claim_trials(now=now)) == 1
    assert claim_trials(now=now) == []
    assert len(claim_trials(now=now + CLAIM + dt.timedelta(seconds=1))) == 1


def test_what_cannot_be_rendered_is_told_to_who_waits(edition, make_lane, publication):
    order_trials(edition, ["ada@desk.example"], now=timezone.now())
    publication.theme = "gone"
    publication.save()

    send_trials(OneLane(make_lane(None)), now=timezone.now())

    assert "There is no theme" in Trial.objects.get().reply


@pytest.mark.parametrize(
    ("addresses", "words"),
    [
        ("", "This field is required"),
        ("nobody", "nobody"),
        (", ".join(f"a{n}@desk.example" for n in range(11)), "Write 1 to 10 addresses"),
        ("held@people.example", "must not be written to"),
    ],
)
def test_addresses_that_can_not_be_are_refused_with_the_reason(author, edition, addresses, words):
    suppress("held@people.example", reason=SuppressionReason.MANUAL, origin="test", now=NOW)

    shown = author.post(TRY, FIELDS | {"addresses": addresses}).content.decode()

    assert words in shown
    assert not Trial.objects.exists()


def test_nobody_makes_a_nuisance_of_it(edition):
    now = timezone.now()
    for _ in range(MOST_AN_HOUR // 10):
        order_trials(edition, [f"a{n}@desk.example" for n in range(10)], now=now)

    with pytest.raises(NotReady, match="wait a while"):
        order_trials(edition, ["ada@desk.example"], now=now)
    order_trials(edition, ["ada@desk.example"], now=now + dt.timedelta(hours=2))


def test_it_says_what_a_chosen_reader_would_see(admin, edition, publication):
    write_for_members(publication)
    make_edition(publication, language="fr", subject="Printemps")
    Subscriber.objects.filter(email="reader2@people.example").update(language="fr-CA")
    first = {"reader": "READER1@people.example"}

    said = admin.get(TRY, first).content.decode()
    shown = admin.get(reverse("desk:as_reader", args=["harbour", 7]), first).content.decode()
    other = admin.get(TRY, {"reader": "reader2@people.example"}).content.decode()

    assert "get the English edition, with what is for <bdi>Members</bdi>" in said
    assert "For members alone." in shown
    assert "reader1@people.example" in shown
    assert "get the French edition" in other


def test_it_says_why_a_reader_would_get_nothing(admin, edition):
    suppress("reader1@people.example", reason=SuppressionReason.MANUAL, origin="test", now=NOW)

    said = admin.get(TRY, {"reader": "reader1@people.example"}).content.decode()

    assert "would get nothing: suppressed" in said


def test_a_test_as_a_reader_holds_their_part(admin, edition, publication, make_lane):
    write_for_members(publication)
    admin.post(TRY, FIELDS | {"reader": "reader1@people.example"})
    admin.post(TRY, FIELDS)

    last, *_rest, first = Trial.objects.select_related("edition__issue__publication", "reader")
    assert "For members alone." in read_body(make_trial(first, now=NOW).whole())
    assert "For members alone." not in read_body(make_trial(last, now=NOW).whole())


@pytest.mark.parametrize("wanted", ["stranger@people.example", "nonsense"])
def test_who_is_on_no_list_of_ours_is_nobody(admin, edition, wanted):
    Subscriber.objects.create(
        email="stranger@people.example",
        email_normalised="stranger@people.example",
        created_at=NOW,
    )

    assert "Nobody with this address" in admin.get(TRY, {"reader": wanted}).content.decode()


def test_an_author_learns_nothing_of_readers(author, edition):
    said = author.get(TRY, {"reader": "reader1@people.example"}).content.decode()

    assert "would" not in said.partition("<h1>")[2]
    assert (
        author.get(
            reverse("desk:as_reader", args=["harbour", 7]), {"reader": "reader1@people.example"}
        ).status_code
        == 403
    )


AS_READER = reverse("desk:preview", args=["harbour", 7, "en"])


@pytest.mark.parametrize("role", list(Role))
def test_the_preview_offers_to_look_as_a_reader_to_those_who_may(enter, edition, publication, role):
    write_for_members(publication)
    client, asked = enter(role), {"view": "reader", "reader": "reader1@people.example"}
    may = role in {Role.ADMIN, Role.RESPONSIBLE, Role.EDITOR}

    offered = client.get(AS_READER).content.decode()
    shown = client.get(AS_READER, asked)
    frame = client.get(reverse("desk:as_reader", args=["harbour", 7]), asked)

    assert ("?view=reader" in offered) == may
    assert (shown.status_code, frame.status_code) == ((200, 200) if may else (403, 403))
    said = "with what is for <bdi>Members</bdi>"
    assert (said in shown.content.decode()) == may
    assert ("For members alone." in frame.content.decode()) == may
    # Without a word of who is on a list, and without what is for others, for whoever may not.
    other = client.get(AS_READER, {"reader": "reader1@people.example"}).content.decode()
    assert "reader1@people.example" not in other.partition("<h1")[2]


def test_the_preview_as_nobody_known_says_so(enter, edition):
    asked = {"view": "reader", "reader": "nobody@people.example"}

    page = enter(Role.EDITOR).get(AS_READER, asked).content.decode()

    assert "Nobody with this address is on a list" in page
    assert "<iframe" not in page


def test_the_page_takes_few_queries(admin, edition, django_assert_max_num_queries):
    order_trials(edition, [f"a{n}@desk.example" for n in range(9)], now=timezone.now())

    with django_assert_max_num_queries(20):
        admin.get(TRY, {"reader": "reader1@people.example"})

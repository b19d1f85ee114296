from __future__ import annotations

import smtplib
import socket
from collections.abc import Callable

import pytest
from django.db import OperationalError

from mailer.feedback import inbound
from mailer.feedback.inbound import BoundedSMTP, Listener
from mailer.message.identity import bounce_address, unsubscribe_address
from mailer.models import Delivery, Feedback, InboundMessage
from mailer.models.keys import identity_key
from subscribers.models import Subscription, Suppression
from tests.fakes.reports import DOMAIN, dsn, send_to_two, sender_of
from tests.fakes.servers import wait_until


@pytest.fixture
def connect(listener: Listener) -> Callable[[], smtplib.SMTP]:
    kind = smtplib.LMTP if "LMTP" in listener.server_class.__name__ else smtplib.SMTP
    return lambda: kind("127.0.0.1", listener.port, local_hostname="mx.example")


def test_a_bounce_is_kept_and_handled_before_its_sender_may_forget_it(connect):
    delivery = send_to_two()[0]

    with connect() as client:
        client.sendmail("", [sender_of(delivery)], dsn(delivery.email))

    message = InboundMessage.objects.get()
    assert message.sender == ""
    assert message.handled_at is not None
    assert bytes(message.raw) == dsn(delivery.email)
    assert Suppression.objects.get().email_normalised == delivery.email
    delivery.refresh_from_db()
    assert delivery.bounced_at == message.received_at


def test_the_same_mail_come_twice_is_one(connect):
    delivery = send_to_two()[0]

    for _ in range(2):
        with connect() as client:
            client.sendmail("", [sender_of(delivery)], dsn(delivery.email))

    assert InboundMessage.objects.count() == Feedback.objects.count() == 1


def test_mail_to_an_unsubscribe_address_unsubscribes(connect):
    delivery = send_to_two()[0]
    address = unsubscribe_address(delivery.pk, DOMAIN, identity_key())

    with connect() as client:
        client.sendmail(delivery.email, [address.upper()], b"Subject: unsubscribe\r\n\r\n")

    delivery.refresh_from_db()
    assert delivery.unsubscribed_at is not None
    states = Subscription.objects.order_by("id").values_list("state", flat=True)
    assert list(states) == ["unsubscribed", "confirmed"]


@pytest.mark.parametrize(
    "address",
    [
        "reader@people.example",
        f"anybody@{DOMAIN}",
        f"b-aaaaaaaaaaaaaaaaaaaaaaaaaa@{DOMAIN}",
        bounce_address(1, DOMAIN, b"another key"),
        bounce_address(1, "elsewhere.example", identity_key()),
        bounce_address(1, DOMAIN, identity_key()).replace("b-", "u-"),
        f"b-@{DOMAIN}",
        "x" * 400 + f"@{DOMAIN}",
    ],
    ids=[
        *("a reader's", "anybody's", "made up", "of another key", "of another domain"),
        *("of another kind", "empty", "long"),
    ],
)
def test_an_address_that_is_not_ours_is_refused(connect, address):
    with connect() as client:
        client.ehlo_or_helo_if_needed()
        client.mail("")

        code, text = client.rcpt(address)

    assert code in {501, 550, 553}
    assert code != 550 or text.startswith(b"5.1.1")


@pytest.mark.parametrize("role", ["postmaster", "FBL"])
def test_roles_take_mail(connect, role):
    with connect() as client:
        client.sendmail("a@b.example", [f"{role}@{DOMAIN}"], b"Subject: hello\r\n\r\n")

    assert InboundMessage.objects.get().problem


def test_each_recipient_has_its_own_copy_and_lmtp_its_own_answer(connect, listener):
    deliveries = send_to_two()

    with connect() as client:
        client.ehlo_or_helo_if_needed()
        client.mail("")
        for delivery in deliveries:
            client.rcpt(sender_of(delivery))
        answers = [client.data(dsn("somebody@else.example"))[0]]
        if isinstance(client, smtplib.LMTP):  # RFC 2033 §4.2; smtplib reads only the first
            answers.append(client.getreply()[0])
        answers.append(client.noop()[0])

    assert set(answers) == {250}
    assert Suppression.objects.count() == 2


def test_more_recipients_than_a_bounce_has_are_put_off(connect):
    with connect() as client:
        client.ehlo_or_helo_if_needed()
        client.mail("")
        codes = [
            client.rcpt(bounce_address(number, DOMAIN, identity_key()))[0] for number in range(12)
        ]

    assert codes == [250] * 10 + [452] * 2


def test_nothing_is_lost_while_the_database_is_away(connect, monkeypatch):
    delivery = send_to_two()[0]

    def fail(*_, **__):
        raise OperationalError("the server closed the connection")

    with monkeypatch.context() as broken, connect() as client:
        broken.setattr(inbound, "keep_mail", fail)
        with pytest.raises(smtplib.SMTPDataError) as refusal:
            client.sendmail("", [sender_of(delivery)], dsn(delivery.email))
    with connect() as client:
        client.sendmail("", [sender_of(delivery)], dsn(delivery.email))

    assert refusal.value.smtp_code == 451
    assert Feedback.objects.count() == 1


def test_mail_that_is_kept_and_not_handled_is_answered_for_and_waits(connect, monkeypatch):
    delivery = send_to_two()[0]

    def fail(*_, **__):
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(inbound, "handle", fail)
    with connect() as client:
        client.sendmail("", [sender_of(delivery)], dsn(delivery.email))

    assert InboundMessage.objects.get().handled_at is None


def test_more_than_a_megabyte_is_refused_and_the_connection_lives(connect):
    delivery = send_to_two()[0]
    with connect() as client:
        client.ehlo_or_helo_if_needed()
        assert int(client.esmtp_features["size"]) == 1_048_576
        client.mail("")
        client.rcpt(sender_of(delivery))

        code, _ = client.data(b"x" * 70 + b"\r\n" + b"y" * 900 + (b"\r\n" + b"z" * 900) * 1_300)

        assert code == 552
        assert client.noop()[0] == 250
    assert not InboundMessage.objects.exists()


def test_a_line_of_24_megabytes_is_refused_and_kept_nowhere(connect):
    delivery = send_to_two()[0]
    with connect() as client:
        client.ehlo_or_helo_if_needed()
        client.mail("")
        client.rcpt(sender_of(delivery))

        code, _ = client.data(b"x" * 24_000_000)

    assert code in {500, 552}
    assert not InboundMessage.objects.exists()


def test_lines_longer_than_the_rule_allows_are_taken(connect):
    delivery = send_to_two()[0]

    with connect() as client:
        client.sendmail("", [sender_of(delivery)], dsn(delivery.email) + b"x" * 5_000)

    assert Delivery.objects.exclude(bounced_at=None).count() == 1


def talk(listener: Listener, *, mail: bytes) -> list[bytes]:
    """Say all at once what a client may, and return the replies."""
    hello = b"EHLO x\r\n" if listener.server_class is BoundedSMTP else b"LHLO x\r\n"
    with socket.create_connection(("127.0.0.1", listener.port), timeout=10) as client:
        client.sendall(hello + mail + b"QUIT\r\n")
        with client.makefile("rb") as replies:
            return replies.readlines()


@pytest.mark.parametrize("dot", [b"\n.\n", b"\n.\r\n", b"\r.\r", b"\r\n.\n"])
def test_a_mail_within_a_mail_is_not_smuggled_in(listener, dot):
    to = sender_of(send_to_two()[0]).encode()
    envelope = b"MAIL FROM:<>\r\nRCPT TO:<" + to + b">\r\nDATA\r\n"
    within = dot + envelope.replace(b"\r\n", b"\n") + b"Subject: smuggled\n\nb"

    talk(listener, mail=envelope + b"Subject: a\r\n\r\na" + within + b"\r\n.\r\n")

    assert InboundMessage.objects.count() == 1


def test_a_size_over_the_limit_is_refused_before_the_mail_is_sent(listener):
    replies = talk(listener, mail=b"MAIL FROM:<> SIZE=99999999\r\n")

    assert any(reply.startswith(b"552") for reply in replies)


def test_commands_sent_ahead_of_their_time_do_no_harm(listener):
    replies = talk(listener, mail=b"DATA\r\nRCPT TO:<a@b.example>\r\n" * 200)

    assert replies[-1].startswith((b"221", b"421"))
    assert not InboundMessage.objects.exists()


def test_more_connections_than_it_keeps_are_asked_to_come_again(listener, monkeypatch):
    monkeypatch.setattr(inbound, "MOST_CONNECTIONS", 2)
    address = ("127.0.0.1", listener.port)
    first, second = (socket.create_connection(address, timeout=10) for _ in range(2))
    with first, second:
        greetings = [each.recv(99) for each in (first, second)]
        with socket.create_connection(address, timeout=10) as third:
            refused = third.recv(99)

    assert all(greeting.startswith(b"220") for greeting in greetings)
    assert refused.startswith(b"421 4.7.0")
    wait_until(lambda: not listener.handler.connected, "room for others", seconds=10)
    assert talk(listener, mail=b"")[0].startswith(b"220")

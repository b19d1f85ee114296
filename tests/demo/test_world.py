"""The world is a real server in a process of its own; the sender's side is another one here."""

from __future__ import annotations

import smtplib
import socket
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
from aiosmtpd.controller import Controller

from mailer.demo.behaviour import Behaviour, find_behaviour
from mailer.demo.mailboxes import Mailboxes
from mailer.demo.reactions import ReactionFailed, post_one_click
from mailer.feedback.read import read_feedback
from mailer.types import FeedbackKind
from tests.fakes.servers import free_port, listens, wait_until

MAIL = """\
From: Letter <letter@news.example.org>\r
To: <{to}>\r
Subject: =?utf-8?q?Fr=C3=BChling?=\r
Message-ID: <m-1@news.example.org>\r
Feedback-ID: mailing-7:letter:bulletin:news.example.org\r
List-Unsubscribe: <mailto:u-1@bounces.example>, <{url}>\r
List-Unsubscribe-Post: List-Unsubscribe=One-Click\r
\r
Hello\r
"""


class Inbox:
    def __init__(self) -> None:
        self.mails: list[tuple[str, str, bytes]] = []

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802 - the library's name
        self.mails.append((envelope.mail_from, envelope.rcpt_tos[0], envelope.original_content))
        return "250 kept"


@pytest.fixture
def inbox():
    handler = Inbox()
    controller = Controller(handler, hostname="127.0.0.1", port=free_port())
    controller.start()
    handler.port = controller.port
    yield handler
    controller.stop()


@pytest.fixture
def web():
    posts: list[tuple[str, bytes]] = []

    class Page(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            posts.append((self.path, body))
            self.send_response(200 if self.path == "/u/token" else 302)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Page) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        server.posts = posts
        yield server
        server.shutdown()


@pytest.fixture
def world(tmp_path, inbox):
    mailboxes = Mailboxes(tmp_path / "world.sqlite3")
    mailboxes.create()
    mailboxes.port = free_port()
    command = [sys.executable, "-m", "mailer.demo.world", "--store", str(mailboxes.path)]
    ports = ["--port", str(mailboxes.port), "--inbound-port", str(inbox.port)]
    with subprocess.Popen([*command, *ports]) as process:
        wait_until(lambda: listens(mailboxes.port), "the world")
        yield mailboxes
        process.terminate()
    assert process.returncode == 0


def address_that(behaviour: Behaviour) -> str:
    numbers = range(10_000)
    return next(
        address
        for address in (f"reader{number}@no.example.org" for number in numbers)
        if find_behaviour(address) is behaviour
    )


def send(world, recipient: str, *, sender: str = "b-1@bounces.example", url: str = "") -> None:
    with smtplib.SMTP("127.0.0.1", world.port) as client:
        text = MAIL.format(to=recipient, url=url or "http://127.0.0.1:9/u/token")
        client.sendmail(sender, [recipient], text.encode())


def test_it_keeps_a_message_as_it_arrived_with_its_envelope(world):
    send(world, address_that(Behaviour.TAKES).capitalize())

    (arrival,) = world.iterate_raw()

    assert arrival.recipient == address_that(Behaviour.TAKES)
    assert (arrival.mail_from, arrival.mailing) == ("b-1@bounces.example", "mailing-7")
    assert (arrival.message_id, arrival.subject) == ("<m-1@news.example.org>", "Frühling")
    assert arrival.raw.endswith(b"\r\n\r\nHello\r\n")


def test_it_refuses_an_address_that_is_none(world):
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refusal:
        send(world, address_that(Behaviour.REFUSES))

    ((code, text),) = refusal.value.recipients.values()
    assert (code, text[:5]) == (550, b"5.1.1")
    assert world.refusals() == [(address_that(Behaviour.REFUSES), "b-1@bounces.example", 550)]


def test_a_full_mailbox_takes_each_message_at_the_second_try(world):
    reader = address_that(Behaviour.FULL_ONCE)

    for sender in ("b-1@bounces.example", "b-2@bounces.example"):
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            send(world, reader, sender=sender)
        send(world, reader, sender=sender)

    assert [code for _, _, code in world.refusals()] == [452, 452]
    assert world.count_messages() == 2


@pytest.mark.parametrize(
    ("behaviour", "kind"),
    [
        (Behaviour.BOUNCES, FeedbackKind.BOUNCE),
        (Behaviour.COMPLAINS, FeedbackKind.COMPLAINT),
    ],
)
def test_a_report_comes_to_the_envelope_sender_and_can_be_read(world, inbox, behaviour, kind):
    reader = address_that(behaviour)

    send(world, reader)

    wait_until(lambda: bool(inbox.mails), "the report")
    sender, recipient, raw = inbox.mails[0]
    assert (sender, recipient) == ("<>", "b-1@bounces.example")
    (event,) = read_feedback(raw)
    assert (event.kind, event.recipient) == (kind, reader)
    assert event.permanent is (kind is FeedbackKind.BOUNCE)
    assert "m-1@news.example.org" in event.message_id


def test_a_reader_who_leaves_presses_the_messages_own_button(world, web):
    send(world, address_that(Behaviour.LEAVES), url=f"http://127.0.0.1:{web.server_port}/u/token")

    wait_until(lambda: bool(world.reactions("mailing-7")), "the reaction")

    assert web.posts == [("/u/token", b"List-Unsubscribe=One-Click")]
    assert world.reactions("mailing-7")[0][2] == ""


def test_a_redirect_is_not_followed_and_is_told(world, web):
    send(world, address_that(Behaviour.LEAVES), url=f"http://127.0.0.1:{web.server_port}/else")

    wait_until(lambda: bool(world.reactions("mailing-7")), "the reaction")

    assert len(web.posts) == 1
    assert "answered with 302" in world.reactions("mailing-7")[0][2]


@pytest.mark.parametrize(
    "url", ["http://169.254.169.254/latest", "https://example.org/u/token", "file:///etc/passwd"]
)
def test_the_world_calls_nobody_outside_this_machine(url):
    with pytest.raises(ReactionFailed):
        post_one_click(MAIL.format(to="a@b.example", url=url).encode())


def test_commands_may_be_sent_ahead_of_their_replies(world):
    gone, there = address_that(Behaviour.REFUSES), address_that(Behaviour.TAKES)
    with socket.create_connection(("127.0.0.1", world.port), timeout=20) as connection:
        replies = connection.makefile("rb")
        replies.readline()
        connection.sendall(b"EHLO sender.example\r\n")
        offered = [replies.readline()]
        while offered[-1][3:4] == b"-":
            offered.append(replies.readline())
        for who in (gone, there):
            commands = f"MAIL FROM:<b-1@bounces.example>\r\nRCPT TO:<{who}>\r\nDATA\r\n"
            connection.sendall(commands.encode())
        codes = [replies.readline()[:3] for _ in range(6)]
        connection.sendall(MAIL.format(to=there, url="").encode() + b".\r\nQUIT\r\n")
        codes += [replies.readline()[:3] for _ in range(2)]

    assert b"250-PIPELINING\r\n" in offered
    assert codes == [b"250", b"550", b"503", b"503", b"250", b"354", b"250", b"221"]
    assert [each.recipient for each in world.iterate_raw()] == [there]

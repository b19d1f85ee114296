"""The mailbox reader, against a real Dovecot."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError
from imapclient import IMAPClient

from mailer.environment import read_mailbox
from mailer.errors import InvalidSetting
from mailer.feedback import mailbox as reading
from mailer.feedback.mailbox import READ, UNREAD, find_envelope, open_mailbox, parse_address
from mailer.models import Feedback, InboundMessage
from subscribers.models import Suppression
from tests.conftest import require
from tests.fakes.mailservers import (
    IMAP_PROGRAM,
    PASSWORD,
    USER,
    MailServer,
    open_folder,
    start_dovecot,
)
from tests.fakes.reports import DOMAIN, dsn, sender_of
from tests.fakes.world import NOW

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def dovecot() -> Iterator[MailServer]:
    require(Path(IMAP_PROGRAM).exists() and os.geteuid() == 0, "Dovecot, and root to run it")
    with open_folder() as folder:
        server = start_dovecot(folder / "server")
        yield server
        server.stop()


@pytest.fixture
def inbox(dovecot: MailServer, settings) -> Iterator[IMAPClient]:
    """Give an inbox with nothing in it, and set it as ours."""
    settings.IMAP_URL = dovecot.url
    with IMAPClient("127.0.0.1", port=dovecot.port, ssl=False) as client:
        client.login(USER, PASSWORD)
        for _, _, name in client.list_folders():
            client.select_folder(name)
            client.delete_messages(client.search())
            client.expunge()
        yield client


def count(client: IMAPClient, folder: str) -> int:
    client.select_folder(folder, readonly=True)
    return len(client.search(["UNDELETED"]))


def deliver(client: IMAPClient, raw: bytes, *, to: str = "") -> None:
    client.append("INBOX", (f"Delivered-To: {to}\r\n" if to else "").encode() + raw)


def test_a_bounce_is_read_and_moved(inbox, delivery):
    deliver(inbox, dsn(delivery.email), to=sender_of(delivery))

    call_command("read_mailbox", once=True)

    assert Suppression.objects.get().email_normalised == delivery.email
    assert (count(inbox, "INBOX"), count(inbox, READ), count(inbox, UNREAD)) == (0, 1, 0)


def test_what_can_t_be_read_is_kept_and_moved_aside(inbox, db):
    deliver(inbox, b"Subject: hello\r\n\r\nHow are you?")
    deliver(inbox, b"Subject: large\r\n\r\n" + b"x" * 76 * 14_000)

    call_command("read_mailbox", once=True)

    assert (count(inbox, "INBOX"), count(inbox, READ), count(inbox, UNREAD)) == (0, 0, 2)
    assert InboundMessage.objects.get().recipient == f"postmaster@{DOMAIN}"


def test_a_mail_that_was_kept_and_not_moved_is_applied_once(inbox, delivery):
    for _ in range(2):
        deliver(inbox, dsn(delivery.email), to=sender_of(delivery))

    call_command("read_mailbox", once=True)

    assert (Feedback.objects.count(), count(inbox, READ)) == (1, 2)


def test_while_the_database_is_away_the_mail_stays(inbox, delivery, monkeypatch):
    deliver(inbox, dsn(delivery.email), to=sender_of(delivery))

    def fail(*_: object, **__: object) -> None:
        raise DatabaseError("away")

    monkeypatch.setattr(reading, "keep_mail", fail)
    with pytest.raises(CommandError, match="away"):
        call_command("read_mailbox", once=True)

    assert count(inbox, "INBOX") == 1


def test_a_mail_that_our_code_fails_on_is_kept_for_later(inbox, delivery, monkeypatch):
    deliver(inbox, dsn(delivery.email), to=sender_of(delivery))

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(reading, "handle", fail)
    call_command("read_mailbox", once=True)

    assert InboundMessage.objects.get().handled_at is None
    assert count(inbox, READ) == 1


@pytest.mark.parametrize("missing", [{"MOVE"}, {"MOVE", "UIDPLUS", "NAMESPACE"}])
def test_a_server_that_can_t_move_is_given_copies(inbox, delivery, monkeypatch, missing):
    has = IMAPClient.has_capability
    monkeypatch.setattr(
        IMAPClient, "has_capability", lambda self, name: name not in missing and has(self, name)
    )
    deliver(inbox, dsn(delivery.email), to=sender_of(delivery))

    call_command("read_mailbox", once=True)
    call_command("read_mailbox", once=True)

    assert (count(inbox, "INBOX"), count(inbox, READ)) == (0, 1)


@pytest.mark.parametrize("idle", [True, False])
def test_it_waits_until_something_comes_or_it_is_to_end(inbox, settings, db, monkeypatch, idle):
    has = IMAPClient.has_capability
    monkeypatch.setattr(
        IMAPClient,
        "has_capability",
        lambda self, name: (name != "IDLE" or idle) and has(self, name),
    )
    monkeypatch.setattr(reading, "POLL_SECONDS", 1)
    mailbox = open_mailbox(parse_address(settings.IMAP_URL))
    timer = threading.Timer(0.3, lambda: inbox.append("INBOX", b"Subject: a\r\n\r\nb"))
    timer.start()

    began = time.monotonic()
    mailbox.wait(lambda: False)
    timer.join()
    mailbox.wait(lambda: True)

    assert time.monotonic() - began < 10
    assert mailbox.read_new(now=NOW) == 1
    mailbox.close()


def test_the_command_reads_what_comes_and_ends_on_a_signal(inbox, tmp_path, dovecot):
    database = {"DATABASE_URL": f"sqlite:///{tmp_path}/x.sqlite3", "MASTHEAD_IMAP_URL": dovecot.url}
    environment = os.environ | database | {"DJANGO_SETTINGS_MODULE": "mailer.settings"}
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "-v0"], cwd=ROOT, env=environment, check=True
    )
    process = subprocess.Popen(
        [sys.executable, "manage.py", "read_mailbox"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        said = process.stdout.readline()
        deliver(inbox, b"Subject: hello\r\n\r\nHow are you?")
        end = time.monotonic() + 20
        while count(inbox, "INBOX") and time.monotonic() < end:
            time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        rest, _ = process.communicate(timeout=30)
    finally:
        process.kill()
        process.communicate()

    assert said == "Reading INBOX at 127.0.0.1.\n"
    assert rest == "Ended.\n"
    assert count(inbox, UNREAD) == 1


def test_a_wrong_password_is_told_with_the_remedy_and_without_the_password(inbox, settings):
    settings.IMAP_URL = settings.IMAP_URL.replace(PASSWORD, "guess")

    with pytest.raises(CommandError, match="MASTHEAD_IMAP_URL") as error:
        call_command("read_mailbox", once=True)

    assert "guess" not in str(error.value)


def test_without_a_mailbox_the_command_says_how_to_set_one(settings):
    settings.IMAP_URL = ""

    with pytest.raises(CommandError, match="imaps://user:password@host"):
        call_command("read_mailbox")


@pytest.mark.parametrize("url", ["imap.example.org", "https://u:p@h", "imaps://host/INBOX"])
def test_an_address_that_is_no_mailbox_is_refused(monkeypatch, url):
    monkeypatch.setenv("MASTHEAD_IMAP_URL", url)

    with pytest.raises(InvalidSetting, match="imaps://user:password@"):
        read_mailbox("MASTHEAD_IMAP_URL")


@pytest.mark.parametrize(
    ("url", "port", "tls"),
    [
        ("imaps://a%40x.example:p%2Fw@h/In%20box", 993, "implicit"),
        ("imap://a%40x.example:p%2Fw@h:1143/In%20box", 1143, "starttls"),
        ("imap://a%40x.example:p%2Fw@localhost/In%20box", 143, "none"),
    ],
)
def test_an_address_is_taken_apart(url, port, tls):
    address = parse_address(url)

    assert (address.port, address.tls) == (port, tls)
    assert (address.user, address.password, address.folder) == ("a@x.example", "p/w", "In box")
    assert "p/w" not in repr(address)


def test_only_an_address_with_our_signature_is_taken_for_the_envelope(delivery):
    ours, forged = sender_of(delivery), f"b-forged@{DOMAIN}"
    head = f"Delivered-To: box@isp.example\r\nX-Original-To: {forged}\r\n"

    assert find_envelope(f"{head}Envelope-To: {ours}\r\n\r\n".encode()) == ours
    assert find_envelope(f"{head}\r\n".encode()) == f"postmaster@{DOMAIN}"

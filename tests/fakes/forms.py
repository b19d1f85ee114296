"""The public form as a browser fills it in, and what then reaches the mailbox."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage

import altcha
import pytest
import redis
from django.test import Client
from pytest_django.fixtures import Settings

from mailer.dispatch import tasks
from mailer.models import Publication
from subscribers.models import List
from tests.fakes.smtp_server import ScriptedServer
from tests.fakes.world import make_list, make_publication

ASKED = {"email": "ada@people.example", "lists": ["readers"], "name": "Ada", "language": "en"}
LINK = re.compile(r"^https?://[^/]+(/[a-z]/\S+)$", re.MULTILINE)


def prove(client: Client) -> str:
    """Do the work that the form asks for, as the page's script does."""
    found = client.get("/subscribe/challenge").json()
    solution = altcha.solve_challenge(altcha.Challenge.from_dict(found))
    payload = {"challenge": found, "solution": solution.to_dict()}
    return base64.b64encode(json.dumps(payload).encode()).decode()


@dataclass
class Mailbox:
    """A real mail server, and the letters that it took."""

    server: ScriptedServer

    def read(self) -> list[EmailMessage]:
        return [message_from_bytes(raw, policy=policy.default) for raw in self.server.messages]

    def read_one(self) -> EmailMessage:
        [message] = self.read()
        return message

    def empty(self) -> None:
        self.server.messages.clear()


def text_of(message: EmailMessage) -> str:
    return str(message.get_body(("plain",)).get_content())


def find_link(message: EmailMessage) -> str:
    """Return the path of the first link of ours that stands alone on a line."""
    return LINK.search(text_of(message).replace("\r\n", "\n"))[1]


@pytest.fixture
def mailbox(redis_url: str, settings: Settings) -> Iterator[Mailbox]:
    redis.Redis.from_url(redis_url).flushdb()
    settings.REDIS_URL = redis_url
    server = ScriptedServer()
    settings.SMTP_URL = f"smtp://127.0.0.1:{server.port}?tls=none"
    yield Mailbox(server)
    server.close()


@pytest.fixture
def group(db: None) -> List:
    return make_list(name="The Harbour Letter", double_opt_in=True)


@pytest.fixture
def publication(group: List) -> Publication:
    return make_publication(group)


@pytest.fixture
def woken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Write wake-up calls down instead of sending them."""
    called: list[str] = []
    for module in ("signing_up", "confirming", "own_data"):
        monkeypatch.setattr(
            f"subscribers.web.{module}.wake_answerer", lambda: called.append("answerer")
        )
    return called


def send_in(client: Client, *, proven: bool = True, slug: str = "harbour", **fields: object):
    """Send the form in, with its work done or not."""
    data = ASKED | fields | ({"altcha": prove(client)} if proven else {})
    return client.post(f"/subscribe/{slug}", data)


def answer() -> None:
    """Do what the wake-up call does."""
    tasks.answer_readers()

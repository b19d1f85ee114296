"""A small bulletin, compiled and merged through the real verbs, and read by the standard parser."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage

from mailer.message.compile import compile_message
from mailer.message.headers import MessageHeaders
from mailer.message.merge import merge
from mailer.types import CompiledMessage, Direction, RenderedIssue, SlotName, slot

UNSUBSCRIBE = "https://news.example.org/u/abc?x=1&y=2"
VALUES = {
    "to": "Ada <ada@people.example>",
    "message_id": "m-1@news.example.org",
    "unsubscribe_mailto": "u-1@bounces.example.org",
    SlotName.UNSUBSCRIBE_URL: UNSUBSCRIBE,
    SlotName.PREFERENCES_URL: "https://news.example.org/p/abc",
    SlotName.WEB_URL: "https://news.example.org/archive/x/1/en/",
    SlotName.NAME: "Ada",
    SlotName.EMAIL: "ada@people.example",
    SlotName.SIGNAL: "dAbCdEfGhIjKlMnOpQrStUv",
}
HEADERS = MessageHeaders(
    from_name="Harbour Institute",
    from_address="letter@harbour.example",
    list_id="harbour.harbour.example",
    list_name="The Harbour Letter",
    list_archive="https://news.example.org/archive/harbour/",
    list_help="mailto:letter@harbour.example",
    feedback_id=("mailing-1", "harbour", "bulletin", "harbour.example"),
    date=dt.datetime(2026, 3, 1, 8, tzinfo=dt.UTC),
)
LINK = slot(SlotName.UNSUBSCRIBE_URL)
NAME = slot(SlotName.NAME)


def render(**fields: object) -> RenderedIssue:
    """Return a rendered issue with a name and a link to unsubscribe in both parts."""
    issue = RenderedIssue(
        subject="Spring",
        preheader="",
        language="en",
        direction=Direction.LTR,
        mjml="",
        html=f"<p>Hi {NAME}</p><a href='{LINK}'>x</a>",
        text=f"Hi {NAME}\n\n{LINK}\n",
    )
    return replace(issue, **fields)


def compile_issue(issue: RenderedIssue | None = None, **fields: object) -> CompiledMessage:
    """Compile an issue; ``fields`` are headers that differ."""
    return compile_message(issue or render(), headers=replace(HEADERS, **fields))


def build(issue: RenderedIssue | None = None, **values: str) -> bytes:
    """Compile an issue and merge it for Ada; ``values`` are those that differ."""
    return merge(compile_issue(issue), VALUES | values)


def parse(raw: bytes) -> EmailMessage:
    message = message_from_bytes(raw, policy=policy.SMTP)
    assert isinstance(message, EmailMessage)
    return message


def decode(raw: bytes, kind: str) -> str:
    """Return the text part of a kind (``plain``, ``html``), every character as it was sent."""
    part = parse(raw).get_body((kind,))
    assert part is not None
    return part.get_payload(decode=True).decode()

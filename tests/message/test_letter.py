"""A letter to one person as a message."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from mailer.errors import MessageError
from mailer.message.compile import compile_letter
from mailer.message.headers import LetterHeaders
from mailer.message.merge import merge
from mailer.types import SlotName
from tests.fakes.messages import UNSUBSCRIBE, render

HEADERS = LetterHeaders(
    from_name="Harbour Institute",
    from_address="letter@harbour.example",
    date=dt.datetime(2026, 3, 1, 8, tzinfo=dt.UTC),
)
VALUES = {
    "to": "ada@people.example",
    "message_id": "m-1@harbour.example",
    SlotName.UNSUBSCRIBE_URL: UNSUBSCRIBE,
}
PLAIN = render(text="Please confirm.\n", html="<p>Please confirm.</p>")


def build(*, can_leave: bool = False, **headers: object) -> EmailMessage:
    compiled = compile_letter(PLAIN, headers=replace(HEADERS, **headers), can_leave=can_leave)
    return message_from_bytes(merge(compiled, VALUES), policy=policy.default)


def test_nothing_answers_a_letter_by_itself():
    message = build()

    assert message["Auto-Submitted"] == "auto-generated"
    assert "Precedence" not in message
    assert not [name for name in message if name.startswith("List-")]


def test_a_letter_has_each_header_once_and_both_parts():
    message = build(reply_to="desk@harbour.example")

    assert len(set(message.keys())) == len(message.keys())
    assert message["Reply-To"] == "desk@harbour.example"
    assert (message["To"], message["Message-ID"]) == ("ada@people.example", "<m-1@harbour.example>")
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]


def test_a_letter_of_a_list_can_be_left_with_one_click():
    message = build(can_leave=True, list_id="harbour.harbour.example", list_name="Letter")

    assert message["List-Id"] == "Letter <harbour.harbour.example>"
    assert message["List-Unsubscribe"] == f"<{UNSUBSCRIBE}>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


@pytest.mark.parametrize(
    "wrong",
    [
        {"from_name": "x\r\nBcc: all@people.example"},
        {"from_address": "a b@harbour.example"},
        {"from_address": "zoë@harbour.example"},
        {"reply_to": "x\r\ny@harbour.example"},
        {"list_id": "x>\r\nBcc: y", "list_name": "x"},
        {"list_id": "x.example", "list_name": "x\u2028y"},
        {"date": dt.datetime(2026, 3, 1)},
    ],
)
def test_what_would_break_a_header_is_refused(wrong):
    with pytest.raises(MessageError):
        build(**wrong)

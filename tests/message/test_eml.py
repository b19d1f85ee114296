"""A message as a file is the message as it arrives."""

from __future__ import annotations

import pytest

from mailer.errors import MessageError
from mailer.message.eml import write_eml
from mailer.types import CompiledMessage
from tests.fakes.messages import VALUES, compile_issue, decode, render
from tests.fakes.rules import lint


def test_a_file_is_a_whole_message():
    raw = write_eml(compile_issue(render(text=".a\n..b MHSLOT.unsubscribe_url.TOLSHM")), VALUES)

    assert lint(raw) == []
    assert decode(raw, "plain").startswith(".a\r\n..b ")


def test_dot_stuffing_is_undone():
    stuffed = CompiledMessage(literals=(b"Subject: x\r\n\r\n..hidden\r\n",), slots=())

    assert write_eml(stuffed, {}) == b"Subject: x\r\n\r\n.hidden\r\n"


def test_a_missing_value_is_named():
    with pytest.raises(MessageError, match="'to'"):
        write_eml(compile_issue(), {})

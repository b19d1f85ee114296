"""Every transport is what its callers were promised."""

from __future__ import annotations

import inspect

import pytest

from mailer.transport.base import Transport
from mailer.transport.memory import MemoryTransport
from mailer.transport.smtp.pool import SmtpTransport
from tests.fakes.transports import ScriptedTransport


@pytest.mark.parametrize("kind", [MemoryTransport, SmtpTransport, ScriptedTransport])
@pytest.mark.parametrize("verb", ["room", "submit", "wait", "pending", "withdraw", "close"])
def test_it_has_the_verbs_of_a_transport(kind, verb):
    assert inspect.signature(getattr(kind, verb)) == inspect.signature(getattr(Transport, verb))

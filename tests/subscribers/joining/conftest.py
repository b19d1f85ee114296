"""The public form, its letters and their mailbox."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.fakes.forms import group, mailbox, publication, woken

__all__ = ["group", "mailbox", "publication", "woken"]


@pytest.fixture(autouse=True)
def easy_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask for little work: what it costs is tested once."""
    monkeypatch.setattr("subscribers.web.proof.COST", 2)


@pytest.fixture
def client() -> Client:
    """Give a browser that would be refused if a page asked for a CSRF token."""
    return Client(enforce_csrf_checks=True)

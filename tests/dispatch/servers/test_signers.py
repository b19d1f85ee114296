"""A mailing is signed by its sender's keys, from the moment that they are active."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from mailer.dispatch.control.schedule import create_mailing, schedule_mailing
from mailer.dispatch.servers import signers
from mailer.dispatch.servers.signers import load_signers
from mailer.errors import UnreadableSecret
from mailer.message.signing_keys import Algorithm
from mailer.models import DkimKey
from tests.fakes.dkim import verify
from tests.fakes.transports import ScriptedTransport
from tests.fakes.world import NOW


@pytest.fixture(autouse=True)
def _fresh():
    signers._load.cache_clear()
    yield
    signers._load.cache_clear()


@pytest.fixture
def keys(db: None) -> list[DkimKey]:
    """Give two active keys of the sender's domain."""
    for algorithm in Algorithm:
        DkimKey.make("harbour.example", algorithm=algorithm, now=NOW, selector=algorithm)
    DkimKey.objects.update(active=True)
    return list(DkimKey.objects.all())


def test_every_message_of_a_mailing_is_signed_by_both_keys(keys, mailing, send):
    transport = ScriptedTransport()

    send(transport)

    both = tuple(key.signer() for key in keys)
    assert len(transport.sent) == 20
    for message in transport.sent:
        assert verify(message.whole(), 0, signers=both)
        assert verify(message.whole(), 1, signers=both)


def test_without_keys_a_mailing_goes_out_unsigned(mailing, send):
    transport = ScriptedTransport()

    send(transport)

    assert not any(b"DKIM-Signature" in message.whole() for message in transport.sent)


def test_keys_are_read_once_a_minute(keys, django_assert_num_queries, monkeypatch):
    seconds = iter([60.0, 119.0, 120.0])
    monkeypatch.setattr(signers, "time", SimpleNamespace(monotonic=lambda: next(seconds)))
    with django_assert_num_queries(1):
        assert load_signers("harbour.example") is load_signers("harbour.example")

    DkimKey.objects.update(active=False)

    assert load_signers("harbour.example") == ()


def test_a_sender_under_a_name_beyond_ascii_finds_its_keys(db):
    DkimKey.make("bücher.example", algorithm=Algorithm.ED25519, now=NOW, selector="s1")
    DkimKey.objects.update(active=True)

    (signer,) = load_signers("Bücher.example")

    assert signer.domain == "xn--bcher-kva.example"


def test_a_mailing_whose_keys_can_not_be_read_is_not_scheduled(keys, edition, readers, settings):
    settings.SECRET_KEY = "another key, of at least 32 characters"
    mailing = create_mailing(edition.issue, lists=[readers], now=NOW)

    with pytest.raises(UnreadableSecret, match="MASTHEAD_SECRET_KEY"):
        schedule_mailing(mailing, at=NOW)

"""Keys are kept sealed, and the nearest and newest active one signs."""

from __future__ import annotations

import datetime as dt

import pytest

from mailer.errors import InvalidSigningKey, UnreadableSecret
from mailer.message.signing_keys import Algorithm
from mailer.models import DkimKey
from tests.fakes.world import NOW

pytestmark = pytest.mark.django_db
ED25519, RSA = Algorithm.ED25519, Algorithm.RSA


def make(domain: str, selector: str, algorithm: Algorithm = ED25519, *, age_days: int = 0):
    now = NOW - dt.timedelta(days=age_days)
    key = DkimKey.make(domain, algorithm=algorithm, now=now, selector=selector)
    DkimKey.objects.filter(pk=key.pk).update(active=True)
    return key


def aligned(domain: str) -> list[str]:
    return [key.host for key in DkimKey.objects.aligned(domain)]


def test_a_stolen_row_does_not_tell_the_key():
    key = make("harbour.example", "s1")

    assert "PRIVATE" not in key.private_key
    assert key.signer().domain == "harbour.example"
    assert key.record().startswith("v=DKIM1; k=ed25519; p=")


def test_under_another_secret_key_it_says_what_to_do(settings):
    key = make("harbour.example", "s1")
    settings.SECRET_KEY = "another key, of at least 32 characters"

    with pytest.raises(UnreadableSecret, match=r"\(dkim\).*Restore that key"):
        key.signer()


def test_a_new_key_does_not_sign_before_its_record_is_published():
    key = DkimKey.make("harbour.example", algorithm=ED25519, now=NOW, selector="s1")

    assert not key.active
    assert aligned("harbour.example") == []


def test_a_key_signs_for_its_domain_and_those_below_it():
    make("harbour.example", "s1")

    assert aligned("harbour.example") == aligned("news.harbour.example") != []
    assert aligned("example") == aligned("arbour.example") == aligned("badharbour.example") == []


def test_the_nearest_domain_signs_and_of_its_keys_the_newest():
    make("harbour.example", "newest")
    make("news.harbour.example", "old", age_days=9)
    make("news.harbour.example", "new", age_days=1)

    assert aligned("news.harbour.example") == ["new._domainkey.news.harbour.example"]


def test_one_key_of_each_algorithm_signs_rsa_first():
    make("harbour.example", "e")
    make("harbour.example", "r", RSA)

    assert [key.algorithm for key in DkimKey.objects.aligned("harbour.example")] == [RSA, ED25519]


@pytest.mark.parametrize(("domain", "selector"), [("a b", "s1"), ("harbour.example", "s;1")])
def test_a_name_that_would_change_the_record_is_refused(domain, selector):
    with pytest.raises(InvalidSigningKey, match="is no"):
        make(domain, selector)

"""The first start: only with its secret address, only once, and then everything is there."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from mailer.models import Edition, Publication
from mailer.web.desk.first import first_url
from subscribers.models import Subscription
from tests.fakes.desk import make_user

FIELDS = {
    "email": "Ada@Desk.example",
    "password": "a long pass phrase",
    "name": "The Quay Letter",
    "sender_name": "Quay Institute",
    "sender_address": "letter@quay.example",
    "sample": "on",
}


@pytest.fixture
def path(db) -> str:
    return urlsplit(first_url()).path


def test_it_makes_the_admin_the_publication_a_test_list_and_the_sample(client, path):
    assert b"Welcome to Masthead" in client.get(path).content

    answer = client.post(path, FIELDS)

    assert answer["Location"] == reverse("desk:today", args=["the-quay-letter"])
    assert client.get(answer["Location"]).status_code == 200
    assert User.objects.get().is_superuser
    [edition] = Edition.objects.all()
    assert "publication: The Quay Letter" in edition.source
    [place] = Subscription.objects.filter(list__in=Publication.objects.get().lists.all())
    assert (place.subscriber.email_normalised, place.state) == ("ada@desk.example", "confirmed")


def test_without_the_secret_it_is_not_there(client, db):
    assert client.get("/desk/~first/first:forged/").status_code == 404


def test_with_somebody_there_it_makes_nobody(client, path):
    make_user("ada")

    assert client.post(path, FIELDS).status_code == 302
    assert User.objects.count() == 1
    assert first_url() == ""


def test_a_weak_password_is_refused_and_nothing_is_made(client, path):
    assert b"too short" in client.post(path, FIELDS | {"password": "short"}).content
    assert not User.objects.exists()

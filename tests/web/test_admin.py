"""The admin shows what the pipeline wrote, and neither keys nor megabytes."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from mailer.message.signing_keys import Algorithm
from mailer.models import DkimKey, FrozenEdition, Pulse
from mailer.models.pulse import start_beating
from tests.fakes.world import NOW


@pytest.fixture
def client(db: None) -> Client:
    browser = Client()
    browser.force_login(User.objects.create_superuser("chief"))
    return browser


@pytest.fixture
def rows(published) -> dict[str, object]:
    start_beating()
    key = DkimKey.make(
        "harbour.example", algorithm=Algorithm("ed25519"), now=NOW, selector="spring"
    )
    return {
        "frozenedition": FrozenEdition.objects.get(),
        "pulse": Pulse.objects.get(),
        "dkimkey": key,
    }


@pytest.mark.parametrize("model", ["frozenedition", "pulse", "dkimkey"])
def test_rows_are_shown_and_not_changed(client, rows, model):
    row = rows[model]
    one = reverse(f"admin:mailer_{model}_change", args=[row.pk])

    assert client.get(reverse(f"admin:mailer_{model}_changelist"), {"q": "a"}).status_code == 200
    assert client.get(one).status_code == 200
    assert client.post(one, {}).status_code == 403
    assert client.get(reverse(f"admin:mailer_{model}_add")).status_code == 403
    assert client.get(reverse(f"admin:mailer_{model}_delete", args=[row.pk])).status_code == 403


def test_a_sealed_key_is_never_shown_nor_read(client, rows, django_assert_max_num_queries):
    with django_assert_max_num_queries(20) as queries:
        shown = client.get(reverse("admin:mailer_dkimkey_change", args=[rows["dkimkey"].pk]))

    assert b"spring" in shown.content
    assert rows["dkimkey"].private_key.encode() not in shown.content
    assert not any("private_key" in query["sql"] for query in queries.captured_queries)


def test_a_frozen_edition_is_shown_without_its_message(client, rows, django_assert_max_num_queries):
    path = reverse("admin:mailer_frozenedition_change", args=[rows["frozenedition"].pk])
    with django_assert_max_num_queries(20) as queries:
        shown = client.get(path)

    assert rows["frozenedition"].content_hash.encode() in shown.content
    assert not any('"compiled"' in query["sql"] for query in queries.captured_queries)

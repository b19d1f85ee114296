"""The admin shows what the pipeline wrote, and neither keys nor megabytes."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from mailer.message.signing_keys import Algorithm
from mailer.models import DkimKey, FrozenEdition, Link, Pulse
from mailer.models.pulse import start_beating
from tests.fakes.world import NOW

MODELS = [model._meta.model_name for model in apps.get_app_config("mailer").get_models()]


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


def test_a_mailing_s_page_shows_its_clicks_and_runs_nothing_of_a_link(client, published):
    Link.objects.create(
        frozen_edition=published.frozen_editions.get(),
        number=1,
        url="https://example.org/<script>alert(1)</script>",
        article="<b>News</b>",
        clicks=41,
    )

    page = client.get(f"/admin/mailer/mailing/{published.pk}/change/").content.decode()

    assert "<td>41</td>" in page
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page
    assert "<b>News" not in page


@pytest.mark.parametrize("model", MODELS)
def test_a_list_of_many_rows_takes_few_queries(client, rows, model, django_assert_max_num_queries):
    path = reverse(f"admin:mailer_{model}_changelist")

    # Three of them note when this session was last seen; twenty deliveries are shown.
    with django_assert_max_num_queries(14):
        shown = client.get(path)

    assert shown.status_code == 200
    assert client.get(path, {"q": "a"}).status_code == 200

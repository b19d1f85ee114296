"""Who sends is set by admins, and every change is written down."""

from __future__ import annotations

import pytest
from django.urls import reverse

from mailer.models import AuditEntry, Membership, Publication, Role
from mailer.web.desk.house import sender
from tests.fakes.world import make_list

PAGE = reverse("desk:settings", args=["harbour"])


@pytest.fixture
def given(publication) -> dict[str, object]:
    return {
        "name": publication.name,
        "sender_name": publication.sender_name,
        "sender_address": publication.sender_address,
        "reply_to": "",
        "lists": [group.pk for group in publication.lists.all()],
        "theme": publication.theme,
    }


def test_what_changes_is_kept_and_written_down(admin, publication, given):
    other = make_list("members", name="Members")

    answer = admin.post(
        PAGE, given | {"sender_name": "The Harbour", "lists": [*given["lists"], other.pk]}
    )

    assert answer.status_code == 302
    kept = Publication.objects.get(pk=publication.pk)
    assert kept.sender_name == "The Harbour"
    assert kept.lists.count() == 2
    entry = AuditEntry.objects.get()
    assert entry.act == "changed the sender"
    assert set(entry.before) == set(entry.after) == {"sender", "lists"}
    assert entry.after["sender"] == "The Harbour"


def test_what_stays_the_same_leaves_no_line(admin, given):
    admin.post(PAGE, given)

    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"sender_address": "nobody"},
        {"sender_address": "a@b.example\r\nBcc: c@d.example"},
        {"sender_name": ""},
        {"sender_name": "a\r\nBcc: c@d.example"},
        {"sender_name": "a\N{LINE SEPARATOR}b"},
        {"name": ""},
        {"lists": [10**9]},
        {"lists": []},
        {"theme": "../x"},
        {"theme": "nosuch"},
        {"theme": ""},
    ],
)
def test_what_is_wrong_is_told_and_changes_nothing(admin, publication, given, wrong):
    answer = admin.post(PAGE, given | wrong)

    assert answer.status_code == 422
    assert b'class="error"' in answer.content
    assert Publication.objects.get(pk=publication.pk).sender_name == publication.sender_name


def test_a_theme_that_is_there_can_be_chosen_and_it_is_written_down(
    admin, publication, given, monkeypatch
):
    monkeypatch.setattr(sender, "list_themes", lambda: ["default", "quiet"])
    monkeypatch.setattr(sender, "load_theme", lambda _: None)

    offered = admin.get(PAGE).content.decode()
    admin.post(PAGE, given | {"theme": "quiet"})

    assert '<option value="default" selected>' in offered
    assert '<option value="quiet">' in offered
    assert Publication.objects.get(pk=publication.pk).theme == "quiet"
    assert AuditEntry.objects.get().after == {"theme": "quiet"}


def test_address_and_chain_are_not_to_be_had_by_naming_them(admin, publication, given):
    admin.post(PAGE, given | {"slug": "other", "chain": "[]", "name": "Quay"})

    kept = Publication.objects.get(pk=publication.pk)
    assert (kept.slug, kept.name, kept.theme, kept.chain) == ("harbour", "Quay", "default", [])


def test_another_publication_s_list_is_neither_offered_nor_taken(admin, publication, given):
    theirs = make_list("theirs", name="Their readers")
    other = Publication.objects.create(
        name="Other", slug="other", sender_name="O", sender_address="o@other.example"
    )
    other.lists.add(theirs)

    page = admin.get(PAGE).content.decode()
    answer = admin.post(PAGE, given | {"lists": [*given["lists"], theirs.pk]})

    assert "Their readers" not in page
    assert answer.status_code == 422
    assert not publication.lists.filter(pk=theirs.pk).exists()

    member = Membership.objects.get(publication=publication, role=Role.ADMIN)
    Membership.objects.create(user=member.user, publication=other, role=Role.ADMIN)
    assert "Their readers" in admin.get(PAGE).content.decode()

"""The audit log is added to, by acts of the desk, and never changed."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone

from mailer.models import AuditEntry, Role
from tests.fakes.desk import make_member

PAGE = reverse("desk:audit", args=["harbour"])


@pytest.fixture
def entry(publication) -> AuditEntry:
    return AuditEntry.objects.create(
        publication=publication,
        actor="ada@desk.example",
        act="replaced an edition",
        subject="<script>alert(1)</script>",
        before={"subject": "Spring"},
        after={"subject": "Late spring"},
        at=timezone.now(),
    )


def test_an_entry_can_neither_be_changed_nor_deleted(entry):
    for attempt in (
        entry.save,
        entry.delete,
        AuditEntry.objects.all().delete,
        lambda: AuditEntry.objects.update(actor="eve"),
        lambda: AuditEntry.objects.bulk_update([entry], ["actor"]),
    ):
        with pytest.raises(PermissionError, match="never"):
            attempt()


def test_the_admin_reads_what_it_was_before_and_after(admin, entry):
    page = admin.get(PAGE).content.decode()

    assert "<del>Spring</del> <ins>Late spring</ins>" in page
    assert "<script>alert" not in page


@pytest.mark.parametrize(("search", "found"), [("ada", True), ("replaced", True), ("bo", False)])
def test_entries_are_found(admin, entry, search, found):
    page = admin.get(PAGE, {"q": search}).content.decode()

    assert ("Late spring" in page) is found


def test_an_entry_outlives_the_person(admin, entry, publication):
    user = make_member(publication, Role.EDITOR)
    kept = AuditEntry.objects.create(
        publication=publication, user=user, actor="bo", act="x", subject="y", at=timezone.now()
    )

    user.delete()

    kept.refresh_from_db()
    assert (kept.user, kept.actor) == (None, "bo")

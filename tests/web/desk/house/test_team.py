"""Who works here: taken in by a letter, moved and removed, and never locked out by themselves."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.urls import reverse

from mailer.errors import MessageError
from mailer.models import AuditEntry, Membership, Role
from tests.fakes.desk import make_member, make_user

PAGE = reverse("desk:team", args=["harbour"])


def own(membership: Membership, verb: str) -> str:
    return reverse(f"desk:{verb}", args=["harbour", membership.pk])


@pytest.fixture
def editor(publication) -> Membership:
    return Membership.objects.get(user=make_member(publication, Role.EDITOR))


def test_somebody_new_gets_an_account_and_a_letter_to_choose_a_password(admin, client, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"

    answer = admin.post(PAGE, {"email": "New@Desk.example", "role": "author"}, follow=True)

    assert "gets a letter" in answer.content.decode()
    user = User.objects.get(email="new@desk.example")
    assert not user.has_usable_password()
    assert not user.is_staff
    assert user.memberships.get().role == Role.AUTHOR
    [letter] = mail.outbox
    assert letter.to == ["new@desk.example"]
    link = re.search(r"https?://[^/]+(/accounts/\S+)", letter.body)
    assert link
    page = client.get(link[1], follow=True)
    chosen = {"password1": "a longer pass phrase", "password2": "a longer pass phrase"}
    client.post(page.redirect_chain[-1][0], chosen)
    user.refresh_from_db()
    assert user.check_password("a longer pass phrase")
    assert AuditEntry.objects.get().after == {"role": "author"}


def test_who_has_an_account_gets_a_role_and_no_letter(admin, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    user = make_user("bo")

    admin.post(PAGE, {"email": "BO@desk.example", "role": "viewer"})

    assert user.memberships.get().role == Role.VIEWER
    assert mail.outbox == []


def test_without_a_mail_server_the_account_is_there_and_the_admin_is_told(admin, monkeypatch):
    def refuse(*_: object, **__: object) -> None:
        raise MessageError("No mail server can be had now.")

    monkeypatch.setattr("mailer.web.desk.house.team.ResetPasswordForm.save", refuse)

    answer = admin.post(PAGE, {"email": "new@desk.example", "role": "author"}, follow=True)

    assert "no letter could be sent" in answer.content.decode()
    assert User.objects.filter(email="new@desk.example").exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"email": "editor@desk.example", "role": "author"},
        {"email": "nobody", "role": "author"},
        {"email": "new@desk.example", "role": "owner"},
        {"email": "a@b.example\r\nBcc: c@d.example", "role": "author"},
        {},
    ],
)
def test_what_is_wrong_is_told_and_changes_nothing(admin, editor, wrong):
    answer = admin.post(PAGE, wrong)

    assert answer.status_code == 422
    assert Membership.objects.count() == 2
    assert User.objects.count() == 2


def test_a_role_is_changed_and_written_down(admin, editor):
    admin.post(own(editor, "role"), {"role": "responsible"})

    editor.refresh_from_db()
    assert editor.role == Role.RESPONSIBLE
    entry = AuditEntry.objects.get()
    assert (entry.before, entry.after) == ({"role": "editor"}, {"role": "responsible editor"})


def test_a_role_that_is_none_is_refused(admin, editor):
    admin.post(own(editor, "role"), {"role": "superuser"})

    editor.refresh_from_db()
    assert editor.role == Role.EDITOR
    assert not AuditEntry.objects.exists()


def test_who_is_removed_has_no_part_any_more_and_keeps_the_account(admin, editor, client):
    client.force_login(editor.user)
    asked = admin.get(own(editor, "remove_member")).content.decode()
    assert "Remove them from the team?" in asked
    assert editor.user.email in asked
    assert Membership.objects.filter(pk=editor.pk).exists()

    admin.post(own(editor, "remove_member"))

    assert client.get(reverse("desk:today", args=["harbour"])).status_code == 404
    assert User.objects.filter(pk=editor.user_id).exists()
    assert AuditEntry.objects.get().act == "removed"


@pytest.mark.parametrize("verb", ["role", "remove_member"])
def test_nobody_locks_themselves_out(admin, verb):
    me = Membership.objects.get(role=Role.ADMIN)

    answer = admin.post(own(me, verb), {"role": "viewer"}, follow=True)

    assert "ask another admin" in answer.content.decode()
    assert Membership.objects.get().role == Role.ADMIN


def test_an_address_with_markup_is_shown_as_text(admin, publication):
    user = make_user("x", first_name="<b>")
    User.objects.filter(pk=user.pk).update(email='"<script>"@desk.example')
    Membership.objects.create(user=user, publication=publication, role=Role.EDITOR)

    assert b"<script>" not in admin.get(PAGE).content


def test_a_large_team_costs_no_more_questions(admin, publication, django_assert_max_num_queries):
    for number in range(30):
        user = make_user(f"u{number}")
        Membership.objects.create(user=user, publication=publication, role=Role.AUTHOR)

    with django_assert_max_num_queries(12):
        admin.get(PAGE)

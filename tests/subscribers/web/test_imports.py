from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from subscribers import tasks
from subscribers.importing.lifecycle import claim_import
from subscribers.importing.run import run_import
from subscribers.models import Import, Subscriber
from tests.fakes.world import make_list

PEOPLE = b"email,name,born\nada@people.example,<script>alert(1)</script>,14.3.1984\nnobody,=1+1,\n"
ALL = ("add_import", "change_import", "view_import", "export_subscriber", "view_subscriber")


def make_client(name: str, *permissions: str) -> Client:
    user = User.objects.create_user(name, is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    browser = Client()
    browser.force_login(user)
    return browser


@pytest.fixture(autouse=True)
def woken(settings, tmp_path, monkeypatch):
    settings.VAR_DIR = tmp_path
    called: list[int] = []
    monkeypatch.setattr("subscribers.web.imports.wake_importer", called.append)
    return called


@pytest.fixture
def editor(db):
    return make_client("editor", *ALL)


@pytest.fixture
def group(db):
    return make_list()


def send(browser: Client, group, content: bytes = PEOPLE, name: str = "people.csv"):
    form = {"list": group.pk, "basis": "members", "confirmed": "on", "existing": "update"}
    file = SimpleUploadedFile(name, content)
    return browser.post(reverse("admin:subscribers_import_add"), form | {"file": file})


def page(kept: Import, name: str = "change") -> str:
    return reverse(f"admin:subscribers_import_{name}", args=[kept.pk])


def press(browser: Client, kept: Import, action: str, **fields):
    return browser.post(page(kept), {"action": action, **fields}, follow=True)


def work(kept: Import) -> None:
    run_import(claim_import(kept.pk, now=timezone.now()), clock=timezone.now)


@pytest.mark.django_db(transaction=True)
def test_a_file_goes_from_upload_over_check_to_report(editor, group, woken):
    assert b'type="file"' in editor.get(reverse("admin:subscribers_import_add")).content
    assert send(editor, group).status_code == 302
    kept = Import.objects.get()
    first = editor.get(page(kept)).content
    assert b"ada@people.example" in first
    assert b"<script>alert" not in first

    targets = ["email", "name", "attribute:born:date_dmy"]
    press(editor, kept, "check", target=targets)
    assert b'http-equiv="refresh"' in editor.get(page(kept)).content
    work(kept)
    assert b"What would happen" in editor.get(page(kept)).content
    assert not Subscriber.objects.exists()

    press(editor, kept, "start")
    work(kept)
    report = editor.get(page(kept)).content
    assert woken == [kept.pk, kept.pk]
    assert b"What happened" in report
    assert Subscriber.objects.get().attributes == {"born": "1984-03-14"}

    refused = editor.get(page(kept, "refused"))
    assert refused["Content-Disposition"].startswith("attachment")
    assert b"'=1+1" in b"".join(refused.streaming_content)


@pytest.mark.parametrize("content", [b"", b"%PDF-1", b"PK\x03\x04x", b"name\n" + b"\0" * 50])
def test_a_bad_file_is_refused_on_the_form_and_not_kept(editor, group, content):
    response = send(editor, group, content)

    assert response.status_code == 200
    assert b"errorlist" in response.content
    assert not Import.objects.exists()


def test_the_ground_must_be_stated(editor, group):
    file = SimpleUploadedFile("people.csv", PEOPLE)
    form = {"list": group.pk, "basis": " ", "existing": "update", "file": file}

    assert b"errorlist" in editor.post(reverse("admin:subscribers_import_add"), form).content
    assert not Import.objects.exists()


def test_a_path_in_the_name_is_only_a_name(editor, group, tmp_path):
    send(editor, group, name="../../../etc/passwd.csv")

    assert Import.objects.get().file_name == "passwd.csv"
    assert not list(tmp_path.parent.glob("**/passwd*"))


def test_the_import_of_another_user_is_not_there(editor, group):
    send(editor, group)
    kept = Import.objects.get()
    other = make_client("other", *ALL)

    assert other.get(page(kept)).status_code == 404
    assert other.get(page(kept, "refused")).status_code == 404
    assert other.post(page(kept), {"action": "discard"}).status_code == 404
    assert b"people.csv" not in other.get(reverse("admin:subscribers_import_changelist")).content
    assert Import.objects.exists()


@pytest.mark.parametrize(
    ("permissions", "can_see"), [((), False), (("view_import",), True), (("add_import",), False)]
)
def test_each_act_needs_its_permission(group, permissions, can_see, db):
    browser = make_client("some", *permissions)
    send(make_client("maker", *ALL), group)
    Import.objects.update(owner=User.objects.get(username="some"))
    kept = Import.objects.get()

    assert browser.get(page(kept)).status_code == (200 if can_see else 403)
    assert browser.post(page(kept), {"action": "start"}).status_code == 403
    if "add_import" not in permissions:
        assert send(browser, group).status_code == 403
    assert browser.get(reverse("admin:subscribers_subscriber_export")).status_code == 403


def test_nothing_is_done_without_the_forms_token_or_by_a_get(editor, group):
    send(editor, group)
    kept = Import.objects.get()
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(User.objects.get(username="editor"))

    assert strict.post(page(kept), {"action": "start"}).status_code == 403
    editor.get(page(kept), {"action": "start"})
    kept.refresh_from_db()
    assert kept.state == "draft"


def test_a_stranger_is_sent_to_log_in(group, client):
    assert client.get(reverse("admin:subscribers_import_add")).status_code == 302
    assert client.get(reverse("admin:subscribers_subscriber_export")).status_code == 302


def test_an_import_is_cancelled_gone_on_with_and_discarded(editor, group, tmp_path):
    send(editor, group)
    kept = Import.objects.get()
    press(editor, kept, "start")
    assert b"under way" in press(editor, kept, "discard").content
    press(editor, kept, "cancel")
    kept.refresh_from_db()
    assert kept.state == "cancelled"

    press(editor, kept, "discard")
    assert not Import.objects.exists()
    assert not list(tmp_path.glob("imports/*"))


def test_a_wrong_mapping_is_told_and_changes_nothing(editor, group):
    send(editor, group)
    kept = Import.objects.get()

    assert b"email" in press(editor, kept, "start", target=["skip", "skip", "skip"]).content
    kept.refresh_from_db()
    assert (kept.state, kept.mapping[0]) == ("draft", "email")
    assert editor.post(page(kept), {"action": "drop table"}).status_code == 404


def test_another_delimiter_is_looked_at_before_anything(editor, group):
    send(editor, group, b"email;a,b\nada@people.example;1,2\n")
    kept = Import.objects.get()

    told = press(editor, kept, "start", target=kept.mapping, delimiter=";", encoding="utf-8")

    assert b"look at them" in told.content
    kept.refresh_from_db()
    assert (kept.state, kept.delimiter) == ("draft", ";")


def test_the_waking_call_goes_to_the_task(monkeypatch):
    called = []
    monkeypatch.setattr(tasks.import_people, "delay", lambda **options: called.append(options))

    tasks.wake_importer(7)

    assert called == [{"import_id": 7}]

"""A file goes from upload over a check to its report; a stranger's list is never reached."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from mailer.models import AuditEntry, Publication
from mailer.web.desk.people import imports as page
from subscribers.importing.lifecycle import Wish, claim_import, keep_import
from subscribers.importing.run import run_import
from subscribers.models import Import, Subscriber
from tests.fakes.world import NOW

PEOPLE = b"email,name,born\nada@people.example,<script>alert(1)</script>,14.3.1984\nnobody,=1+1,\n"
NEW = reverse("desk:new_import", args=["harbour"])
LIST = reverse("desk:imports", args=["harbour"])


@pytest.fixture(autouse=True)
def woken(settings, tmp_path, monkeypatch) -> list[int]:
    settings.VAR_DIR = tmp_path
    called: list[int] = []
    monkeypatch.setattr(page, "wake_importer", called.append)
    return called


def send(client, content: bytes = PEOPLE, **fields):
    asked = {"list": "readers", "basis": "members", "confirmed": "on", "existing": "update"}
    file = SimpleUploadedFile("people.csv", content)
    return client.post(NEW, asked | fields | {"file": file})


def at(kept: Import, name: str = "import") -> str:
    return reverse(f"desk:{name}", args=["harbour", kept.pk])


def press(client, kept: Import, act: str, **fields):
    return client.post(at(kept), {"act": act, **fields}, follow=True)


def work(kept: Import) -> None:
    run_import(claim_import(kept.pk, now=timezone.now()), clock=timezone.now)


@pytest.mark.django_db(transaction=True)
def test_a_file_goes_from_upload_over_check_to_report(admin, readers, woken):
    assert send(admin).status_code == 302
    kept = Import.objects.get()
    first = admin.get(at(kept)).content.decode()
    assert "ada@people.example" in first
    assert "<script>alert" not in first

    columns = {
        "kind": ["email", "name", "attribute"],
        "called": ["", "", "born"],
        "type": ["", "", "date_dmy"],
    }
    press(admin, kept, "check", **columns)
    live = admin.get(at(kept), headers={"HX-Request": "true"}).content.decode()
    assert live.lstrip().startswith('<div id="importing" hx-get')
    work(kept)
    checked = admin.get(at(kept)).content.decode()
    assert "What would happen" in checked
    assert not Subscriber.objects.filter(email="ada@people.example").exists()

    press(admin, kept, "start")
    work(kept)
    assert woken == [kept.pk, kept.pk]
    assert "What happened" in admin.get(at(kept)).content.decode()
    assert Subscriber.objects.get(email="ada@people.example").attributes == {"born": "1984-03-14"}
    refused = admin.get(at(kept, "refused"))
    assert refused["Content-Disposition"].startswith("attachment")
    assert b"'=1+1" in b"".join(refused.streaming_content)
    acts = list(AuditEntry.objects.order_by("id").values_list("act", flat=True))
    assert acts == ["uploaded people", "checked an import", "started an import"]


@pytest.mark.usefixtures("readers")
def test_a_column_that_seems_to_say_who_left_is_asked_about(admin):
    send(admin, b"email,contact\nada@people.example,fine\nbo@people.example,unsubscribed\n")
    kept = Import.objects.get()
    columns = {"called": ["", ""], "type": ["", ""]}
    assert 'value="undecided" selected' in admin.get(at(kept)).content.decode()

    for act in ("check", "start"):
        told = press(admin, kept, act, kind=["email", "undecided"], **columns).content.decode()
        assert "seems to say who has left" in told
        kept.refresh_from_db()
        assert kept.state == "draft"

    press(admin, kept, "check", kind=["email", "standing"], **columns)
    kept.refresh_from_db()
    assert kept.state == "queued"


@pytest.mark.usefixtures("readers")
def test_what_nobody_has_looked_at_stays_a_guess_on_the_way_through_the_page(admin):
    send(admin, b"email,city,age\nada@people.example,Oslo,42\n")
    kept = Import.objects.get()
    page_text = admin.get(at(kept)).content.decode()
    assert 'value="guessed_text" selected' in page_text

    types = ["", "guessed_text", "guessed_number"]
    kinds = ["email", "attribute", "attribute"]
    press(admin, kept, "check", kind=kinds, called=["", "city", "age"], type=types)

    kept.refresh_from_db()
    assert kept.mapping == ["email", "attribute:city:guessed_text", "attribute:age:guessed_number"]
    assert kept.state == "queued"


@pytest.mark.parametrize(
    ("content", "fields"),
    [(b"%PDF-1", {}), (b"", {}), (PEOPLE, {"basis": " "}), (PEOPLE, {"list": "others"})],
)
@pytest.mark.usefixtures("stranger")
def test_what_can_not_be_taken_is_refused_and_not_kept(admin, content, fields):
    assert send(admin, content, **fields).status_code == 422
    assert not Import.objects.exists()


@pytest.mark.usefixtures("stranger")
def test_an_import_of_another_publication_is_not_there(admin):
    wish = Wish(group=Publication.objects.get(slug="other").lists.get(), basis="x")
    kept = keep_import([PEOPLE], name="other.csv", wish=wish, owner_id=None, now=NOW)

    assert admin.get(at(kept)).status_code == 404
    assert admin.post(at(kept), {"act": "discard"}).status_code == 404
    assert admin.get(at(kept, "refused")).status_code == 404
    assert "other.csv" not in admin.get(LIST).content.decode()


def test_a_wrong_mapping_is_told_and_changes_nothing(admin, readers):
    send(admin)
    kept = Import.objects.get()

    told = press(admin, kept, "start", kind=["skip"] * 3, called=[""] * 3, type=[""] * 3)

    assert "email" in told.content.decode()
    kept.refresh_from_db()
    assert (kept.state, kept.mapping[0]) == ("draft", "email")


def test_another_delimiter_is_looked_at_before_anything(admin, readers):
    send(admin, b"email;a,b\nada@people.example;1,2\n")
    kept = Import.objects.get()

    told = press(admin, kept, "start", kind=["email"], called=[""], type=[""], delimiter=",")

    assert "columns may be others" in told.content.decode() or "email" in told.content.decode()
    kept.refresh_from_db()
    assert kept.state == "draft"


def test_it_is_cancelled_gone_on_with_and_discarded(admin, readers, tmp_path):
    send(admin)
    kept = Import.objects.get()
    press(admin, kept, "start")
    assert "cancel it first" in press(admin, kept, "discard").content.decode()
    press(admin, kept, "cancel")
    kept.refresh_from_db()
    assert kept.state == "cancelled"

    press(admin, kept, "discard")
    assert not Import.objects.exists()
    assert not list(tmp_path.glob("imports/*"))
    assert "press one of the buttons" in (
        send(admin) and press(admin, Import.objects.get(), "drop table").content.decode()
    )


def test_an_empty_list_teaches_and_pages_take_few_queries(
    admin, readers, django_assert_max_num_queries
):
    assert "Nothing was imported yet" in admin.get(LIST).content.decode()
    send(admin)
    with django_assert_max_num_queries(12):
        assert "people.csv" in admin.get(LIST).content.decode()
    with django_assert_max_num_queries(12):
        admin.get(at(Import.objects.get()))

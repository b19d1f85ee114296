"""Issues at the desk: listed, taken in or refused with every problem, and looked at."""

from __future__ import annotations

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from mailer.models import AuditEntry, Edition, LinkRound, Role
from mailer.web.desk import taking_in
from tests.fakes.desk import make_member
from tests.fakes.world import ISSUE_FILE, make_edition

NEW = reverse("desk:take_in", args=["harbour"])
LIST = reverse("desk:issues", args=["harbour"])
PHOTO = "\n:::photo\nsrc: boat.jpg\nalt: A boat\n:::\n"


def write(
    *, number: int = 8, language: str = "en", subject: str = "Summer", body: str = ""
) -> bytes:
    return (ISSUE_FILE.format(number=number, language=language, subject=subject) + body).encode()


def upload(client, text: bytes, *, name: str = "issue.md", pictures=(), **fields):
    return client.post(
        NEW, {"file": SimpleUploadedFile(name, text), "pictures": list(pictures), **fields}
    )


def paint(name: str = "boat.jpg") -> SimpleUploadedFile:
    file = io.BytesIO()
    Image.new("RGB", (60, 40), "teal").save(file, "JPEG")
    return SimpleUploadedFile(name, file.getvalue())


def test_a_file_becomes_an_edition_and_the_act_is_written_down(author, publication):
    answer = upload(author, write())

    assert answer["Location"] == reverse("desk:issue", args=["harbour", 8])
    edition = Edition.objects.get()
    entry = AuditEntry.objects.get()
    assert (entry.act, entry.actor) == ("added an edition", "author@desk.example")
    assert entry.after == {"subject": "Summer", "content": edition.content_hash}


def test_a_file_replaces_the_edition_of_its_number_and_language(author, edition):
    upload(author, write(number=7, subject="Late spring"))

    replaced = Edition.objects.get()
    entry = AuditEntry.objects.get()
    assert replaced.subject == "Late spring"
    assert (entry.before["subject"], entry.after["subject"]) == ("Spring", "Late spring")


def test_the_links_of_what_is_kept_are_visited_without_being_asked_for(
    author, publication, monkeypatch, django_capture_on_commit_callbacks
):
    woken: list[int] = []
    monkeypatch.setattr(taking_in, "wake_visitor", woken.append)

    with django_capture_on_commit_callbacks(execute=True):
        upload(author, write())

    assert woken == [Edition.objects.get().pk]
    assert LinkRound.objects.get().finished_at is None


def test_every_problem_is_shown_with_its_line_and_remedy(author, publication):
    page = upload(author, write(body="\n:::photo\nsrc: boat.jpg\n:::\n\n:::nonsense\n:::\n"))

    text = page.content.decode()
    assert page.status_code == 422
    assert "things to mend in <bdi>issue.md</bdi>" in text
    assert "<td>22</td>" in text or "<td>21</td>" in text
    assert "Nothing was kept" in text
    assert not Edition.objects.exists()


def test_a_picture_that_was_not_chosen_is_told(author, publication):
    page = upload(author, write(body=PHOTO))

    assert "it was not chosen together with the file" in page.content.decode()


def test_pictures_come_with_the_file_and_need_not_come_again(author, publication):
    upload(author, write(body=PHOTO), pictures=[paint()])
    first = Edition.objects.get().pictures

    upload(author, write(subject="Once more", body=PHOTO))

    edition = Edition.objects.get()
    assert edition.subject == "Once more"
    assert edition.pictures == first


def test_what_is_no_picture_is_refused(author, publication):
    svg = SimpleUploadedFile("boat.jpg", b"<svg onload='alert(1)'/>")

    page = upload(author, write(body=PHOTO), pictures=[svg])

    assert "is no JPEG, PNG, GIF or WebP" in page.content.decode()


def test_a_file_of_another_publication_is_refused_until_it_is_said_to_be_right(author, publication):
    text = write().replace(b"The Harbour Letter", b"Havnebrevet")

    page = upload(author, text)

    assert page.status_code == 422
    assert "is an issue of" in page.content.decode()
    assert upload(author, text, translated="on").status_code == 302


def test_a_name_that_is_script_stays_text(author, publication):
    text = write(subject="<script>alert(1)</script> & <b>bold</b>")
    page = upload(author, b"nothing", name="<img src=x onerror=alert(1)>.md")
    assert "<img src=x" not in page.content.decode()

    upload(author, text)

    for path in (LIST, reverse("desk:issue", args=["harbour", 8])):
        shown = author.get(path).content.decode()
        assert "<script>alert" not in shown
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown or "alert" not in shown


def test_a_viewer_can_not_upload(viewer, publication):
    assert upload(viewer, write()).status_code == 403
    assert not Edition.objects.exists()


def test_a_form_from_elsewhere_is_refused(enter, publication):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(make_member(publication, Role.AUTHOR))

    answer = upload(strict, write())

    assert answer.status_code == 403
    assert b"Please try again" in answer.content
    assert not Edition.objects.exists()


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("Spring", True),
        ("7", True),
        ("2026", True),
        ("Winter", False),
        ("9" * 40, False),
        ("²", False),
    ],
)
def test_issues_are_found_by_number_date_and_subject(viewer, edition, search, found):
    page = viewer.get(LIST, {"q": search}).content.decode()

    assert ("Spring</bdi>" in page) is found


def test_a_list_takes_the_same_few_queries_however_long(
    viewer, publication, django_assert_max_num_queries
):
    for number in range(1, 26):
        make_edition(publication, number=number)

    with django_assert_max_num_queries(15):
        page = viewer.get(LIST)

    assert b"Page 1 of 2" in page.content


def test_numbers_and_languages_that_are_not_there_are_not_found(viewer, edition):
    for path in (
        reverse("desk:issue", args=["harbour", 8]),
        reverse("desk:issue", args=["harbour", 10**30]),
        reverse("desk:preview", args=["harbour", 7, "fr"]),
        reverse("desk:preview", args=["harbour", 7, "en"]) + "?view=nothing",
    ):
        assert viewer.get(path).status_code == 404


def test_the_preview_is_a_reader_s_page_in_a_sandbox(viewer, edition):
    path = reverse("desk:page", args=["harbour", 7, "en"])

    page = viewer.get(path)
    around = viewer.get(reverse("desk:preview", args=["harbour", 7, "en"])).content.decode()

    assert b"The lighthouse is lit again" in page.content
    assert "sandbox" in page["Content-Security-Policy"].split("; ")
    assert "default-src 'none'" in page["Content-Security-Policy"]
    assert page["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-ancestors 'self'" in page["Content-Security-Policy"]
    assert 'sandbox=""' in around


def test_the_preview_shows_the_text_for_those_who_read_text(viewer, edition):
    page = viewer.get(reverse("desk:preview", args=["harbour", 7, "en"]), {"view": "text"})

    assert "After two winters the lamp turns." in page.content.decode()


def test_an_edition_that_breaks_a_rule_of_today_says_so(viewer, edition):
    Edition.objects.update(source="<b>no issue file</b>", content_hash="0" * 64)

    page = viewer.get(reverse("desk:preview", args=["harbour", 7, "en"]))
    frame = viewer.get(reverse("desk:page", args=["harbour", 7, "en"]))

    assert "be shown, nor sent" in page.content.decode()
    assert frame.status_code == 422


def test_the_file_can_be_had_back(viewer, edition):
    answer = viewer.get(reverse("desk:source", args=["harbour", 7, "en"]))

    assert answer.content.decode() == edition.source
    assert answer["Content-Disposition"] == 'attachment; filename="harbour-7.en.md"'


def test_a_page_of_the_desk_has_no_script_or_style_of_its_own(viewer, edition):
    for path in (LIST, NEW, reverse("desk:issue", args=["harbour", 7])):
        page = viewer.get(path)
        assert b" style=" not in page.content
        assert b"<style" not in page.content
        assert page["X-Frame-Options"] == "DENY"
        assert "unsafe" not in page["Content-Security-Policy"]

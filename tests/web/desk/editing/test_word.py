"""A Word file becomes articles with their pictures, and nothing that hides in it."""

from __future__ import annotations

import io
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from mailer.models import AuditEntry, Draft
from mailer.web.desk.editing import word
from mailer.web.desk.editing.parts import make_part
from mailer.web.desk.editing.reading import read_part
from mailer.web.desk.editing.word import UnreadableWordError, read_word
from tests.fakes.words import drawing, link, make_word, paragraph, run, table
from tests.web.desk.editing.test_writing import PLACE, WRITE


def paint() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (90, 60), "teal").save(file, "JPEG")
    return file.getvalue()


def read(*body: str, **more):
    return read_word(make_word(*body, **more))


def texts(found) -> list[str]:
    return [values["markdown"] for kind, values in found.parts if kind == "prose"]


def test_headings_are_sections_and_articles_and_pictures_photos():
    found = read(
        paragraph("The Letter", style="Title"),
        paragraph("News", style="Heading1"),
        paragraph("The lamp", style="Heading2"),
        paragraph("It turns.", drawing("boat", "A boat")),
        paragraph("Slowly", style="Heading3"),
        paragraph("Once more."),
        paragraph("Light!", style="Quote"),
        pictures={"boat": paint()},
    )

    kinds = [kind for kind, _ in found.parts]
    assert found.title == "The Letter"
    assert kinds == ["section", "article", "prose", "photo", "prose", "quotation"]
    assert found.parts[3][1]["alt"] == "A boat"
    assert found.parts[3][1]["src"] in found.pictures
    assert texts(found) == ["It turns.", "### Slowly\n\nOnce more."]
    assert found.parts[5][1] == {"markdown": "Light!"}


def test_emphasis_links_and_tables_become_markdown():
    found = read(
        paragraph("One ", run("bold ", "b"), "and ", run("slanted", "i"), "."),
        paragraph(link("A page", "page"), " and ", link("a trap", "trap")),
        table(["Who", "When"], ["Ada", "Monday"]),
        links={"page": "https://a.example/(b)", "trap": "javascript:alert(1)"},
    )

    [text] = texts(found)
    assert text.split("\n\n") == [
        "One **bold** and *slanted*.",
        "[A page](<https://a.example/(b)>) and a trap",
        "- Who, When\n- Ada, Monday",
    ]


@pytest.mark.parametrize(
    "words",
    ["1. no list", "# no heading", "a * b * c", "&lt;b&gt; &amp;amp;", "[a](b)", "> a", "- a"],
)
def test_what_looks_like_markdown_stays_words(words):
    found = read(paragraph("News", style="Heading1"), paragraph(words))

    [(_, values)] = [each for each in found.parts if each[0] == "prose"]
    reading = read_part(make_part("prose", values, rev=1), ())
    assert reading.findings == ()
    assert [type(block).__name__ for block in reading.blocks] == ["Prose"]


def test_emphasis_that_markdown_can_not_say_leaves_the_words():
    found = read(paragraph("a", run("“b”", "b"), "c"))

    assert texts(found)[0].replace("*", "") == "a“b”c"


@pytest.mark.parametrize(
    ("body", "kinds"),
    [
        ([("One", "Heading1"), ("a", ""), ("Two", "Heading1")], "section article prose article"),
        ([("One", "Heading2"), ("a", "")], "section article prose"),
        ([("a", "")], "section article prose"),
        ([("a", ""), ("One", "Heading1"), ("Two", "Heading2")], "section prose section article"),
    ],
)
def test_whatever_levels_of_headings_are_used_text_stands_in_articles(body, kinds):
    found = read(*(paragraph(words, style=style) for words, style in body))

    assert " ".join(kind for kind, _ in found.parts) == kinds


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"nothing", "no Word file"),
        (b"PK\x03\x04 broken", "no Word file"),
        (make_word(), "no text"),
        (b"x" * (word.LARGEST_OCTETS + 1), "larger than"),
    ],
    ids=["no archive", "a broken one", "no text", "too large"],
)
def test_what_is_no_word_file_is_refused_with_a_sentence(data, words):
    with pytest.raises(UnreadableWordError, match=words):
        read_word(data)


def pack(**members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name.replace("__", "/") + ".xml", data)
    return file.getvalue()


def test_a_bomb_is_refused_before_it_is_unpacked(monkeypatch):
    monkeypatch.setattr(word, "LARGEST_UNPACKED", 1_000_000)

    with pytest.raises(UnreadableWordError, match="far more"):
        read_word(pack(word__document=b"<a/>" * 300_000))


def test_a_broken_document_is_refused():
    with pytest.raises(UnreadableWordError, match=r"can't be read|no text"):
        read_word(pack(word__document=b"<w:document"))


def test_entities_of_xml_are_no_way_to_a_file():
    trick = '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>'
    data = make_word(paragraph("&b;"))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {each: archive.read(each) for each in archive.namelist()}
    text = members["word/document.xml"].decode().replace("<w:document", trick + "<w:document", 1)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in (members | {"word/document.xml": text.encode()}).items():
            archive.writestr(name, content)

    try:
        found = str(read_word(file.getvalue()).parts)
    except UnreadableWordError:
        return
    assert "root:" not in found


def test_a_picture_outside_of_the_file_is_not_fetched():
    found = read(
        paragraph("a", drawing("out", how="link")),
        links={"out": "file:///etc/hostname"},
    )

    assert found.pictures == {}
    assert "photo" not in [kind for kind, _ in found.parts]


def test_a_drawing_that_mail_can_not_show_is_counted():
    found = read(paragraph("a", drawing("boat")), pictures={"boat": b"<svg/>"})

    assert (found.pictures, found.left_out) == ({}, 1)


def choose(data: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile("letter.docx", data)


LETTER = [paragraph("The lamp", style="Heading2"), paragraph("It turns.", drawing("boat"))]


def test_an_issue_is_begun_with_a_word_file(author, publication):
    fields = {"number": 1, "published": "2026-03", "language": "en", "how": "word"}
    begin = reverse("desk:begin_issue", args=["harbour"])

    answer = author.post(
        begin, fields | {"file": choose(make_word(*LETTER, pictures={"boat": paint()}))}
    )

    draft = Draft.objects.get()
    assert answer["Location"] == reverse("desk:write", args=["harbour", 1, "en"])
    assert [part["kind"] for part in draft.content["parts"]] == [
        *("section", "article", "prose", "photo"),
    ]
    assert len(draft.pictures) == 1
    assert "Say what the photo shows" in author.get(answer["Location"]).content.decode()


@pytest.mark.parametrize(
    ("how", "data", "words"),
    [
        ("word", b"nothing", "It is no Word file"),
        ("nothing", make_word(*LETTER, pictures={"boat": paint()}), "A Word file is chosen below"),
    ],
    ids=["no Word file", "one beside nothing"],
)
def test_a_word_file_that_can_not_be_begun_with_begins_nothing(
    author, publication, how, data, words
):
    fields = {"number": 1, "published": "2026-03", "language": "en", "how": how}

    page = author.post(
        reverse("desk:begin_issue", args=["harbour"]), fields | {"file": choose(data)}
    )

    assert words in page.content.decode()
    assert not Draft.objects.exists()


def test_a_word_file_is_added_to_a_draft(author, edition):
    path = reverse("desk:take_word", args=PLACE)

    page = author.post(
        path, {"file": choose(make_word(*LETTER, pictures={"boat": b"<svg/>"}))}, follow=True
    )

    draft = Draft.objects.get()
    told = page.content.decode()
    assert [part["kind"] for part in draft.content["parts"]][3:] == ["section", "article", "prose"]
    assert "1 article and 0 photos" in told
    assert "1 of its pictures" in told
    assert AuditEntry.objects.get().act == "took a Word file in"
    refused = author.post(path, {"file": choose(b"nothing")}, follow=True).content.decode()
    assert "It is no Word file" in refused
    assert author.get(WRITE).status_code == 200

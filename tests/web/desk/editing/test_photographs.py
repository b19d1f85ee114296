"""Photos: taken in without what they hid, cropped and cropped again, or refused."""

from __future__ import annotations

import io

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from mailer.models import AuditEntry, Draft, Edition
from tests.web.desk.editing.test_writing import KEEP, PLACE, PROOF, WRITE, press, save


@pytest.fixture
def draft(author, edition) -> Draft:
    author.get(WRITE)
    return Draft.objects.get()


@pytest.fixture
def photo(author, draft) -> str:
    return press(author, "add_part", kind="photo")["Location"].rpartition("part=")[2]


def paint(size: tuple[int, int] = (3000, 1500), name: str = "The boat, 2.JPG"):
    file, exif = io.BytesIO(), Image.Exif()
    exif[0x010E] = "taken at 59.9N 10.7E"
    Image.new("RGB", size, "teal").save(file, "JPEG", exif=exif)
    assert b"59.9N" in file.getvalue()
    return SimpleUploadedFile(name, file.getvalue())


def find(part: str) -> tuple[dict[str, str], dict]:
    draft = Draft.objects.get()
    [found] = [each for each in draft.content["parts"] if each["id"] == part]
    return found, draft.pictures


def upload(client, part: str, file, **values: str):
    found, _ = find(part)
    path = reverse("desk:save_part", args=[*PLACE, part])
    return client.post(path, {"seen": found["rev"], "kind": found["kind"], "file": file, **values})


def read(name: str) -> Image.Image:
    with default_storage.open(name) as file:
        data = file.read()
    assert b"59.9N" not in data
    return Image.open(io.BytesIO(data))


def test_a_photo_is_taken_in_without_the_place_where_it_was_taken(author, photo):
    upload(author, photo, paint(), alt="A boat")

    found, pictures = find(photo)
    kept = pictures[found["values"]["src"]]
    assert found["values"]["src"].startswith("pictures/the-boat-2-")
    assert read(kept["name"]).size == (kept["width"], kept["height"]) == (1280, 640)
    assert read(kept["whole"]["name"]).size == (2560, 1280)
    assert "A boat" in author.get(PROOF).content.decode()
    assert kept["name"] in author.get(PROOF).content.decode()


def test_a_photo_is_cropped_of_the_whole_each_time(author, photo):
    upload(author, photo, paint(), alt="A boat")
    first = find(photo)[0]["values"]["src"]
    half = {"crop_left": "50", "crop_top": "0", "crop_width": "50", "crop_height": "100"}
    quarter = half | {"crop_left": "0", "crop_height": "50", "crop_width": "25"}

    for crop, size in ((half, (1280, 1280)), (quarter, (640, 640))):
        found, _ = find(photo)
        save(author, photo, seen=found["rev"], kind="photo", script=True, **crop)
        found, pictures = find(photo)
        kept = pictures[found["values"]["src"]]
        assert (kept["width"], kept["height"]) == size

    assert AuditEntry.objects.filter(act="changed a photo").count() == 3
    assert found["values"]["src"] != first
    page = author.get(f"{WRITE}?part={photo}").content.decode()
    assert 'name="crop_height" value="50"' in page
    assert kept["whole"]["name"] in page


def test_saving_its_words_leaves_a_photo_as_it_is(author, photo):
    upload(author, photo, paint(), alt="A boat", caption="One")
    before = find(photo)
    whole = {"crop_left": "0", "crop_top": "0", "crop_width": "100", "crop_height": "100"}

    save(author, photo, seen=before[0]["rev"], kind="photo", caption="Two", **whole)

    after = find(photo)
    assert after[0]["values"]["src"] == before[0]["values"]["src"]
    assert after[0]["values"]["caption"] == "Two"
    assert after[1] == before[1]


def test_a_photo_without_words_for_who_can_not_see_it_is_unfinished(author, photo):
    upload(author, photo, paint())

    page = author.get(f"{WRITE}?part={photo}").content.decode()

    assert "Say what the photo shows" in page
    assert author.post(KEEP)["Location"] == WRITE


def test_the_edition_gets_the_photo_that_is_shown(author, photo):
    upload(author, photo, paint(), alt="A boat", crop_width="50")

    author.post(KEEP)

    edition = Edition.objects.get()
    source = find(photo)[0]["values"]["src"]
    assert set(edition.pictures) == {source}
    assert set(edition.pictures[source]) == {"name", "media_type", "width", "height"}


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("boat.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
        ("boat.jpg", b"<html><script>alert(1)</script></html>"),
        ("boat.jpg", b"\xff\xd8\xff\xe0 no picture"),
    ],
)
def test_what_is_no_picture_is_refused_with_a_sentence(author, photo, name, data):
    answer = upload(author, photo, SimpleUploadedFile(name, data), alt="A boat")

    assert answer.status_code == 422
    assert "It is no JPEG, PNG, GIF or WebP that can be read." in answer.content.decode()
    assert find(photo)[1] == {}


def test_a_source_that_the_draft_does_not_have_is_no_way_to_a_file(author, photo):
    save(author, photo, seen=2, kind="photo", src="../../secret-key", alt="A boat")

    page = author.get(f"{WRITE}?part={photo}").content.decode()

    assert "The picture is not there: choose it." in page
    assert author.post(KEEP)["Location"] == WRITE


def test_a_portrait_is_a_photo_too(author, draft):
    part = press(author, "add_part", kind="profile")["Location"].rpartition("part=")[2]

    upload(author, part, paint((300, 400), "ada.png"), name="Ada Berg", portrait_alt="Ada")

    found, pictures = find(part)
    assert found["values"]["portrait"] in pictures
    assert author.post(KEEP)["Location"] == reverse("desk:issue", args=PLACE[:2])


def test_numbers_out_of_bounds_are_told(author, photo):
    upload(author, photo, paint(), alt="A boat")

    answer = save(author, photo, seen=3, kind="photo", script=True, crop_width="0", crop_left="x")

    assert answer.status_code == 422
    assert "Width" in answer.json()["problem"]


def test_a_photo_that_is_lost_says_so(author, photo):
    upload(author, photo, paint(), alt="A boat")
    found, pictures = find(photo)
    default_storage.delete(pictures[found["values"]["src"]]["whole"]["name"])

    answer = save(author, photo, seen=found["rev"], kind="photo", crop_width="51")

    assert "It is not kept any more: choose it again" in answer.content.decode()

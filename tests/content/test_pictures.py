"""Pictures are decoded, freed of all that is not a picture, and encoded again."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest
from PIL import Image, ImageCms

from mailer.content import pictures
from mailer.content.pictures import Crop, UnfitPictureError, decode_picture
from mailer.content.read import read_issue
from mailer.errors import InvalidIssue
from tests.content.test_parse import BODY, FRONT


def encode(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def test_a_wide_picture_is_scaled_down():
    picture = decode_picture(encode(Image.new("RGB", (4000, 1000), "red"), "JPEG"))

    assert (picture.width, picture.height) == (1280, 320)
    assert picture.media_type == "image/jpeg"


@pytest.mark.parametrize(
    ("crop", "size"),
    [
        (Crop(), (200, 100)),
        (Crop(left=50, top=10, width=25, height=80), (50, 80)),
        (Crop(left=90, top=90, width=90, height=90), (20, 10)),
        (Crop(left=100, top=100, width=0, height=0), (1, 1)),
    ],
)
def test_a_picture_is_cropped_and_something_is_left(crop, size):
    picture = decode_picture(encode(Image.new("RGB", (200, 100), "red"), "JPEG"), crop=crop)

    assert (picture.width, picture.height) == size


def test_a_picture_may_be_kept_wider_to_be_cropped_later():
    data = encode(Image.new("RGB", (4000, 1000), "red"), "JPEG")

    assert decode_picture(data, widest_pixels=2560).width == 2560


def test_a_picture_with_transparency_stays_png():
    picture = decode_picture(encode(Image.new("RGBA", (10, 10), (0, 0, 0, 0)), "PNG"))

    assert picture.name.endswith(".png")


def test_a_place_in_the_metadata_does_not_travel_on():
    exif = Image.Exif()
    exif[0x010E] = "taken at 59.9N 10.7E"
    data = encode(Image.new("RGB", (10, 20), "red"), "JPEG", exif=exif)
    assert b"59.9N" in data

    assert b"59.9N" not in decode_picture(data).data


def test_a_picture_is_turned_as_its_camera_was_held():
    exif = Image.Exif()
    exif[0x0112] = 6
    data = encode(Image.new("RGB", (10, 20), "red"), "JPEG", exif=exif)

    assert decode_picture(data).width == 20


def test_sixteen_bits_of_grey_stay_grey():
    data = encode(Image.new("I;16", (10, 10), 0x8000), "PNG")

    shown = Image.open(io.BytesIO(decode_picture(data).data)).convert("L")
    assert shown.getextrema() == pytest.approx((128, 128), abs=2)


def test_a_drawing_stays_sharp():
    drawing = Image.new("P", (10, 10))
    drawing.putpalette([255, 0, 0, 0, 0, 255])
    drawing.putpixel((5, 5), 1)

    picture = decode_picture(encode(drawing, "PNG"))

    assert picture.media_type == "image/png"
    shown = Image.open(io.BytesIO(picture.data)).convert("RGB")
    assert (shown.getpixel((5, 5)), shown.getpixel((4, 5))) == ((0, 0, 255), (255, 0, 0))


def test_colours_of_another_profile_are_turned_into_those_of_the_web():
    # With linear curves, what a file calls 128 is half the light, which the web calls 188.
    curved = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    at = curved.index(b"para\0\0\0\0\0\3")  # ICC.1 §10.18: a curve of the third type, 32 octets
    line = b"para\0\0\0\0" + (0).to_bytes(4) + (0x10000).to_bytes(4)  # the first: y = x ** 1.0
    linear = curved[:at] + line.ljust(32, b"\0") + curved[at + 32 :]

    picture = decode_picture(
        encode(Image.new("RGB", (10, 10), (128, 128, 128)), "PNG", icc_profile=linear)
    )

    shown = Image.open(io.BytesIO(picture.data)).convert("L").getextrema()
    assert shown == pytest.approx((188, 188), abs=4)


def test_a_damaged_profile_is_passed_over():
    data = encode(Image.new("RGB", (10, 10), "red"), "PNG", icc_profile=b"no profile")

    shown = Image.open(io.BytesIO(decode_picture(data).data))
    assert shown.getpixel((5, 5)) == pytest.approx((255, 0, 0), abs=4)


def test_a_file_that_hides_behind_a_picture_is_cut_off():
    data = encode(Image.new("RGB", (10, 10), "red"), "JPEG") + b"<script>alert(1)</script>"

    assert b"<script>" not in decode_picture(data).data


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"\x89PNG\r\n\x1a\n broken",
        encode(Image.effect_noise((200, 200), 90), "JPEG")[:2000],
        encode(Image.new("RGB", (10, 10)), "BMP"),
    ],
)
def test_what_is_no_picture_is_refused(data):
    with pytest.raises(UnfitPictureError, match="is no JPEG"):
        decode_picture(data)


def test_a_bomb_of_pixels_is_refused():
    data = encode(Image.new("1", (30_000, 30_000)), "PNG")

    with pytest.raises(UnfitPictureError):
        decode_picture(data)


def test_too_many_pixels_are_refused_before_they_are_unpacked(monkeypatch):
    monkeypatch.setattr(pictures, "LARGEST_PIXELS", 50)

    with pytest.raises(UnfitPictureError, match="50 million"):
        decode_picture(encode(Image.new("RGB", (10, 10)), "PNG"))


def test_a_very_large_file_is_refused(monkeypatch):
    monkeypatch.setattr(pictures, "LARGEST_OCTETS", 10)

    with pytest.raises(UnfitPictureError, match="20 MB"):
        decode_picture(b"x" * 11)


@pytest.mark.parametrize(
    "source", ["../secret.jpg", "/etc/passwd", "https://a.example/b.jpg", "a\\..\\b", "gone.jpg"]
)
def test_only_files_beside_the_issue_are_read(tmp_path: Path, source):
    (tmp_path / "secret.jpg").write_bytes(encode(Image.new("RGB", (9, 9)), "JPEG"))
    folder = tmp_path / "issue"
    folder.mkdir()
    issue = folder / "issue.md"
    issue.write_text((FRONT + BODY).replace("boat.jpg", source))

    with pytest.raises(InvalidIssue, match="can't be read"):
        read_issue(issue)


@pytest.mark.parametrize("name", [r"ok.png\0", r"\ud800.png", r"a\0/../ok.png"])
def test_a_name_that_no_file_can_have_is_told_with_its_line(tmp_path: Path, name):
    issue = tmp_path / "issue.md"
    issue.write_text((FRONT + BODY).replace("src: boat.jpg", f'src: "{name}"'))

    with pytest.raises(InvalidIssue) as caught:
        read_issue(issue)

    found = [str(problem) for problem in caught.value.problems]
    line = issue.read_text().split("\n").index(":::photo") + 1
    assert any(f"issue.md:{line}: the picture" in each for each in found), found
    assert any("mend its name" in each for each in found), found


def test_a_pipe_is_not_waited_for(tmp_path: Path):
    os.mkfifo(tmp_path / "boat.jpg")
    (tmp_path / "issue.md").write_text(FRONT + BODY)

    with pytest.raises(InvalidIssue, match="it is no plain file"):
        read_issue(tmp_path / "issue.md")


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path):
    (tmp_path / "secret.jpg").write_bytes(encode(Image.new("RGB", (9, 9)), "JPEG"))
    folder = tmp_path / "issue"
    folder.mkdir()
    (folder / "boat.jpg").symlink_to(tmp_path / "secret.jpg")
    (folder / "issue.md").write_text(FRONT + BODY)

    with pytest.raises(InvalidIssue, match="outside the issue's folder"):
        read_issue(folder / "issue.md")


def test_a_picture_beside_the_issue_is_read(tmp_path: Path):
    (tmp_path / "boat.jpg").write_bytes(encode(Image.new("RGB", (9, 9)), "JPEG"))
    (tmp_path / "issue.md").write_text(FRONT + BODY)

    assert read_issue(tmp_path / "issue.md").pictures["boat.jpg"].width == 9


def test_an_issue_that_is_not_there_is_told(tmp_path: Path):
    with pytest.raises(InvalidIssue, match="it can't be read"):
        read_issue(tmp_path / "gone.md")

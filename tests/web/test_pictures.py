"""Pictures are served by the hash of their bytes, and nothing else is served."""

from __future__ import annotations

import hashlib

import pytest

from mailer.dispatch.editions.pictures import load_pictures, picture_url, store_pictures
from mailer.types import Picture

DATA = b"\xff\xd8\xff not really a picture, but bytes are bytes here"
NAME = f"{hashlib.sha256(DATA).hexdigest()}.jpg"
PICTURE = Picture(name=NAME, media_type="image/jpeg", data=DATA, width=4, height=3)


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


def test_a_picture_is_served_for_ever_under_its_hash(client):
    store_pictures({"boat.jpg": PICTURE})

    page = client.get(picture_url(PICTURE).removeprefix("http://127.0.0.1:8000"))

    assert b"".join(page.streaming_content) == DATA
    assert page.headers["Content-Type"] == "image/jpeg"
    assert "immutable" in page.headers["Cache-Control"]
    assert page.headers["X-Content-Type-Options"] == "nosniff"


def test_what_is_stored_can_be_loaded_again():
    kept = store_pictures({"boat.jpg": PICTURE})

    assert load_pictures(kept) == {"boat.jpg": PICTURE}


def test_the_same_picture_is_kept_once(media):
    store_pictures({"a.jpg": PICTURE})
    store_pictures({"b.jpg": PICTURE})

    assert [path.name for path in media.iterdir()] == [NAME]


@pytest.mark.parametrize(
    "name",
    [
        "..%2f..%2fetc%2fpasswd",
        "secret-key",
        f"{'a' * 64}.svg",
        f"{'a' * 64}.html",
        f"{'A' * 64}.jpg",
    ],
)
def test_nothing_else_is_served(client, media, name):
    media.mkdir(exist_ok=True)
    (media / "secret-key").write_text("secret")

    assert client.get(f"/pictures/{name}").status_code == 404

"""Pictures are shown at their size or smaller, and counted when they are shown."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mailer.errors import RenderingError
from mailer.rendering.pictures import Image, list_pictures, size_picture
from tests.fakes.documents import BOAT, PORTRAIT, make_document


@pytest.mark.parametrize(
    ("width", "height", "shown"),
    [(800, 600, (560, 420)), (300, 200, (300, 200)), (5000, 1, (560, 1))],
)
def test_a_picture_is_scaled_down_and_never_up(width, height, shown):
    picture = replace(BOAT, width=width, height=height)

    image = size_picture(picture, widest=560, url="u")

    assert image == Image(url="u", width=shown[0], height=shown[1])


def test_it_lists_what_is_shown_once_and_in_order():
    document = make_document()
    unused = replace(BOAT, name="unused.jpg")

    document = replace(document, pictures={"unused.jpg": unused, **document.pictures})

    assert list_pictures(document) == (BOAT, PORTRAIT)


def test_a_picture_that_was_not_loaded_is_refused():
    with pytest.raises(RenderingError, match=r"'boat\.jpg' was not loaded"):
        list_pictures(replace(make_document(), pictures={}))

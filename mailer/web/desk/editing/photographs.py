"""The photos of a draft: taken in, freed of metadata, cropped, and kept to be cropped again."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from django.core.files.uploadedfile import UploadedFile

from mailer.content.pictures import (
    LARGEST_OCTETS,
    WHOLE,
    Crop,
    UnfitPictureError,
    decode_picture,
)
from mailer.dispatch.editions.pictures import load_pictures, store_pictures
from mailer.errors import RenderingError
from mailer.types import Picture
from mailer.web.desk.editing.parts import PICTURED, Part

if TYPE_CHECKING:
    Upload = UploadedFile[Any]

# Kept of each photo, whole: half of it, cropped, is still wide enough for a dense screen.
WHOLE_PIXELS = 2_560
LONGEST_NAME = 40
KEPT_KEYS = ("name", "media_type", "width", "height")


def take_photo(file: Upload, crop: Crop) -> tuple[str, dict[str, Any]]:
    """Keep an uploaded photo; return its source and what the draft remembers of it.

    Raises UnfitPictureError for what is no picture.
    """
    return take_bytes(file.read(LARGEST_OCTETS + 1), _make_stem(str(file.name)), crop)


def take_bytes(data: bytes, stem: str, crop: Crop) -> tuple[str, dict[str, Any]]:
    """Keep the picture that some bytes hold, under a source that begins with ``stem``.

    Raises UnfitPictureError for what is no picture.
    """
    return _keep(decode_picture(data, widest_pixels=WHOLE_PIXELS), crop, stem=stem)


def crop_again(source: str, kept: Mapping[str, Any], crop: Crop) -> tuple[str, dict[str, Any]]:
    """Keep another part of a photo that is there; return its source and what is remembered of it.

    Raises UnfitPictureError if it is not where pictures are kept any more.
    """
    entry = {key: kept.get("whole", kept)[key] for key in KEPT_KEYS}
    try:
        [whole] = load_pictures({source: entry}).values()
    except RenderingError as error:
        raise UnfitPictureError("is not kept any more: choose it again") from error
    stem = PurePosixPath(source).stem.rpartition("-")[0] or PurePosixPath(source).stem
    return _keep(whole, crop, stem=stem)


def change_photo(
    part: Part, pictures: Mapping[str, Any], file: Upload | None, crop: Crop
) -> tuple[dict[str, str], dict[str, Any]]:
    """Return the values and the pictures that a photo's form adds to a part's own.

    Raises UnfitPictureError, in words that follow the file's name.
    """
    field = PICTURED[part["kind"]]
    source = part["values"][field]
    kept = pictures.get(source)
    if file is not None:
        # What was cropped of the photo before says nothing of this one.
        source, kept = take_photo(file, WHOLE)
    elif kept is not None and crop != read_crop(kept):
        source, kept = crop_again(source, kept, crop)
    else:
        return {}, {}
    return {field: source}, {source: kept}


def read_crop(kept: Mapping[str, Any]) -> Crop:
    """Return what part of a photo is shown."""
    return Crop(**kept.get("crop", {}))


def describe_photo(part: Part, pictures: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return a photo as its form shows it: the whole, and what is shown of it."""
    kept = pictures.get(part["values"].get(PICTURED.get(part["kind"], ""), ""))
    if kept is None:
        return None
    return {
        "name": kept.get("whole", kept)["name"],
        "width": kept["width"],
        "height": kept["height"],
    }


def _keep(whole: Picture, crop: Crop, *, stem: str) -> tuple[str, dict[str, Any]]:
    shown = decode_picture(whole.data, crop=crop)
    source = f"pictures/{stem}-{shown.name[:8]}{PurePosixPath(shown.name).suffix}"
    kept = store_pictures({source: shown, "whole": whole})
    crops = {"left": crop.left, "top": crop.top, "width": crop.width, "height": crop.height}
    return source, kept[source] | {"whole": kept["whole"], "crop": crops}


def _make_stem(name: str) -> str:
    plain = unicodedata.normalize("NFKD", PurePosixPath(name).stem).encode("ascii", "ignore")
    return re.sub(r"[^a-z0-9]+", "-", plain.decode().lower()).strip("-")[:LONGEST_NAME] or "photo"

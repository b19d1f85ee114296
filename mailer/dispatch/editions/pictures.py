"""Keeping an issue's pictures where the web finds them, under the hash of their bytes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from mailer.errors import RenderingError
from mailer.types import Picture


def store_pictures(pictures: Mapping[str, Picture]) -> dict[str, dict[str, Any]]:
    """Keep each picture once and return what an edition remembers of it, by source."""
    for picture in pictures.values():
        if not default_storage.exists(picture.name):
            default_storage.save(picture.name, ContentFile(picture.data))
    return {
        source: {
            "name": picture.name,
            "media_type": picture.media_type,
            "width": picture.width,
            "height": picture.height,
        }
        for source, picture in sorted(pictures.items())
    }


def load_pictures(kept: Mapping[str, Mapping[str, Any]]) -> dict[str, Picture]:
    """Return the pictures that an edition remembers, with their bytes, by source.

    Raises RenderingError if one is not there any more.
    """
    return {source: Picture(data=_read(entry["name"]), **entry) for source, entry in kept.items()}


def picture_url(picture: Picture) -> str:
    """Return the address at which the web serves a picture."""
    return f"{settings.PUBLIC_URL}/{settings.MEDIA_URL.strip('/')}/{picture.name}"


def _read(name: str) -> bytes:
    try:
        with default_storage.open(name) as file:
            return bytes(file.read())
    except OSError as error:
        raise RenderingError(
            f"The picture {name} is not where pictures are kept ({error.strerror}): "
            "load the issue file again."
        ) from error

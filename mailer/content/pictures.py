"""Pictures: decoded, freed of metadata, scaled, and encoded again by us.

What a reader gets was written by our encoder, so nothing that hid in the original file, be
it a place, a script or a second file, travels on.
"""

from __future__ import annotations

import hashlib
import io
import warnings

from PIL import Image, ImageOps

from mailer.types import Picture

FORMATS = ("JPEG", "PNG", "GIF", "WEBP")
LARGEST_OCTETS = 20 * 1024 * 1024
LARGEST_PIXELS = 50_000_000  # a picture that unpacks to more than 150 MB is a mistake or a bomb
WIDEST_PIXELS = 1_280  # twice the width of the mail's column, for dense screens
JPEG_QUALITY = 82


class UnfitPictureError(ValueError):
    """Say why bytes are no picture that can be sent, in words that follow its name."""


def decode_picture(data: bytes) -> Picture:
    """Return the picture that the bytes hold, made anew. Raises UnfitPictureError."""
    if len(data) > LARGEST_OCTETS:
        raise UnfitPictureError("is larger than 20 MB")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            return _encode(_open(data))
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombWarning) as error:
        if isinstance(error, UnfitPictureError):
            raise
        raise UnfitPictureError("is no JPEG, PNG, GIF or WebP that can be read") from error
    except Image.DecompressionBombError as error:
        raise UnfitPictureError("has too many pixels") from error


def _open(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data), formats=FORMATS)
    if image.width * image.height > LARGEST_PIXELS:
        raise UnfitPictureError("has more than 50 million pixels")
    image.load()
    return ImageOps.exif_transpose(image)


def _encode(image: Image.Image) -> Picture:
    image.thumbnail((WIDEST_PIXELS, WIDEST_PIXELS * 4))
    flat = image.mode in {"RGB", "L", "CMYK", "YCbCr"}
    buffer = io.BytesIO()
    if flat:
        ready = image.convert("RGB")
        ready.info.clear()
        ready.save(buffer, "JPEG", quality=JPEG_QUALITY, progressive=True, optimize=True)
    else:
        ready = image.convert("RGBA")
        ready.info.clear()
        ready.save(buffer, "PNG", optimize=True)
    data = buffer.getvalue()
    return Picture(
        name=f"{hashlib.sha256(data).hexdigest()}.{'jpg' if flat else 'png'}",
        media_type="image/jpeg" if flat else "image/png",
        data=data,
        width=ready.width,
        height=ready.height,
    )

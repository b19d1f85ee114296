"""Pictures: decoded, freed of metadata, scaled, and encoded again by us.

What a reader gets was written by our encoder, so nothing that hid in the original file, be
it a place, a script or a second file, travels on.
"""

from __future__ import annotations

import hashlib
import io
import warnings
from dataclasses import dataclass
from typing import cast

from PIL import Image, ImageCms

from mailer.types import Picture

FORMATS = ("JPEG", "PNG", "GIF", "WEBP")  # by their content: a name proves nothing
LARGEST_OCTETS = 20 * 1024 * 1024  # the largest photographs of today's cameras have about 15 MB
LARGEST_PIXELS = 50_000_000  # a picture that unpacks to more than 150 MB is a mistake or a bomb
WIDEST_PIXELS = 1_280  # twice the width of the mail's column, for dense screens
JPEG_QUALITY = 82  # beyond it files grow much, and nobody sees why

_EXTENSIONS = {"jpeg": "jpg", "png": "png"}
_ORIENTATION = 0x0112
# Exif 2.32 §4.6.4: how the camera was held, and what turns the picture upright.
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


TOO_MANY = "has more than 50 million pixels"


@dataclass(frozen=True, slots=True, kw_only=True)
class Crop:
    """The part of a picture that is shown, in percent of its width and height."""

    left: int = 0
    top: int = 0
    width: int = 100
    height: int = 100


WHOLE = Crop()


class UnfitPictureError(ValueError):
    """Say why bytes are no picture that can be sent, in words that follow its name."""


def decode_picture(
    data: bytes, *, widest_pixels: int = WIDEST_PIXELS, crop: Crop = WHOLE
) -> Picture:
    """Return the picture that the bytes hold, cropped and made anew. Raises UnfitPictureError."""
    if len(data) > LARGEST_OCTETS:
        raise UnfitPictureError("is larger than 20 MB")
    try:
        with warnings.catch_warnings():
            # Pillow warns of damaged metadata, of which we keep none, and of bombs.
            warnings.simplefilter("ignore")
            image, drawn = _open(data)
            return _encode(_crop(image, crop), drawn, widest_pixels)
    except UnfitPictureError:
        raise
    except Image.DecompressionBombError as error:
        raise UnfitPictureError(TOO_MANY) from error
    except Exception as error:  # decoders raise what a broken file makes them
        raise UnfitPictureError("is no JPEG, PNG, GIF or WebP that can be read") from error


def _open(data: bytes) -> tuple[Image.Image, bool]:
    """Return the first frame, upright, as RGB or RGBA, and whether it had a palette."""
    image: Image.Image = Image.open(io.BytesIO(data), formats=FORMATS)
    if image.width * image.height > LARGEST_PIXELS:
        raise UnfitPictureError(TOO_MANY)
    image.load()
    turn = _TURNS.get(image.getexif().get(_ORIENTATION, 1))
    plain = _unify(image)
    return (plain if turn is None else plain.transpose(turn)), image.mode in {"P", "1"}


def _unify(image: Image.Image) -> Image.Image:
    """Return a picture of eight bits a channel whose colours are those of the web."""
    if image.mode.startswith("I"):  # 16 bits of grey; a plain conversion would leave it white
        image = image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    if image.has_transparency_data:
        image = image.convert("RGBA")
    elif image.mode == "P":
        image = image.convert("RGB")
    return _to_srgb(image)


def _to_srgb(image: Image.Image) -> Image.Image:
    """Return a picture in sRGB: telephones take theirs in Display P3, which would turn pale."""
    mode = "RGBA" if image.mode == "RGBA" else "RGB"
    profile = image.info.get("icc_profile")
    if not profile:
        return image.convert(mode)
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        target = ImageCms.createProfile("sRGB")
        turned = ImageCms.profileToProfile(image, source, target, outputMode=mode)
    except (ImageCms.PyCMSError, OSError):
        return image.convert(mode)  # a damaged profile, or one for other colours
    return cast("Image.Image", turned)


def _crop(image: Image.Image, crop: Crop) -> Image.Image:
    """Return the part that a crop means, at least a pixel of it."""
    if crop == WHOLE:
        return image
    left = min(image.width * crop.left // 100, image.width - 1)
    top = min(image.height * crop.top // 100, image.height - 1)
    right = min(max(round(image.width * (crop.left + crop.width) / 100), left + 1), image.width)
    low = min(max(round(image.height * (crop.top + crop.height) / 100), top + 1), image.height)
    return image.crop((left, top, right, low))


def _encode(image: Image.Image, drawn: bool, widest: int) -> Picture:
    """Return the picture scaled and written: as JPEG, or as PNG if it is clear or drawn.

    JPEG blurs the edges of a drawing, and knows no transparency.
    """
    image.thumbnail((widest, widest * 4), Image.Resampling.LANCZOS)
    image.info.clear()
    clear = image.mode == "RGBA" and image.getchannel("A").getextrema() != (255, 255)
    buffer = io.BytesIO()
    if clear:
        image.save(buffer, "PNG", optimize=True)
    elif drawn:
        image.convert("RGB").quantize(256).save(buffer, "PNG", optimize=True)
    else:
        flat = image.convert("RGB")
        flat.save(buffer, "JPEG", quality=JPEG_QUALITY, progressive=True, optimize=True)
    kind, data = ("png" if clear or drawn else "jpeg"), buffer.getvalue()
    return Picture(
        name=f"{hashlib.sha256(data).hexdigest()}.{_EXTENSIONS[kind]}",
        media_type=f"image/{kind}",
        data=data,
        width=image.width,
        height=image.height,
    )

"""Paint the sample issue's pictures: ``python -m mailer.demo.issues.paint``.

Flat landscapes and a portrait, drawn with a seeded generator, so that they come out the same.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter

FOLDER = Path(__file__).parent / "pictures"
WIDTH, HEIGHT = 1120, 630
Colour = tuple[int, int, int]


def blend(top: Colour, bottom: Colour, share: float) -> Colour:
    """Return the colour that lies ``share`` of the way from one to the other."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(top, bottom, strict=True))
    return red, green, blue


def make_sky(size: tuple[int, int], top: Colour, bottom: Colour) -> Image.Image:
    """Return a picture filled from one colour above to another below."""
    image = Image.new("RGB", size)
    draw = ImageDraw.Draw(image)
    for y in range(size[1]):
        draw.line([(0, y), (size[0], y)], fill=blend(top, bottom, y / size[1]))
    return image


def draw_ridge(
    image: Image.Image, *, level: float, swing: float, colour: Colour, seed: int
) -> None:
    """Draw a line of hills: ``level`` and ``swing`` are shares of the picture's height."""
    chance = random.Random(seed)  # noqa: S311 - a painting, not a secret
    waves = [(chance.uniform(0.5, 4), chance.uniform(0, 7), chance.uniform(0.2, 1)) for _ in "abcd"]
    width, height = image.size
    points = [(0.0, float(height))]
    for x in range(0, width + 8, 8):
        total = sum(math.sin(x / width * f * 6.3 + p) * a for f, p, a in waves)
        points.append((x, height * (level - swing * total / 4)))
    ImageDraw.Draw(image).polygon([*points, (width, height)], fill=colour)


def draw_sun(image: Image.Image, centre: tuple[int, int], radius: int, colour: Colour) -> None:
    """Draw a sun with a soft glow around it."""
    glow = Image.new("L", image.size, 0)
    x, y = centre
    pen = ImageDraw.Draw(glow)
    pen.ellipse([x - radius * 2, y - radius * 2, x + radius * 2, y + radius * 2], fill=90)
    soft = glow.filter(ImageFilter.GaussianBlur(radius))
    image.paste(Image.new("RGB", image.size, colour), mask=soft)
    ImageDraw.Draw(image).ellipse([x - radius, y - radius, x + radius, y + radius], fill=colour)


def draw_water(image: Image.Image, level: float, colours: Sequence[Colour], seed: int) -> None:
    """Draw water from ``level`` of the height to the bottom, with glints on it."""
    chance = random.Random(seed)  # noqa: S311 - a painting, not a secret
    width, height = image.size
    draw = ImageDraw.Draw(image)
    top = round(height * level)
    for y in range(top, height):
        depth = (y - top) / (height - top)
        draw.line([(0, y), (width, y)], fill=blend(colours[0], colours[1], depth))
    for _ in range(170):
        y = top + round((height - top) * chance.random() ** 1.6) + 3
        length = 12 + (y - top) * chance.uniform(0.1, 0.5)
        x = chance.uniform(-50, width)
        draw.line([(x, y), (x + length, y)], fill=colours[2], width=1 + (y - top) // 110)


def paint_harbour() -> Image.Image:
    """Paint a harbour at dusk: hills, a lighthouse on a spit, its light on the water."""
    image = make_sky((WIDTH, HEIGHT), (38, 54, 92), (246, 182, 132))
    draw_sun(image, (770, 330), 46, (255, 226, 178))
    for level, swing, colour, seed in (
        (0.56, 0.14, (120, 101, 126), 3),
        (0.62, 0.10, (82, 78, 110), 8),
    ):
        draw_ridge(image, level=level, swing=swing, colour=colour, seed=seed)
    draw_water(image, 0.64, ((196, 140, 120), (34, 46, 78), (250, 205, 160)), 4)
    draw = ImageDraw.Draw(image)
    draw.polygon([(0, 470), (250, 440), (380, 455), (420, 474), (0, 520)], fill=(32, 36, 58))
    draw.polygon([(262, 448), (276, 250), (304, 250), (318, 452)], fill=(244, 236, 224))
    for step in range(3):
        y = 290 + step * 54
        draw.polygon([(273, y), (307, y), (309, y + 26), (271, y + 26)], fill=(160, 46, 58))
    draw.rectangle([270, 226, 310, 250], fill=(40, 42, 60))
    draw.rectangle([278, 230, 302, 247], fill=(255, 236, 170))
    draw.polygon([(266, 226), (290, 202), (314, 226)], fill=(160, 46, 58))
    return image


def paint_field() -> Image.Image:
    """Paint terraced fields under a morning sun."""
    image = make_sky((WIDTH, HEIGHT), (132, 186, 214), (250, 236, 206))
    draw_sun(image, (300, 190), 54, (255, 246, 214))
    bands: list[tuple[float, float, Colour, int]] = [
        (0.45, 0.16, (148, 182, 178), 12),
        (0.56, 0.12, (112, 158, 130), 31),
        (0.67, 0.10, (150, 172, 92), 17),
        (0.78, 0.08, (98, 138, 72), 23),
        (0.90, 0.06, (60, 100, 62), 29),
    ]
    for level, swing, colour, seed in bands:
        draw_ridge(image, level=level, swing=swing, colour=colour, seed=seed)
    return image


def paint_portrait() -> Image.Image:
    """Paint a scholar: shoulders, a face without features, grey hair tied back."""
    image = make_sky((480, 480), (222, 206, 182), (196, 170, 142))
    draw = ImageDraw.Draw(image)
    draw.ellipse([40, 330, 440, 760], fill=(58, 74, 96))
    draw.polygon([(196, 360), (284, 360), (262, 452), (240, 480), (218, 452)], fill=(240, 234, 222))
    draw.ellipse([134, 76, 346, 320], fill=(120, 116, 118))
    draw.ellipse([300, 90, 372, 170], fill=(120, 116, 118))
    draw.rounded_rectangle([206, 290, 274, 390], 30, fill=(196, 146, 116))
    draw.ellipse([160, 112, 320, 326], fill=(214, 166, 136))
    draw.pieslice([146, 78, 334, 250], 178, 362, fill=(136, 132, 134))
    for x in (190, 252):
        draw.ellipse([x, 204, x + 42, 246], outline=(62, 54, 56), width=5)
    draw.line([(232, 222), (252, 222)], fill=(62, 54, 56), width=5)
    draw.arc([212, 250, 268, 286], 20, 160, fill=(150, 92, 82), width=5)
    return image


def main() -> None:
    """Write every picture into the folder beside this file."""
    FOLDER.mkdir(exist_ok=True)
    paintings = {"harbour": paint_harbour(), "fields": paint_field(), "portrait": paint_portrait()}
    for name, image in paintings.items():
        image.save(FOLDER / f"{name}.jpg", quality=84, optimize=True, progressive=True)


if __name__ == "__main__":
    main()

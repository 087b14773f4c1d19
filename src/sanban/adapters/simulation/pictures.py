"""Photos that nobody took: a pavement under a sky, with what was tidied away left to the imagination."""

from __future__ import annotations

import io
from typing import Final

from PIL import Image, ImageDraw

SIZE: Final = (640, 480)
_SKIES: Final = ((201, 222, 240), (226, 226, 222), (246, 224, 198))


def photo(number: int) -> bytes:
    """The n-th picture, as JPEG; the same each time."""
    width, height = SIZE
    image = Image.new("RGB", SIZE, _SKIES[number % len(_SKIES)])
    draw = ImageDraw.Draw(image)
    for house in range(4):
        left, top = house * 170 - number * 13 % 60, 120 + (house + number) % 3 * 40
        draw.rectangle((left, top, left + 140, 320), fill=(150 + 20 * (house % 3), 140, 130))
        for window in range(6):
            x, y = left + 15 + window % 3 * 42, top + 20 + window // 3 * 50
            draw.rectangle((x, y, x + 24, y + 30), fill=(90, 110, 130))
    draw.rectangle((0, 320, width, height), fill=(170, 168, 162))
    for joint in range(-6, 12):
        draw.line((joint * 80, height, 320 + (joint - 3) * 30, 320), fill=(140, 138, 132), width=2)
    tree = 60 + number * 97 % 460
    draw.rectangle((tree, 240, tree + 14, 350), fill=(110, 84, 60))
    draw.ellipse((tree - 45, 150, tree + 60, 270), fill=(88, 130, 78))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=80)
    return out.getvalue()

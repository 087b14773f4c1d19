"""The mark across a copy of a picture, in rows, legible on whatever is behind."""

from __future__ import annotations

import io

from PIL import Image, ImageDraw, ImageFont

WHITE, BLACK = (255, 255, 255, 100), (0, 0, 0, 100)
"""A sign and its edge: one of the two shows on whatever is behind."""


def marked_picture(kind: str, content: bytes, mark: str) -> bytes:
    """A copy of a picture with the mark in rows, each shifted, so that no part worth cutting out is without it."""
    with Image.open(io.BytesIO(content), formats=[kind]) as picture:
        sign = max(12, max(picture.size) // 50)
        font, draw = ImageFont.load_default(sign), ImageDraw.Draw(picture, "RGBA")
        step = int(draw.textlength(mark, font)) + 4 * sign
        for row, top in enumerate(range(sign, picture.height, 6 * sign)):
            for left in range(-(row % 3) * step // 3, picture.width, step):
                draw.text((left, top), mark, WHITE, font, stroke_width=1, stroke_fill=BLACK)
        made = io.BytesIO()
        picture.save(made, kind, quality=85, compress_level=1, method=0)
        return made.getvalue()

"""Pictures are encoded anew: what a camera wrote about place, time and owner stays behind, and so does anything hidden.

The size stands in a picture's head and is looked at before anything is unpacked. A JPEG is read at the scale it is
kept at, so that a photo of 100 megapixels costs no more than a small one; the other formats are unpacked whole. A few
pictures are unpacked at a time, whatever the number of callers: the others wait, and after a while are asked to come
again. Only the first frame is kept. The decoders are loaded with the first picture.
"""

from __future__ import annotations

import io
from importlib import import_module
from threading import BoundedSemaphore
from typing import Any

from sanban.kernel.errors import Refused

LONGEST_SIDE = 2560
MOST_PIXELS = {"JPEG": 120_000_000, "PNG": 16_000_000, "WEBP": 16_000_000}
"""The most that is unpacked (limits of this product)."""
UNPACKING = BoundedSemaphore(2)
"""So many pictures at a time."""
PATIENCE = 10.0
"""Seconds that a picture waits for its turn."""
FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}

BROKEN = Refused("picture_broken", "the picture cannot be read", "take or save it anew")
TOO_MANY_PIXELS = Refused("too_many_pixels", "the picture has more pixels than are taken", "a picture of 4000x3000")
BUSY = Refused(
    "busy",
    "too many pictures are being read at once: choose the photos again and send it again in a minute",
    "the same photo in a minute",
)


def clean_picture(media_type: str, content: bytes, patience: float = PATIENCE) -> bytes | Refused:
    """The picture alone, upright, at most `LONGEST_SIDE` pixels wide and high; `patience`: seconds to wait for it."""
    if not UNPACKING.acquire(timeout=patience):
        return BUSY
    try:
        return _clean(media_type, content)
    finally:
        UNPACKING.release()


def _clean(media_type: str, content: bytes) -> bytes | Refused:
    kind, image = FORMATS[media_type], import_module("PIL.Image")
    try:
        with image.open(io.BytesIO(content), formats=[kind]) as picture:
            if picture.width * picture.height > MOST_PIXELS[kind]:
                return TOO_MANY_PIXELS
            longest = max(LONGEST_SIDE, *picture.size)
            picture.draft("RGB", tuple(side * LONGEST_SIDE // longest or 1 for side in picture.size))
            picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
            return _encoded(image, picture, kind)
    except (image.DecompressionBombWarning, image.DecompressionBombError):
        return TOO_MANY_PIXELS
    except Exception:  # a decoder meets bytes made to break it; whatever it says, the picture is not taken
        return BROKEN


def _encoded(image: Any, picture: Any, kind: str) -> bytes:
    upright = import_module("PIL.ImageOps").exif_transpose(picture)
    clear = kind != "JPEG" and upright.has_transparency_data
    plain = upright.convert("RGBA" if clear else "RGB")
    bare = image.new(plain.mode, plain.size)
    bare.paste(plain)
    out = io.BytesIO()
    if kind == "PNG":
        bare.save(out, "PNG")
    else:
        bare.save(out, kind, quality=85)
    return out.getvalue()

"""Files made by the tests: small pictures with what a camera writes, sounds, a document, and hostile ones."""

from __future__ import annotations

import io
import struct
import zipfile

from PIL import Image
from PIL.Image import Exif

GPS = 0x8825
PLACE = "Heping Road 12"


def picture(kind: str = "JPEG", size: tuple[int, int] = (64, 48), mode: str = "RGB", turned: int = 1) -> bytes:
    """A picture with place, camera and orientation in its head."""
    exif = Exif()
    exif[0x0112] = turned
    exif[0x010F] = "Camera of somebody"
    exif[0x010E] = PLACE
    exif[GPS] = {1: "N", 2: (31.0, 15.0, 3.0), 3: "E", 4: (121.0, 29.0, 1.0)}
    out = io.BytesIO()
    Image.new(mode, size, (200, 30, 30, 120)[: len(mode)]).save(out, kind, exif=exif)
    return out.getvalue()


def archive() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr("run.txt", "hidden")
    return out.getvalue()


def document(more: bytes = b"") -> bytes:
    return b"%PDF-1.7\n1 0 obj <</Type /Catalog " + more + b">> endobj\ntrailer <</Root 1 0 R>>\n%%EOF\n"


def wav() -> bytes:
    body = (
        b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 8000, 1, 8) + b"data" + struct.pack("<I", 4) + b"\x80" * 4
    )
    return b"RIFF" + struct.pack("<I", len(body)) + body


def amr(frames: int = 5) -> bytes:
    return b"#!AMR\n" + b"\x3c".ljust(32, b"\x00") * frames


def mp3(frames: int = 4) -> bytes:
    """Frames of 128 kbit/s at 44.1 kHz, 417 bytes each, after a tag."""
    return b"ID3\x03\x00\x00\x00\x00\x00\x0a" + bytes(10) + (b"\xff\xfb\x90\x00".ljust(417, b"\x00")) * frames


def ogg(pages: int = 2) -> bytes:
    page = b"OggS\x00\x02" + bytes(20) + b"\x01\x05" + b"sound"
    return page * pages

"""What a file is, is read from its content: a few types are taken, pictures lose what the camera wrote."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile

from attachments.sample_files import PLACE, amr, archive, document, mp3, ogg, picture, wav
from sanban.attachments.pictures import BUSY, LONGEST_SIDE, UNPACKING, clean_picture
from sanban.attachments.sniffing import MOST_BYTES, Sniffed, sniff
from sanban.kernel.errors import Refused
from sanban.web.shell import status_of

TAKEN = {
    "photo.jpg": (picture(), "image/jpeg"),
    "photo.JPEG": (picture(), "image/jpeg"),
    "photo": (picture(), "image/jpeg"),
    "plan.png": (picture("PNG"), "image/png"),
    "shot.webp": (picture("WEBP"), "image/webp"),
    "letter.pdf": (document(), "application/pdf"),
    "call.wav": (wav(), "audio/wav"),
    "call.amr": (amr(), "audio/amr"),
    "call.mp3": (mp3(), "audio/mpeg"),
    "call.ogg": (ogg(), "audio/ogg"),
}
REFUSED = {
    "nothing": ("a.jpg", b"", "file_empty"),
    "text": ("a.txt", b"hello", "type_not_taken"),
    "page": ("a.html", b"<!doctype html><script>1</script>", "type_not_taken"),
    "drawing": ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "type_not_taken"),
    "program": ("a.exe", b"MZ" + bytes(100), "type_not_taken"),
    "archive": ("a.zip", archive(), "type_not_taken"),
    "film": ("a.gif", b"GIF89a" + bytes(30), "type_not_taken"),
    "picture named as a page": ("a.html", picture(), "name_mismatch"),
    "picture named as a document": ("a.pdf", picture("PNG"), "name_mismatch"),
    "picture with two endings": ("a.jpg.exe", picture(), "name_mismatch"),
    "picture and archive": ("a.jpg", picture() + archive(), "two_types"),
    "picture, archive and more": ("a.jpg", picture() + archive() + b"x" * 50, "two_types"),
    "document and archive": ("a.pdf", document() + archive(), "type_not_taken"),
    "page in a picture": ("a.jpg", b"\xff\xd8\xff\xe0<script>alert(1)</script>", "two_types"),
    "document behind something": ("a.pdf", b"x" + document(), "type_not_taken"),
    "document with something behind": ("a.pdf", document() + b"<script>", "type_not_taken"),
    "document with a program": ("a.pdf", document(b"/JavaScript (app.alert)"), "active_content"),
    "document with a hidden program": ("a.pdf", document(b"/J#61vaScript (app.alert)"), "active_content"),
    "document with files in it": ("a.pdf", document(b"/EmbeddedFiles 3 0 R"), "active_content"),
    "document that starts something": ("a.pdf", document(b"/Launch (cmd)"), "active_content"),
    "encrypted document": ("a.pdf", document(b"/Encrypt 9 0 R"), "active_content"),
    "sound with something behind": ("a.amr", amr() + b"\x3c", "type_not_taken"),
    "sound cut short": ("a.mp3", mp3()[:500], "type_not_taken"),
    "sound that lies about its length": ("a.wav", wav() + b"PAYLOAD", "type_not_taken"),
    "sound pages with something behind": ("a.ogg", ogg() + b"PK", "type_not_taken"),
    "too much": ("a.jpg", picture() + bytes(MOST_BYTES), "file_too_large"),
}


@pytest.mark.parametrize("name", TAKEN)
def test_what_is_taken_is_known_by_its_content(name: str) -> None:
    content, media_type = TAKEN[name]
    assert sniff(name, content) == Sniffed(media_type)


@pytest.mark.parametrize("case", REFUSED)
def test_everything_else_is_refused_with_an_example(case: str) -> None:
    name, content, reason = REFUSED[case]
    found = sniff(name, content)
    assert isinstance(found, Refused)
    assert (found.reason, bool(found.example)) == (reason, True)


@settings(max_examples=200)
@given(name=st.text(max_size=30), content=st.binary(max_size=300))
def test_no_content_and_no_name_breaks_the_look(name: str, content: bytes) -> None:
    assert isinstance(sniff(name, content), Sniffed | Refused)


@settings(max_examples=60, deadline=None)
@given(kind=st.sampled_from(["JPEG", "PNG", "WEBP"]), data=st.data())
def test_a_damaged_picture_is_refused_or_read_and_never_breaks(kind: str, data: st.DataObject) -> None:
    content = bytearray(picture(kind))
    for at in data.draw(st.lists(st.integers(12, len(content) - 1), max_size=8)):
        content[at] ^= data.draw(st.integers(1, 255))
    assert isinstance(clean_picture(f"image/{kind.lower()}", bytes(content)), bytes | Refused)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_place_camera_and_owner_stay_behind(kind: str) -> None:
    sent = picture(kind)
    clean = clean_picture(f"image/{kind.lower()}", sent)
    assert isinstance(clean, bytes)
    assert PLACE.encode() in sent
    assert b"Camera" not in clean
    assert PLACE.encode() not in clean
    with Image.open(io.BytesIO(clean)) as opened:
        assert (opened.format, dict(opened.getexif()), opened.info.get("exif")) == (kind, {}, None)


def test_a_photo_is_turned_upright_and_kept_small() -> None:
    clean = clean_picture("image/jpeg", picture(size=(4000, 1000), turned=6))
    assert isinstance(clean, bytes)
    with Image.open(io.BytesIO(clean)) as opened:
        assert opened.size == (LONGEST_SIDE // 4, LONGEST_SIDE)


def test_what_is_hidden_behind_a_picture_is_gone() -> None:
    clean = clean_picture("image/jpeg", picture() + b"hidden words")
    assert isinstance(clean, bytes)
    assert b"hidden" not in clean


def test_a_see_through_picture_stays_so() -> None:
    clean = clean_picture("image/png", picture("PNG", mode="RGBA"))
    assert isinstance(clean, bytes)
    with Image.open(io.BytesIO(clean)) as opened:
        assert opened.mode == "RGBA"


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it is huge."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(100))) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    "size", [(4001, 4000), (7000, 5700), (12_000, 12_000), (60_000, 60_000), (2**31 - 1, 2**31 - 1)]
)
def test_a_picture_that_would_unpack_to_gigabytes_is_refused_unopened(size: tuple[int, int]) -> None:
    found = clean_picture("image/png", bomb(*size))
    assert isinstance(found, Refused)
    assert found.reason in ("too_many_pixels", "picture_broken")


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_a_drawing_has_as_many_pixels_as_a_large_screen_and_no_more(kind: str) -> None:
    assert isinstance(clean_picture(f"image/{kind.lower()}", picture(kind, size=(1600, 10_000))), bytes)
    found = clean_picture(f"image/{kind.lower()}", picture(kind, size=(1601, 10_000)))
    assert isinstance(found, Refused)
    assert found.reason == "too_many_pixels"


@pytest.mark.parametrize("size", [(30_000, 400), (400, 30_000), (6000, 4000)], ids=["wide", "high", "usual"])
def test_a_photo_is_never_unpacked_at_more_than_twice_what_is_kept(
    size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    unpacked = []
    load = JpegImageFile.load

    def watched(photo: JpegImageFile) -> object:
        unpacked.append(max(photo.size))
        return load(photo)

    monkeypatch.setattr(JpegImageFile, "load", watched)
    clean = clean_picture("image/jpeg", picture(size=size))
    assert isinstance(clean, bytes)
    assert LONGEST_SIDE <= max(unpacked) < 2 * LONGEST_SIDE
    with Image.open(io.BytesIO(clean)) as opened:
        assert max(opened.size) == LONGEST_SIDE


def test_a_picture_waits_for_its_turn_and_is_asked_to_come_again_when_it_takes_too_long() -> None:
    with UNPACKING:
        assert isinstance(clean_picture("image/jpeg", picture(), patience=0), bytes), "two have room"
        with UNPACKING:
            assert clean_picture("image/jpeg", picture(), patience=0.01) == BUSY
            assert status_of(BUSY) == 503
    assert clean_picture("image/jpeg", b"broken", patience=0) != BUSY
    assert isinstance(clean_picture("image/jpeg", picture(), patience=0), bytes), (
        "whatever came before gave its turn back"
    )

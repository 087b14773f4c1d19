"""The viewer's mark stands inside what is taken away, and leaves somebody's own file as it was."""

from __future__ import annotations

import io
import re
import zipfile
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops

from sanban.kernel.permission import Actor
from sanban.kernel.view import Download
from sanban.web.marking import OFFICE, header, mark_of, marked, tile

NINE = 1_767_229_200_000_000  # 2026-01-01 09:00 in Shanghai
MARK = "h1 st1 2026-01-01 09:00"


def test_a_mark_is_account_unit_and_local_time() -> None:
    assert mark_of(Actor("h1", "handler", "st1"), NINE, "Asia/Shanghai") == MARK
    assert mark_of(Actor("own", "mechanism_owner"), NINE, "UTC") == "own 2026-01-01 01:00"


@given(st.text(min_size=1, max_size=40))
def test_whatever_an_account_is_called_the_tile_is_a_picture_and_the_header_plain(name: str) -> None:
    picture = unquote(tile(f"{name} st1").partition(",")[2])
    if all(sign.isprintable() for sign in name):
        ElementTree.fromstring(picture)
    assert header(name).isascii()
    assert not re.search(r"[\r\n]", header(name))


@pytest.mark.parametrize("content", [b"a,b\n1,2\n", b"a,b\r\n1,2", b""])
def test_a_table_ends_with_its_mark(content: bytes) -> None:
    lines = marked(Download(content, "x.csv", "text/csv; charset=utf-8"), MARK).decode().splitlines()
    assert lines[-1] == f"# {MARK}"
    assert [line for line in lines[:-1] if line] == content.decode().splitlines()


def workbook() -> bytes:
    made = io.BytesIO()
    with xlsxwriter.Workbook(made) as book:
        book.set_properties({"comments": "of somebody"})
        book.add_worksheet().write(0, 0, "cases")
    return made.getvalue()


def letter() -> bytes:
    """A document as bare as can be: what it says, and its properties."""
    made = io.BytesIO()
    core = '<cp:coreProperties xmlns:cp="c" xmlns:dc="d"><dc:title>t</dc:title></cp:coreProperties>'
    with zipfile.ZipFile(made, "w") as out:
        out.writestr("word/document.xml", "<w>cases</w>")
        out.writestr("docProps/core.xml", core)
    return made.getvalue()


def shot(kind: str, mode: str = "RGB", colour: tuple[int, ...] = (128, 128, 128)) -> bytes:
    made = io.BytesIO()
    Image.new(mode, (1200, 900), colour).save(made, kind)
    return made.getvalue()


@pytest.mark.parametrize("colour", [(0, 0, 0), (255, 255, 255), (128, 128, 128)])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_shown_in_place_bears_its_mark_wherever_it_is_cut(kind: str, colour: tuple[int, ...]) -> None:
    media, content = f"image/{kind.lower()}", shot(kind, colour=colour)
    given = Download(content, "x", media, inline=True, as_sent=True)
    made, again, another = (marked(given, mark) for mark in (MARK, MARK, f"another {MARK}"))
    assert made == again != another
    with Image.open(io.BytesIO(made)) as after, Image.open(io.BytesIO(content)) as before:
        assert (after.format, after.size) == (kind, before.size)
        for left, top in ((0, 0), (600, 0), (0, 450), (600, 450)):
            part = (left, top, left + 600, top + 450)
            spread = ImageChops.difference(after.convert("RGB").crop(part), before.convert("RGB").crop(part))
            assert all(most > 60 for _, most in spread.getextrema())
    assert marked(Download(content, "x", media, as_sent=True), MARK) == content


def test_a_see_through_picture_bears_its_mark_and_stays_so() -> None:
    content = shot("PNG", "RGBA", (10, 20, 30, 0))
    with Image.open(io.BytesIO(marked(Download(content, "x", "image/png", inline=True), MARK))) as after:
        assert after.mode == "RGBA"
        assert after.getextrema()[3] == (0, 100)


@given(st.text(min_size=1, max_size=40).filter(str.isprintable))
def test_whatever_an_account_is_called_its_mark_can_be_drawn(name: str) -> None:
    small = io.BytesIO()
    Image.new("RGB", (64, 48)).save(small, "PNG")
    Image.open(io.BytesIO(marked(Download(small.getvalue(), "x", "image/png", inline=True), name))).load()


@pytest.mark.parametrize(
    ("content", "media"), [(workbook(), "spreadsheetml.sheet"), (letter(), "wordprocessingml.document")]
)
def test_a_workbook_and_a_letter_name_their_viewer_and_say_the_same(content: bytes, media: str) -> None:
    made = marked(Download(content, "x", OFFICE + media), MARK)
    before, after = zipfile.ZipFile(io.BytesIO(content)), zipfile.ZipFile(io.BytesIO(made))
    core = after.read("docProps/core.xml").decode()
    assert core.count("<dc:description>") == 1
    assert f"<dc:description>{MARK}</dc:description>" in core
    ElementTree.fromstring(core)
    same = [name for name in before.namelist() if name != "docProps/core.xml"]
    assert all(before.read(name) == after.read(name) for name in same)
    assert before.namelist() == after.namelist()


def test_a_file_that_somebody_sent_is_given_back_as_it_was() -> None:
    content = letter()
    media = f"{OFFICE}wordprocessingml.document"
    assert marked(Download(content, "x.docx", media, as_sent=True), MARK) == content
    assert marked(Download(b"\x89PNG", "x.png", "image/png"), MARK) == b"\x89PNG"

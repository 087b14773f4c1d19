"""The viewer's mark stands inside what is taken away, somebody's own file as well, and what is kept stays as it is."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest
import typst
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops

from attachments import sample_files
from sanban.attachments.sniffing import Sniffed, sniff
from sanban.kernel.permission import Actor
from sanban.kernel.view import Download
from sanban.web.marking import OFFICE, header, mark_of, marked, tile
from sanban.web.marking.pages import across_pages
from sanban.web.marking.pdf import marked_pdf
from sanban.web.marking.sounds import marked_mp3, marked_wav

NINE = 1_767_229_200_000_000  # 2026-01-01 09:00 in Shanghai
MARK = "h1 st1 2026-01-01 09:00"
PRINTED = typst.compile(b"#set page(width: 40mm, height: 20mm)\nnotice")


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
    given = Download(content, "x", media, inline=True)
    made, again, another = (marked(given, mark) for mark in (MARK, MARK, f"another {MARK}"))
    assert made == again != another
    with Image.open(io.BytesIO(made)) as after, Image.open(io.BytesIO(content)) as before:
        assert (after.format, after.size) == (kind, before.size)
        for left, top in ((0, 0), (600, 0), (0, 450), (600, 450)):
            part = (left, top, left + 600, top + 450)
            spread = ImageChops.difference(after.convert("RGB").crop(part), before.convert("RGB").crop(part))
            assert all(most > 60 for _, most in spread.getextrema())
    assert marked(Download(content, "x", media), MARK) == made, "taken away as well"


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


SENT = {
    "image/jpeg": shot("JPEG"),
    "application/pdf": PRINTED,
    "audio/mpeg": sample_files.mp3(),
    "audio/wav": sample_files.wav(),
}


@pytest.mark.parametrize("media", SENT)
def test_a_file_that_somebody_sent_names_who_took_it_away_and_stays_what_it_was(media: str) -> None:
    made, another = (marked(Download(SENT[media], "x", media), mark) for mark in (MARK, f"another {MARK}"))
    assert SENT[media] != made != another
    assert sniff("", made) == Sniffed(media)


def pages_of(document: bytes, folder: Path, count: int) -> list[Image.Image]:
    """The pages of a PDF as pictures."""
    (folder / "shown.pdf").write_bytes(document)
    every = "".join(f'#page(image("shown.pdf", page: {number}))' for number in range(1, count + 1))
    (folder / "shown.typ").write_text(f"#set page(width: auto, height: auto, margin: 0pt)\n{every}")
    made = typst.compile(folder / "shown.typ", root=folder, format="png", ppi=72)
    return [Image.open(io.BytesIO(one)).convert("L") for one in made]


def most(picture: Image.Image) -> int:
    """The lightest shade of a grey picture."""
    return max(shade for shade, count in enumerate(picture.histogram()) if count)


def test_every_page_of_a_document_bears_its_mark_wherever_it_is_cut_and_still_says_what_it_said(tmp_path: Path) -> None:
    content = typst.compile(
        b"#set page(width: 210mm, height: 297mm)\n= one\n#pagebreak()\n#set page(flipped: true)\ntwo"
    )
    made = marked(Download(content, "x", "application/pdf"), MARK)
    before, after = (pages_of(each, tmp_path, 2) for each in (content, made))
    for plain, bearing in zip(before, after, strict=True):
        assert bearing.size == plain.size
        width, height = plain.size
        for left, top in ((0, 0), (width // 2, 0), (0, height // 2), (width // 2, height // 2)):
            part = (left, top, left + width // 2, top + height // 2)
            assert most(ImageChops.difference(plain.crop(part), bearing.crop(part))) > 30
        assert most(ImageChops.subtract(bearing, plain)) < 30, "nothing that it said is gone"


def test_a_document_that_cannot_be_typeset_anew_bears_its_mark_among_its_properties() -> None:
    content = referenced(9, stream=False)
    assert across_pages(content, MARK) is None
    assert marked(Download(content, "x", "application/pdf"), MARK) == marked_pdf(content, MARK) != content


@pytest.mark.parametrize("media", ["audio/ogg", "audio/amr", "application/json"])
def test_a_format_without_a_place_for_a_mark_is_given_as_it_is(media: str) -> None:
    assert marked(Download(b"OggS", "x", media), MARK) == b"OggS"


def referenced(objects: int, *, stream: bool) -> bytes:
    """A document whose references are a table, or a stream of its own."""
    body = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n"
    head = f"/Size {objects} /Root 1 0 R /ID [<0a> <0B>] ".encode()
    if stream:
        references = b"9 0 obj\n<< /Type /XRef " + head + b"/W [1 2 1] /Length 4 >>\nstream\n1234\nendstream\nendobj\n"
    else:
        references = b"xref\n0 1\n0000000000 65535 f \ntrailer\n<< " + head + b">>\n"
    return body + references + f"startxref\n{len(body)}\n%%EOF\n".encode()


@given(objects=st.integers(2, 99_999), stream=st.booleans(), mark=st.text(min_size=1, max_size=60))
def test_a_documents_mark_is_one_more_revision_behind_it_that_leads_to_the_one_before(
    objects: int, stream: bool, mark: str
) -> None:
    content = referenced(objects, stream=stream)
    once = marked_pdf(content, mark)
    twice = marked_pdf(once, "somebody else")
    assert once.startswith(content)
    assert twice.startswith(once)
    start = int(once.rpartition(b"startxref")[2].split()[0])
    tail, before = once[start:], content.rpartition(b"startxref")[2].split()[0].decode()
    assert tail.startswith(f"{objects + 1} 0 obj".encode() if stream else b"xref")
    told = [b"/Root 1 0 R", b"/ID [<0a> <0B>]", f"/Info {objects} 0 R".encode(), f"/Prev {before}".encode()]
    assert all(word in tail for word in told)
    at = int.from_bytes(tail[tail.index(b"stream\n") + 8 :][:4], "big") if stream else int(tail.split(b"\n")[2][:10])
    said = re.search(rb"%d 0 obj\n<< /Subject <(\w+)>" % objects, once[at:])
    assert said is not None
    assert bytes.fromhex(said[1].decode()).decode("utf-16") == mark


@given(st.binary(max_size=200))
def test_a_document_that_cannot_be_followed_is_given_as_it_is(junk: bytes) -> None:
    for content in (junk, b"%PDF-1.7\n" + junk + b"startxref\n9\n%%EOF\n"):
        assert marked_pdf(content, MARK).startswith(content)


@given(st.text(min_size=1, max_size=60))
def test_a_sounds_mark_stands_once_and_its_length_is_told_anew(mark: str) -> None:
    tagged = marked_mp3(marked_mp3(sample_files.mp3(), "before"), mark)
    assert tagged.count(b"ID3") == 1
    assert mark.encode() in tagged
    assert sniff("a.mp3", tagged) == Sniffed("audio/mpeg")
    listed = marked_wav(sample_files.wav(), mark)
    assert int.from_bytes(listed[4:8], "little") + 8 == len(listed)
    assert mark.encode() in listed


def test_a_drawing_names_its_viewer_in_a_comment() -> None:
    drawing = marked(Download(b"<svg xmlns='http://www.w3.org/2000/svg'/>", "x.svg", "image/svg+xml"), "a--b 2026")
    assert b"a%2D%2Db" in drawing
    ElementTree.fromstring(drawing)

"""In which encoding a text file is written: UTF-8 with or without a mark, GB18030 (and GBK within it), or UTF-16.

A mark decides. Without one the whole file is tried as UTF-8, because a Chinese word may come late; then as GB18030.
A file that is neither throughout is read as the one with fewer damaged places, and `damaged` says so: the reader then
finds U+FFFD in the rows concerned. The file is read in pieces of one megabyte.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from pathlib import Path

import msgspec

from sanban.kernel.errors import SanbanError

PIECE = 1 << 20
SAMPLE = 4096
DAMAGE = "\ufffd"
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_CONTROLS_FORGIVEN = 2
_CONTROLS = bytes(code for code in range(32) if code not in b"\t\n\f\r\x1b")
_EXAMPLE = "save the sheet as CSV UTF-8, or as .xlsx"


class Encoding(msgspec.Struct, frozen=True):
    """A codec's name, and whether parts of the file do not fit it."""

    name: str
    damaged: bool = False


def detect(path: Path) -> Encoding:
    """The encoding of a text file; raises `SanbanError` when it is no text or is empty."""
    with path.open("rb") as file:
        head = file.read(SAMPLE)
    if not head:
        raise SanbanError(f"{path.name} is empty", "a first line with the names of the columns, then one row a request")
    name = next((name for mark, name in _MARKS if head.startswith(mark)), "") or _wide(head)
    if name:
        return Encoding(name, not _fits(path, name))
    if len(head) - len(head.translate(None, _CONTROLS)) > max(_CONTROLS_FORGIVEN, len(head) // 50):
        raise SanbanError(f"{path.name} is not a table of text", _EXAMPLE)
    return _narrow(path)


def _wide(head: bytes) -> str:
    """UTF-16 without a mark: of its ASCII (commas and line ends at least) every other byte is zero.

    Zeros by themselves prove nothing: what reads as UTF-8 must be all ASCII, zeros making up nearly half.
    """
    even, odd = head[0::2].count(0), head[1::2].count(0)
    few, many = sorted((even, odd))
    least = 0.4 if _reads_as_utf8(head) else 0.05
    if many < least * len(head) or few * 10 > many:
        return ""
    return "utf-16-le" if odd > even else "utf-16-be"


def _reads_as_utf8(head: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return True


def _narrow(path: Path) -> Encoding:
    for name in ("utf-8", "gb18030"):
        if _fits(path, name):
            return Encoding(name)
    return Encoding(min(("utf-8", "gb18030"), key=lambda name: _damage(path, name)), damaged=True)


def _fits(path: Path, name: str) -> bool:
    decoder = codecs.getincrementaldecoder(name)()
    try:
        for piece in _pieces(path):
            decoder.decode(piece, final=not piece)
    except UnicodeDecodeError:
        return False
    return True


def _damage(path: Path, name: str) -> int:
    """How many places of the file do not fit the encoding."""
    decoder = codecs.getincrementaldecoder(name)("replace")
    return sum(decoder.decode(piece, final=not piece).count(DAMAGE) for piece in _pieces(path))


def _pieces(path: Path) -> Iterator[bytes]:
    """The file, and an empty piece at its end."""
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece
    yield b""

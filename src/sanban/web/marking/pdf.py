"""The viewer's mark in a PDF: one more revision behind the file, whose properties are the mark and nothing else.

What was sent stays byte for byte; a reader follows the newest revision. The update is written in the form of the one
before it, a table or a stream of references. A file whose structure cannot be followed is left as it is.
Source: ISO 32000-1, 7.5.6 (incremental updates), 7.5.8 (cross-reference streams), 14.3.3 (document information).
"""

from __future__ import annotations

import re
from typing import NamedTuple

_START = re.compile(rb"startxref\s+(\d{1,10})\s+%%EOF\s*\x00*\s*\Z")
_SIZE = re.compile(rb"/Size\s+(\d{1,7})(?![\d.])")
_ROOT = re.compile(rb"/Root\s+(\d{1,7}\s+\d{1,5}\s+R)")
_ID = re.compile(rb"/ID\s*\[\s*<[0-9A-Fa-f\s]*>\s*<[0-9A-Fa-f\s]*>\s*\]")
BYTE_ORDER = "\ufeff"
"""Stands before a text of a PDF that is UTF-16."""
_TAIL = 1024
"""So near the end of the file stands where its newest references begin."""


class _Revision(NamedTuple):
    """The newest revision: where its references stand, how many objects there are, what leads to the pages."""

    at: int
    size: int
    root: str
    id: str
    is_table: bool


def marked_pdf(content: bytes, mark: str) -> bytes:
    """The document with one more revision."""
    last = _newest(content)
    if last is None:
        return content
    text = f"<{f'{BYTE_ORDER}{mark}'.encode('utf-16-be').hex()}>"
    info = f"\n{last.size} 0 obj\n<< /Subject {text} /Keywords {text} >>\nendobj\n".encode()
    at = len(content) + len(info)
    more = f"/Root {last.root} /Info {last.size} 0 R /Prev {last.at} {last.id}"
    references = _table(last, len(content) + 1, more) if last.is_table else _stream(last, len(content) + 1, at, more)
    return b"".join((content, info, references, f"startxref\n{at}\n%%EOF\n".encode()))


def _newest(content: bytes) -> _Revision | None:
    start = _START.search(content, max(0, len(content) - _TAIL))
    if start is None:
        return None
    at = int(start[1])
    is_table = content.startswith(b"xref", at)
    begin = content.find(b"trailer", at) if is_table else at
    end = content.find(b"startxref" if is_table else b"stream", begin)
    head = content[begin:end] if 0 <= begin < end else b""
    size, root, pair = _SIZE.search(head), _ROOT.search(head), _ID.search(head)
    if size is None or root is None:
        return None
    return _Revision(at, int(size[1]), root[1].decode(), pair[0].decode() if pair else "", is_table)


def _table(last: _Revision, info_at: int, more: str) -> bytes:
    return f"xref\n{last.size} 1\n{info_at:010} 00000 n \ntrailer\n<< /Size {last.size + 1} {more} >>\n".encode()


def _stream(last: _Revision, info_at: int, own_at: int, more: str) -> bytes:
    rows = b"".join(b"\x01" + at.to_bytes(4, "big") + b"\x00\x00" for at in (info_at, own_at))
    head = f"/Type /XRef /Size {last.size + 2} /Index [{last.size} 2] /W [1 4 2] /Length {len(rows)} {more}"
    return f"{last.size + 1} 0 obj\n<< {head} >>\nstream\n".encode() + rows + b"\nendstream\nendobj\n"

"""The viewer's mark: account, unit and time on all that somebody signed in is shown, so that a leak names its source.

A page bears it in its foot and, faintly, across the whole of it, on paper too; every answer bears it in a header; what
is taken away bears it inside wherever its format has a place for it, a file that somebody sent as well: a picture
across it, a PDF across its pages, a letter and a sound among its properties. What is kept stays as it is; only copies
are marked.
"""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from sanban.kernel.permission import Actor
from sanban.kernel.view import Download
from sanban.web.marking.pages import across_pages
from sanban.web.marking.pdf import marked_pdf
from sanban.web.marking.sounds import marked_mp3, marked_wav

HEADER = "X-Sanban-Viewer"
OFFICE = "application/vnd.openxmlformats-officedocument."
CORE = "docProps/core.xml"
PICTURE = "sanban.web.marking.picture"
"""What draws is loaded with the first picture that somebody takes away."""
PICTURES = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}
HEIGHT = 190
SIGN, APART = 9, 80
"""Pixels for one sign of a mark, at most, and between one mark and the next."""

_TILE = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="100%" height="100%"><defs>'
    '<pattern id="m" width="{width}" height="{height}" patternUnits="userSpaceOnUse" patternTransform="rotate(-24)">'
    '<g font-family="sans-serif" font-size="15" fill="#1b2430" fill-opacity=".075">'
    '<text x="8" y="60">{mark}</text><text x="{half}" y="155">{mark}</text><text x="-{half}" y="155">{mark}</text>'
    '</g></pattern></defs><rect width="100%" height="100%" fill="url(#m)"/></svg>'
)
"""A line of marks and one shifted by half, whose second mark goes on where the tile begins anew."""


def mark_of(viewer: Actor, now: int, zone: str) -> str:
    """`handler-street-01 street-01 2026-06-01 10:30`: local time. `now` in microseconds UTC."""
    local = dt.datetime.fromtimestamp(now // 1_000_000, ZoneInfo(zone))
    return " ".join(filter(None, (viewer.id, viewer.unit, f"{local:%Y-%m-%d %H:%M}")))


def tile(mark: str) -> str:
    """The mark across a page, as an address that is the picture itself, which the content policy lets in."""
    half = (len(mark) * SIGN + APART) // 2
    picture = _TILE.format(width=2 * half, half=half, height=HEIGHT, mark=escape(mark))
    return f"data:image/svg+xml,{quote(picture)}"


def header(mark: str) -> str:
    """The mark as a header may hold it."""
    return quote(mark, safe=" :@")


def marked(download: Download, mark: str) -> bytes:
    """What is taken away, with the mark inside where its format has a place for one."""
    media = download.media_type.partition(";")[0]
    inside = _INSIDE.get("office" if media.startswith(OFFICE) else media)
    return download.content if inside is None else inside(download.content, mark)


def _table(content: bytes, mark: str) -> bytes:
    ending = b"" if content.endswith(b"\n") else b"\r\n"
    return content + ending + f"# {mark}\r\n".encode()


def _drawing(content: bytes, mark: str) -> bytes:
    return content + f"\n<!-- {header(mark).replace('-', '%2D')} -->\n".encode()


def _across(kind: str, content: bytes, mark: str) -> bytes:
    marked: bytes = import_module(PICTURE).marked_picture(kind, content, mark)
    return marked


def _over_pages(content: bytes, mark: str) -> bytes:
    """Across each page, where the document can be typeset anew, and among its properties in any case."""
    return marked_pdf(across_pages(content, mark) or content, mark)


def _in_properties(content: bytes, mark: str) -> bytes:
    """A workbook or document whose properties name the viewer as the one who had it last."""
    given, made = zipfile.ZipFile(io.BytesIO(content)), io.BytesIO()
    with given, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as out:
        for entry in given.infolist():
            body = given.read(entry)
            out.writestr(entry, _named(body, mark) if entry.filename == CORE else body)
    return made.getvalue()


def _named(core: bytes, mark: str) -> bytes:
    """The properties with the mark as their description, whatever stood there."""
    text = core.decode()
    start, end = text.find("<dc:description>"), text.find("</dc:description>")
    kept = text[:start] + text[end + len("</dc:description>") :] if 0 <= start < end else text
    return kept.replace(
        "</cp:coreProperties>", f"<dc:description>{escape(mark)}</dc:description></cp:coreProperties>"
    ).encode()


_INSIDE: Mapping[str, Callable[[bytes, str], bytes]] = {
    **{media: partial(_across, kind) for media, kind in PICTURES.items()},
    "application/pdf": _over_pages,
    "audio/mpeg": marked_mp3,
    "audio/wav": marked_wav,
    "image/svg+xml": _drawing,
    "office": _in_properties,
    "text/csv": _table,
}
"""How each format takes its mark."""


def of_scope(scope: Any, now: int, zone: str) -> str:
    """The mark of the visitor whom a request was found to come from; '' for nobody."""
    visitor = scope.get("state", {}).get("visitor")
    return mark_of(visitor.actor, now, zone) if visitor is not None and visitor.signed_in else ""

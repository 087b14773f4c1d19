"""Static files: our own from `assets/`, the browser libraries from `static/vendor`; read once, served from memory,
where they are kept compressed, as nearly every browser takes them.

An address carries the content's hash (`/static/sanban.css?v=1f0c...`): such an answer may be kept for ever, and a new
version has a new address. Asked without the right hash, a file is checked again each time. Only files found at the
start exist, so no path can lead out of the folders.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import quote

WEB = Path(__file__).parent
FOLDERS = (("", WEB / "assets"), ("vendor/", WEB / "static" / "vendor"))
TYPES = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".webmanifest": "application/manifest+json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".LICENSE": "text/plain",
}
FOR_EVER = "public, max-age=31536000, immutable"


class StaticFile:
    """One file in memory. `compressed`: with gzip."""

    def __init__(self, path: Path) -> None:
        self.media_type = TYPES[path.suffix]
        self.hash, self.compressed = _read(path, path.stat().st_mtime_ns)

    @property
    def content(self) -> bytes:
        """As it lies on disk."""
        return gzip.decompress(self.compressed)

    def headers(self, version: str) -> dict[str, str]:
        """How long the answer may be kept, given the hash it was asked with."""
        cache = FOR_EVER if version == self.hash else "no-cache"
        return {"Cache-Control": cache, "ETag": f'"{self.hash}"', "Vary": "Accept-Encoding"}


class StaticFiles:
    """Every file there is, by its name under `/static/`."""

    def __init__(self, folders: tuple[tuple[str, Path], ...] = FOLDERS) -> None:
        self._files = dict(_found(folders))

    def get(self, name: str) -> StaticFile | None:
        return self._files.get(name)

    def address(self, name: str) -> str:
        """Where a file is served; one that was not laid has an address that answers 404."""
        file = self.get(name)
        return f"/static/{quote(name)}" + (f"?v={file.hash}" if file else "")

    @property
    def laid(self) -> bool:
        """Whether the browser libraries are there; without them pages work, plainly."""
        return "vendor/tabler.min.css" in self._files


def _found(folders: tuple[tuple[str, Path], ...]) -> Iterator[tuple[str, StaticFile]]:
    for prefix, folder in folders:
        for path in sorted(folder.glob("*")):
            if path.suffix in TYPES:
                yield prefix + path.name, StaticFile(path)


@cache
def _read(path: Path, _changed_at: int) -> tuple[str, bytes]:
    """The hash of a file as it was written last, and its content compressed."""
    content = path.read_bytes()
    return hashlib.sha256(content).hexdigest()[:16], gzip.compress(content, compresslevel=6, mtime=0)

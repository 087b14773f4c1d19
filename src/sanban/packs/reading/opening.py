"""Opens a file of a district's rules, one that is no matter: its form, where it comes from, and its faults all at once.

format: 1
origin: illustrative
source: {document: ...}
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sanban.kernel.errors import FaultsFound
from sanban.packs.document import read_document
from sanban.packs.reading.section import Notes, Section

ORIGINS: Final = ("illustrative", "local", "official")


@contextmanager
def opened(path: Path, what: str) -> Iterator[tuple[Section, str]]:
    """The file's mapping and its origin. Raises FaultsFound with every fault once all was read."""
    notes = Notes()
    root = Section(read_document(path), what, notes)
    root.integer("format", 1, 1, default=1, required=True)
    source = root.section("source", "source", required=True)
    if source is not None:
        source.texts()
    yield root, root.choice("origin", ORIGINS, required=True)
    root.close()
    if notes.faults:
        raise FaultsFound(notes.faults)


def own_or_shipped(own: Path, shipped: Path) -> Path:
    """A district's own file, where it has one; else the illustration of that name among the shipped."""
    return own if own.is_file() else shipped / own.name

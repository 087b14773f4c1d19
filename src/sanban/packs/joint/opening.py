"""Opens a file of `_joint`: a district's own file takes the place of the shipped illustration.

format: 1
origin: illustrative
source: {document: ...}
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sanban.kernel.clock.limit import Length
from sanban.kernel.errors import FaultsFound
from sanban.kernel.mechanism import Title
from sanban.packs.document import read_document
from sanban.packs.loading import SHIPPED
from sanban.packs.reading.section import Notes, Section

JOINT: Final = SHIPPED / "_joint"
ORIGINS: Final = ("illustrative", "local", "official")


@contextmanager
def opened(district: Path, name: str, what: str) -> Iterator[tuple[Section, str]]:
    """The file's mapping and its origin. Raises FaultsFound with every fault once all was read."""
    own = district / name
    notes = Notes()
    root = Section(read_document(own if own.is_file() else JOINT / name), what, notes)
    root.integer("format", 1, 1, default=1, required=True)
    source = root.section("source", "source", required=True)
    if source is not None:
        source.texts()
    yield root, root.choice("origin", ORIGINS, required=True)
    root.close()
    if notes.faults:
        raise FaultsFound(notes.faults)


def length_of(section: Section, key: str, example: str = "5 working_days") -> Length:
    """A length that has to be there."""
    return section.length(key, example, required=True) or Length(1, "working_day")


def titles_of(section: Section, key: str, what: str) -> dict[str, Title]:
    """Codes with their titles; at least one."""
    table = section.section(key, key, example="{some_code: {zh: ..., en: ...}}", required=True)
    if table is None:
        return {}
    return {name: table.title(name) or Title(name, name) for name in table.each(what)}

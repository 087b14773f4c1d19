"""Reads a folder of dated entries, one file each: what answers, and what policies, the desk knows of.

    format: 1
    title: {zh: 居住证办理, en: Residence permit}
    words: {居住证: 60}            # what speaks for the entry in a text
    valid_from: 2025-01-01
    valid_to: 2027-01-01           # optional: the first day on which it holds no more
    origin: local                  # official | local | illustrative
    source: {document: ..., date: 2025-01-01}

The name of the file is the entry's code; what else it holds is read by `read`. Days are days of the district's zone. A
later folder's entry takes the place of one with its code; a folder that is not there holds none.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

import msgspec

from sanban.kernel.errors import Fault, FaultsFound
from sanban.kernel.mechanism import Title
from sanban.packs.document import read_document
from sanban.packs.reading.head import instant_of_day
from sanban.packs.reading.section import Notes, Section

MOST_ENTRIES: Final = 2_000
_CODE: Final = re.compile(r"[a-z][a-z0-9-]{0,63}")


class Entry(msgspec.Struct, frozen=True):
    """What every entry has. `valid_from`, `valid_to`: microseconds UTC, half-open; None = until further notice.

    `origin`: who answers for it; `source`: where it stands.
    """

    code: str
    title: Title
    words: tuple[tuple[str, int], ...]
    valid_from: int
    valid_to: int | None
    origin: str
    source: str

    def in_force(self, now: int) -> bool:
        """Whether it counts at an instant."""
        return self.valid_from <= now and (self.valid_to is None or now < self.valid_to)


E = TypeVar("E", bound=Entry)


def load_entries(folders: Sequence[Path], zone: ZoneInfo, read: Callable[[Section, Entry], E]) -> tuple[E, ...]:
    """The entries of the folders, by code. Raises FaultsFound with every fault of all files."""
    notes = Notes()
    found: dict[str, E] = {}
    for folder in folders:
        paths = sorted(folder.glob("*.yaml"))
        if len(paths) > MOST_ENTRIES:
            message = f"holds {len(paths)} entries; at most {MOST_ENTRIES}"
            notes.faults.add(Fault(folder.name, 0, "too_many", message, "one entry for one question"))
            continue
        found.update({entry.code: entry for path in paths if (entry := _read(path, zone, notes, read)) is not None})
    if notes.faults:
        raise FaultsFound(notes.faults)
    return tuple(found[code] for code in sorted(found))


def version_of(entries: Sequence[Entry]) -> str:
    """Which entries these are, as eight hexadecimal digits."""
    return hashlib.sha256(msgspec.json.encode(entries)).hexdigest()[:8]


def _read(path: Path, zone: ZoneInfo, notes: Notes, read: Callable[[Section, Entry], E]) -> E | None:
    if not _CODE.fullmatch(path.stem):
        message = f"{path.stem!r} is no code: small letters, digits and hyphens, a letter first"
        notes.faults.add(Fault(path.name, 0, "bad_name", message, "residence-permit.yaml"))
        return None
    before = len(notes.faults)
    root = Section(read_document(path), "entry", notes)
    root.integer("format", 1, 1, default=1, required=True)
    start, end = root.day("valid_from", required=True), root.day("valid_to")
    words, source = (
        root.section("words", "words", example="{居住证: 60}", required=True),
        root.section("source", "source"),
    )
    head = Entry(
        code=path.stem,
        title=root.title(required=True) or Title("?", "?"),
        words=() if words is None else words.integers(1, 100),
        valid_from=0 if start is None else instant_of_day(start, zone),
        valid_to=None if end is None else instant_of_day(end, zone),
        origin=root.choice("origin", ("illustrative", "local", "official"), required=True),
        source=" ".join(source.texts().values()) if source is not None else "",
    )
    if head.valid_to is not None and head.valid_to <= head.valid_from:
        root.refuse(root.node, "wrong_span", "the entry ends before it begins", "valid_to: 2027-01-01")
    entry = read(root, head)
    root.close()
    return entry if len(notes.faults) == before else None

"""Reads the knowledge entries of a folder: answers the desk may give on the spot, one file an entry.

    # knowledge/residence-permit.yaml
    format: 1
    title: {zh: 居住证办理, en: Residence permit}
    answer: {zh: ..., en: ...}
    words: {居住证: 60}
    matter: public-security        # optional: the matter it belongs to
    valid_from: 2025-01-01
    valid_to: 2027-01-01           # optional: the first day on which it holds no more
    origin: local                  # official | local | illustrative
    source: {document: ..., date: 2025-01-01}

The name of the file is the entry's code. Days are days of the district's zone.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from sanban.kernel.errors import Fault, FaultsFound
from sanban.kernel.mechanism import Title
from sanban.packs.document import read_document
from sanban.packs.reading.head import instant_of_day
from sanban.packs.reading.section import Notes, Section

FOLDER: Final = "knowledge"
MOST_ENTRIES: Final = 2_000
LONGEST_ANSWER: Final = 4_000
_CODE: Final = re.compile(r"[a-z][a-z0-9-]{0,63}")


class KnowledgeEntry(msgspec.Struct, frozen=True):
    """An answer. `valid_from`, `valid_to`: microseconds UTC, half-open; None = until further notice.

    `matter`: the one it belongs to, '' for none. `origin`: who answers for it; `source`: where it stands.
    """

    code: str
    title: Title
    answer: Title
    words: tuple[tuple[str, int], ...]
    matter: str
    valid_from: int
    valid_to: int | None
    origin: str
    source: str

    def in_force(self, now: int) -> bool:
        """Whether the desk may give it at an instant."""
        return self.valid_from <= now and (self.valid_to is None or now < self.valid_to)


def load_knowledge(folders: Sequence[Path], zone: ZoneInfo) -> tuple[KnowledgeEntry, ...]:
    """The entries of the folders, by code; a later folder's entry takes the place of one with its code.

    A folder that is not there holds none. Raises FaultsFound with every fault of all files.
    """
    notes = Notes()
    found: dict[str, KnowledgeEntry] = {}
    for folder in folders:
        paths = sorted(folder.glob("*.yaml"))
        if len(paths) > MOST_ENTRIES:
            message = f"holds {len(paths)} entries; at most {MOST_ENTRIES}"
            notes.faults.add(Fault(folder.name, 0, "too_many", message, "one entry for one question"))
            continue
        found.update({entry.code: entry for path in paths if (entry := _read(path, zone, notes)) is not None})
    if notes.faults:
        raise FaultsFound(notes.faults)
    return tuple(found[code] for code in sorted(found))


def version_of(entries: Sequence[KnowledgeEntry]) -> str:
    """Which entries these are, as eight hexadecimal digits."""
    return hashlib.sha256(msgspec.json.encode(entries)).hexdigest()[:8]


def _read(path: Path, zone: ZoneInfo, notes: Notes) -> KnowledgeEntry | None:
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
    entry = KnowledgeEntry(
        code=path.stem,
        title=root.title(required=True) or Title("?", "?"),
        answer=root.title("answer", required=True) or Title("?", "?"),
        words=() if words is None else words.integers(1, 100),
        matter=root.text("matter", "public-security"),
        valid_from=0 if start is None else instant_of_day(start, zone),
        valid_to=None if end is None else instant_of_day(end, zone),
        origin=root.choice("origin", ("illustrative", "local", "official"), required=True),
        source=" ".join(source.texts().values()) if source is not None else "",
    )
    _check(root, entry)
    root.close()
    return entry if len(notes.faults) == before else None


def _check(root: Section, entry: KnowledgeEntry) -> None:
    if entry.valid_to is not None and entry.valid_to <= entry.valid_from:
        root.refuse(root.node, "wrong_span", "the entry ends before it begins", "valid_to: 2027-01-01")
    if max(len(entry.answer.zh), len(entry.answer.en)) > LONGEST_ANSWER:
        root.refuse(root.node, "too_long", f"an answer has at most {LONGEST_ANSWER} signs", "a few sentences")

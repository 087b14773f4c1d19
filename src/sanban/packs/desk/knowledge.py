"""Reads the knowledge entries of a folder: answers the desk may give on the spot, one file an entry.

# knowledge/residence-permit.yaml, besides what every entry has (`entries`)
answer: {zh: ..., en: ...}
matter: public-security        # optional: the matter it belongs to
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from sanban.kernel.mechanism import Title
from sanban.packs.desk.entries import Entry, load_entries
from sanban.packs.reading.section import Section

FOLDER: Final = "knowledge"
LONGEST_ANSWER: Final = 4_000


class KnowledgeEntry(Entry, frozen=True, kw_only=True):
    """An answer. `matter`: the one it belongs to, '' for none."""

    answer: Title
    matter: str


def load_knowledge(folders: Sequence[Path], zone: ZoneInfo) -> tuple[KnowledgeEntry, ...]:
    """The entries of the folders, by code. Raises FaultsFound with every fault of all files."""
    return load_entries(folders, zone, _read)


def _read(root: Section, head: Entry) -> KnowledgeEntry:
    answer = root.title("answer", required=True) or Title("?", "?")
    if max(len(answer.zh), len(answer.en)) > LONGEST_ANSWER:
        root.refuse(root.node, "too_long", f"an answer has at most {LONGEST_ANSWER} signs", "a few sentences")
    matter = root.text("matter", "public-security")
    return KnowledgeEntry(**msgspec.structs.asdict(head), answer=answer, matter=matter)
